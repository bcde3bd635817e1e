"""The JSON of OpenTelemetry over HTTP, as far as it is ours: what the OTLP specification calls an Export…Request."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from llm_service.core.shapes import Json


class OtlpRequest(TypedDict):
    """An OTLP 1.9 export request; which of the lists is there depends on the signal."""

    resourceLogs: NotRequired[list[Json]]
    resourceSpans: NotRequired[list[Json]]
    resourceMetrics: NotRequired[list[Json]]


class OtlpPartialSuccess(TypedDict):
    """How many records were refused, and why."""

    rejectedLogRecords: NotRequired[int]
    rejectedSpans: NotRequired[int]
    rejectedDataPoints: NotRequired[int]
    errorMessage: str


class OtlpAnswer(TypedDict):
    """Empty when everything was taken."""

    partialSuccess: NotRequired[OtlpPartialSuccess]
