"""``/v1/traces``: the spans that are a model's call by the GenAI conventions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llm_service.core.invocations.usage import Invocation
from llm_service.core.otlp import names
from llm_service.core.otlp.calls import Unusable, like_gen_ai, named
from llm_service.core.otlp.reading import Attributes, Told, attributes, first, listed, moment_ms, text


def read_spans(body: Any, told: Told, now_ms: int) -> list[Invocation]:
    """The invocations of an ExportTraceServiceRequest; what else it holds is counted in `told`."""
    rows: list[Invocation] = []
    for resource in listed(body, "resourceSpans"):
        shared = attributes(resource.get("resource"))
        for scope in listed(resource, "scopeSpans"):
            for span in listed(scope, "spans"):
                found = {**shared, **attributes(span)}
                if not _is_call(span, found):
                    told.ignore(text(span.get("name")) or "")
                    continue
                try:
                    rows.append(_row(span, found, now_ms))
                except Unusable as error:
                    told.refuse(f"span: {error}")
    return rows


def _is_call(span: Mapping[str, Any], found: Attributes) -> bool:
    """Whether this span is one call. Those of Claude Code and Codex say again what their logs and metrics say."""
    if str(span.get("name", "")).partition(".")[0] in (*names.LIKE_CLAUDE, "codex"):
        return False
    operation = found.get("gen_ai.operation.name")
    if operation is not None and str(operation) not in names.CALLS:
        return False
    return first(found, *names.INPUT, *names.OUTPUT) is not None


def _row(span: Mapping[str, Any], found: Attributes, now_ms: int) -> Invocation:
    start, end = moment_ms(span.get("startTimeUnixNano")), moment_ms(span.get("endTimeUnixNano"))
    latency_ms = end - start if start is not None and end is not None and end >= start else None
    trace, own = text(span.get("traceId")), text(span.get("spanId"))
    return like_gen_ai(
        found,
        end or start or now_ms,
        span=f"{trace}:{own}" if trace and own else None,
        latency_ms=latency_ms,
        error=_error(span, found),
    )


def _error(span: Mapping[str, Any], found: Attributes) -> str | None:
    status = span.get("status")
    code = status.get("code") if isinstance(status, dict) else None
    if code not in (2, "2", "STATUS_CODE_ERROR"):
        return None
    message = status.get("message") if isinstance(status, dict) else None
    return named(found.get("error.type")) or named(message) or "failed"
