"""The REST routes of flow metrics and of what happened since a visit."""

from __future__ import annotations

from typing import Protocol

from flask import Blueprint, request

from llm_service.core.flow_shapes import FlowPage, Since
from llm_service.core.query import BadQuery
from llm_service.core.times import parse_ms
from llm_service.dashboard.query_args import one_of

RANGES = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}


class LooksBack(Protocol):
    """What these routes ask."""

    def flow(self, days: int) -> FlowPage: ...

    def since(self, at_ms: int) -> Since: ...


def blueprint(history: LooksBack) -> Blueprint:
    """The routes over the kept history."""
    routes = Blueprint("flow", __name__)

    @routes.get("/api/flow")
    def flow_page() -> FlowPage:
        return history.flow(RANGES[one_of(request.args, "range", list(RANGES), "30d")])

    @routes.get("/api/since")
    def since() -> Since:
        text = request.args.get("at", "")
        at_ms = parse_ms(text)
        if at_ms is None:
            raise BadQuery(f"at is '{text[:40]}'; allowed is an ISO time like 2026-11-21T08:00:00Z")
        return history.since(max(0, at_ms))

    return routes
