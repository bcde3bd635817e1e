"""The functions users call, over the one client of this process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from llm_service.telemetry.calling import Call
from llm_service.telemetry.client import Client

FLUSH_S = 5.0
_OFF = ("0", "false", "no", "off")
_client: Client | None = None


def record(
    *,
    model: str | None = None,
    input_tokens: int | None = None,
    output_tokens: int | None = None,
    cache_read_tokens: int | None = None,
    cache_write_tokens: int | None = None,
    reasoning_tokens: int | None = None,
    agent: str | None = None,
    tool: str | None = None,
    task: str | None = None,
    session: str | None = None,
    project: str | None = None,
    latency_ms: float | None = None,
    status: str | None = None,
    cost_usd: float | None = None,
    invocation_id: str | None = None,
    timestamp: str | datetime | None = None,
    cache_write_5m_tokens: int | None = None,
    cache_write_1h_tokens: int | None = None,
    web_searches: int | None = None,
    provider: str | None = None,
    node: str | None = None,
    tier: str | None = None,
    error: str | None = None,
    **unknown: Any,
) -> str | None:
    """Record one call of a model; returns its id, None where it was refused (the log says why).

    `input_tokens` are those that were not read from or written to a cache; `output_tokens` hold the reasoning.
    `cost_usd` is what the provider said it cost; without it the price list says. Telling an `invocation_id` twice
    counts it once. A misspelt name is refused like any other bad row: it never raises.
    """
    fields = {name: value for name, value in locals().items() if value is not None and name != "unknown"}
    return _record({**fields, **unknown})


def call(**fields: Any) -> Call:
    """A timer: `with telemetry.call(model="…", agent="…") as call: …; call.tokens(input_tokens=…, output_tokens=…)`.

    Takes what `record` takes. An exception inside becomes the status "error" ("timeout" for a `TimeoutError`) and is
    raised on.
    """
    return Call(_record, fields)


def flush(timeout_s: float = FLUSH_S) -> bool:
    """Wait until all that was recorded is with a dashboard or on disk; False where that took longer."""
    return True if _client is None else _client.flush(timeout_s)


def counts() -> dict[str, int]:
    """What became of this process's rows: delivered, spooled (on disk), refused, dropped, and still waiting."""
    return dict(_client.counts()) if _client is not None else dict.fromkeys(Client.COUNTED, 0)


def _record(fields: Mapping[str, Any]) -> str | None:
    client = _the_client()
    return None if client is None else client.record(fields)


def _the_client() -> Client | None:
    global _client
    if _client is None:
        if os.environ.get("LLM_SERVICE_TELEMETRY", "").strip().lower() in _OFF:
            return None
        _client = Client(os.environ)
    return _client
