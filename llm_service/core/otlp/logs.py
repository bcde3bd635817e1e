"""``/v1/logs``: the log records that tell of a model's call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from llm_service.core.invocations.usage import Invocation
from llm_service.core.otlp import names
from llm_service.core.otlp.calls import Unusable, like_claude, like_codex, like_gen_ai
from llm_service.core.otlp.reading import (
    Attributes,
    Told,
    attributes,
    first,
    listed,
    moment_ms,
    text,
    value_of,
    whole,
)


def read_logs(body: Any, told: Told, now_ms: int) -> list[Invocation]:
    """The invocations of an ExportLogsServiceRequest; what else it holds is counted in `told`."""
    rows: list[Invocation] = []
    for record, found in _records(body):
        name = _name(record, found)
        try:
            row = _row(name, record, found, now_ms)
        except Unusable as error:
            told.refuse(f"{name}: {error}")
            continue
        if row is None:
            told.ignore(name)
        else:
            rows.append(row)
    return rows


def _records(body: Any) -> Iterator[tuple[Mapping[str, Any], Attributes]]:
    for resource in listed(body, "resourceLogs"):
        shared = attributes(resource.get("resource"))
        for scope in listed(resource, "scopeLogs"):
            for record in listed(scope, "logRecords"):
                yield record, {**shared, **attributes(record)}


def _name(record: Mapping[str, Any], found: Attributes) -> str:
    return text(found.get("event.name")) or text(record.get("eventName")) or text(value_of(record.get("body"))) or ""


def _row(name: str, record: Mapping[str, Any], found: Attributes, now_ms: int) -> Invocation | None:
    at_ms = moment_ms(record.get("timeUnixNano")) or moment_ms(record.get("observedTimeUnixNano")) or now_ms
    prefix, _, event = name.rpartition(".")
    service = str(found.get("service.name", "")).replace("-", "_").lower()
    tool = names.LIKE_CLAUDE.get(prefix) or (None if prefix else names.LIKE_CLAUDE.get(service))
    if tool and event in ("api_request", "api_error"):
        return like_claude(tool, found, at_ms, failed=event == "api_error")
    if name == "codex.sse_event" and found.get("event.kind") == "response.completed":
        return like_codex(found, at_ms, failed=False)
    if name == "codex.api_request" and _failed(found):
        return like_codex(found, at_ms, failed=True)
    if first(found, *names.INPUT, *names.OUTPUT) is not None and prefix not in names.LIKE_CLAUDE:
        return like_gen_ai(found, at_ms, span=_span(record), latency_ms=None, error=text(found.get("error.type")))
    return None


def _failed(found: Attributes) -> bool:
    return (whole(found.get("http.response.status_code")) or 0) >= 400 or found.get("error.message") is not None


def _span(record: Mapping[str, Any]) -> str | None:
    trace, span = text(record.get("traceId")), text(record.get("spanId"))
    return f"{trace}:{span}" if trace and span else None
