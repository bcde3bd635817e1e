"""OTLP over HTTP: ``/v1/logs``, ``/v1/traces`` and ``/v1/metrics``, JSON or protobuf, gzipped or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, NotFound, RequestEntityTooLarge

from llm_service.dashboard.json_body import read_bytes, read_json
from llm_service.errors import TelemetryUnavailable

MOST_BYTES = 16 * 1024 * 1024
MOST_PACKED = 4 * 1024 * 1024
PROTOBUF = "application/x-protobuf"
RETRY_S = 5
_OFF = "OpenTelemetry is not taken here; start the dashboard with --otlp, or put `otlp = true` into the user's file"
_HOLDER = {"logs": "resourceLogs", "traces": "resourceSpans", "metrics": "resourceMetrics"}
_REJECTED = {"logs": "rejectedLogRecords", "traces": "rejectedSpans", "metrics": "rejectedDataPoints"}


class Outcome(Protocol):
    """Records refused, by reason."""

    @property
    def refused(self) -> Mapping[str, int]: ...


class Intake(Protocol):
    """Keeps what a request tells of usage. Raises `TelemetryUnavailable` where it cannot be kept now."""

    def take(self, signal: str, body: Any) -> Outcome: ...


def blueprint(intake: Intake, *, enabled: bool) -> Blueprint:
    """The routes into `intake`; 404 with the reason while they are not enabled."""
    routes = Blueprint("otlp", __name__)

    def export(signal: str) -> ResponseReturnValue:
        if not enabled:
            raise NotFound(_OFF)
        return _answer(signal, intake.take(signal, _body(signal)).refused)

    for signal in _REJECTED:
        routes.add_url_rule(f"/v1/{signal}", signal, export, methods=["POST"], defaults={"signal": signal})
    routes.errorhandler(TelemetryUnavailable)(_not_now)
    routes.errorhandler(NotFound)(_off)
    return routes


def _body(signal: str) -> Any:
    if request.headers.get("Content-Encoding") and (request.content_length or 0) > MOST_PACKED:
        raise RequestEntityTooLarge(f"the body is larger than {MOST_PACKED // 1024 // 1024} MiB; send smaller batches")
    if request.mimetype != PROTOBUF:
        body = read_json(request, MOST_BYTES)
        if not isinstance(body, dict):
            raise BadRequest(f'send one export request, {{"{_HOLDER[signal]}": […]}}')
        return body
    from llm_service.dashboard.otlp_protobuf import read_protobuf

    return read_protobuf(signal, read_bytes(request, MOST_BYTES))


def _answer(signal: str, refused: Mapping[str, int]) -> Response:
    """What was refused is said in a partial success: whoever sent it must not send it again."""
    rejected = sum(refused.values())
    message = "; ".join(f"{reason} ({count})" for reason, count in list(refused.items())[:5])
    if request.mimetype == PROTOBUF:
        from llm_service.dashboard.otlp_protobuf import answer_protobuf

        return Response(answer_protobuf(signal, rejected, message), content_type=PROTOBUF)
    partial = {_REJECTED[signal]: rejected, "errorMessage": message}
    return jsonify({"partialSuccess": partial} if rejected else {})


def _off(error: NotFound) -> ResponseReturnValue:
    return jsonify({"error": error.description}), 404


def _not_now(error: TelemetryUnavailable) -> ResponseReturnValue:
    return jsonify({"error": str(error)}), 503, {"Retry-After": str(RETRY_S)}
