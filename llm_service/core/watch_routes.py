"""The REST routes of what other programs send or fetch: OTLP and Prometheus."""

from __future__ import annotations

from llm_service.core.route import Route
from llm_service.core.watch_shapes import OtlpAnswer, OtlpRequest

_OTLP = (400, 404, 413, 415, 503)

WATCH_ROUTES: tuple[Route, ...] = (
    Route("GET", "/metrics", None, "What is measured, in the text format of Prometheus."),
    Route("POST", "/v1/logs", OtlpAnswer, "OTLP logs; JSON or protobuf.", errors=_OTLP, body=OtlpRequest),
    Route("POST", "/v1/traces", OtlpAnswer, "OTLP traces; JSON or protobuf.", errors=_OTLP, body=OtlpRequest),
    Route("POST", "/v1/metrics", OtlpAnswer, "OTLP metrics; JSON or protobuf.", errors=_OTLP, body=OtlpRequest),
)
