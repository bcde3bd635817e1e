"""OTLP as protobuf, read and answered with the protocol's own messages; needs the extra ``otlp``."""

from __future__ import annotations

import base64
from typing import Any

from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

_MISSING = (
    "protobuf is not installed here: `pip install 'llm-service[otlp]'`, or let the sender use JSON"
    " (OTEL_EXPORTER_OTLP_PROTOCOL=http/json)"
)
MOST_RECORDS = 50_000
_NAMES = {"logs": "Logs", "traces": "Trace", "metrics": "Metrics"}
_IDS = ("traceId", "spanId")


def read_protobuf(signal: str, data: bytes) -> Any:
    """The request in OTLP's JSON form. Raises werkzeug's 400 and 415 with a sentence."""
    service = _service(signal)
    from google.protobuf.json_format import MessageToDict
    from google.protobuf.message import DecodeError

    message = getattr(service, f"Export{_NAMES[signal]}ServiceRequest")()
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise BadRequest(f"the body is not OTLP protobuf for {signal}: {str(error)[:100]}") from None
    _refuse_very_many(message)
    try:
        body = MessageToDict(message)
    except (RecursionError, ValueError) as error:
        raise BadRequest(f"the body cannot be read: {str(error)[:100]}") from None
    for resource in body.get("resourceLogs", []) + body.get("resourceSpans", []):
        for scope in resource.get("scopeLogs", []) + resource.get("scopeSpans", []):
            for record in scope.get("logRecords", []) + scope.get("spans", []):
                _write_ids_as_hex(record)
    return body


def _refuse_very_many(message: Any) -> None:
    """An empty record is two bytes there and hundreds as an object."""
    resources = next(items for _, items in message.ListFields()) if message.ListFields() else ()
    scopes = [scope for resource in resources for _, items in _lists(resource) for scope in items]
    records = len(resources) + len(scopes) + sum(len(items) for scope in scopes for _, items in _lists(scope))
    if records > MOST_RECORDS:
        raise RequestEntityTooLarge(f"{records:,} records in one request; send at most {MOST_RECORDS:,}")


def _lists(message: Any) -> list[tuple[Any, Any]]:
    return [(field, value) for field, value in message.ListFields() if field.is_repeated]


def answer_protobuf(signal: str, rejected: int, message: str) -> bytes:
    """The response, with a partial success where something was refused."""
    response = getattr(_service(signal), f"Export{_NAMES[signal]}ServiceResponse")()
    if rejected:
        field = {"logs": "rejected_log_records", "traces": "rejected_spans", "metrics": "rejected_data_points"}[signal]
        setattr(response.partial_success, field, rejected)
        response.partial_success.error_message = message
    return bytes(response.SerializeToString())


def _service(signal: str) -> Any:
    try:
        if signal == "logs":
            from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as service
        elif signal == "traces":
            from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as service
        else:
            from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as service
    except ImportError:
        raise UnsupportedMediaType(_MISSING) from None
    return service


def _write_ids_as_hex(record: dict[str, Any]) -> None:
    """protobuf's JSON writes bytes as base64, OTLP's JSON writes ids as hex: one id must have one name."""
    for name in _IDS:
        if name in record:
            record[name] = base64.b64decode(record[name]).hex()
