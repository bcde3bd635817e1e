"""The route that takes invocations in. Rows are read here, on the connection's thread, and kept by the recorder."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from llm_service.core.invocations.ingest_shapes import Ingested
from llm_service.core.invocations.rows import RowReader
from llm_service.core.invocations.usage import Door, Invocation
from llm_service.dashboard.json_body import read_json
from llm_service.dashboard.query_args import one_of
from llm_service.errors import TelemetryUnavailable

MOST_ROWS = 20_000
RETRY_S = 5
DOORS = {"api": Door.API, "import": Door.IMPORT}


class Outcome(Protocol):
    """How many rows were new, known already, and better than what was known."""

    @property
    def accepted(self) -> int: ...
    @property
    def duplicate(self) -> int: ...
    @property
    def replaced(self) -> int: ...


class Recording(Protocol):
    """The writer. Raises `TelemetryUnavailable` where rows cannot be kept now."""

    def record(self, rows: Sequence[Invocation]) -> Outcome: ...


class Counting(Protocol):
    """Counts why rows are refused."""

    def count(self, reasons: Iterable[str]) -> None: ...


def blueprint(recorder: Recording, refusals: Counting, now_ms: Callable[[], int]) -> Blueprint:
    """The route into `recorder`."""
    routes = Blueprint("ingest", __name__)

    @routes.post("/api/telemetry/invocations")
    def take() -> Ingested:
        door = DOORS[one_of(request.args, "door", list(DOORS), "api")]
        raws = _rows(read_json(request, not_numbers=True))
        reader = RowReader(now_ms=now_ms(), tool="http", chance=secrets.randbits, door=door)
        rows, refused = reader.read_all(raws)
        done = recorder.record(rows) if rows else None
        if refused:
            refusals.count(refusal.reason for refusal in refused)
        return {
            "accepted": done.accepted + done.replaced if done else 0,
            "duplicate": done.duplicate if done else 0,
            "refused": [{"index": place, "invocation_id": named, "reason": reason} for place, named, reason in refused],
        }

    routes.errorhandler(TelemetryUnavailable)(_not_now)
    return routes


def _rows(body: Any) -> list[Any]:
    rows = body.get("rows") if isinstance(body, dict) else body
    if not isinstance(rows, list):
        raise BadRequest('send {"rows": [{"model": …}, …]} or the bare list of rows')
    if len(rows) > MOST_ROWS:
        raise RequestEntityTooLarge(f"{len(rows):,} rows in one request; send at most {MOST_ROWS:,}")
    return rows


def _not_now(error: TelemetryUnavailable) -> ResponseReturnValue:
    """What was sent is not kept: whoever sent it keeps it and tries again."""
    return jsonify({"error": str(error)}), 503, {"Retry-After": str(RETRY_S)}
