"""The REST route of the feed of finished runs."""

from __future__ import annotations

from typing import Protocol

from flask import Blueprint, request

from llm_service.core.runs.shapes import Feed
from llm_service.dashboard.query_args import one_of, whole_number

ENTRIES, MOST_ENTRIES = 50, 200
ENDS = ["completed", "failed", "cancelled", "vanished"]


class Finished(Protocol):
    """What the route asks. Raises `TelemetryUnavailable`, and `BadQuery` for a cursor that is none."""

    def feed(
        self, *, source: str | None, status: str | None, model: str | None, q: str, before: str, limit: int
    ) -> Feed: ...


def blueprint(runs: Finished) -> Blueprint:
    """The route over kept runs."""
    routes = Blueprint("feed", __name__)

    @routes.get("/api/feed")
    def feed() -> Feed:
        args = request.args
        return runs.feed(
            source=args.get("source") or None,
            status=one_of(args, "status", ENDS, "") or None,
            model=args.get("model") or None,
            q=args.get("q", ""),
            before=args.get("before", ""),
            limit=whole_number(args, "limit", 1, MOST_ENTRIES, ENTRIES),
        )

    return routes
