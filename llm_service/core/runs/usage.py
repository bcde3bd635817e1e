"""A run as one call for telemetry: one row a run, told again with a higher rank as it grows."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from llm_service.core.invocations.fields import MOST_LATENCY_MS, MOST_TOKENS
from llm_service.core.invocations.usage import Door, Invocation
from llm_service.core.pricing.gpu_hours import GpuHour, time_cost_nano
from llm_service.core.runs.shapes import ENDED, RunCard
from llm_service.core.times import parse_ms

TOOL = "bobspark"
LOCAL = "local/"


class Told(IntEnum):
    """How final a run's figures are; the higher wins whatever the tokens say."""

    RUNNING = 0
    ENDED = 1
    SETTLED = 2


def invocation_id(key: str) -> str:
    """The id of a run's row: telling it twice is harmless."""
    return f"{TOOL}:{key}"


def invocation_of(card: RunCard, told: Told, gpu_hours: Sequence[GpuHour], now_ms: int) -> Invocation | None:
    """The run's row; None while it has used nothing or nobody told its model."""
    tokens_in, tokens_out = min(card["tokens_in"] or 0, MOST_TOKENS), min(card["tokens_out"] or 0, MOST_TOKENS)
    model = card["model"]
    if model is None or not (tokens_in or tokens_out):
        return None
    is_local = model.startswith(LOCAL)
    duration_ms = _duration_ms(card, now_ms)
    failed = card["status"] == "failed"
    return Invocation(
        invocation_id=invocation_id(card["key"]),
        at_ms=_began_ms(card) or now_ms,
        model=model,
        tool=TOOL,
        door=Door.API,
        provider=card["node"] if is_local else None,
        agent=card["agent"],
        session=card["key"],
        project=card["domain"],
        node=card["node"],
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        latency_ms=None if duration_ms is None else min(duration_ms, MOST_LATENCY_MS),
        status="error" if failed else "success",
        error=(card["error"][:500] or None) if failed else None,
        reported_nano=time_cost_nano(gpu_hours, card["node"], duration_ms) if is_local else None,
        # Tokens below the finality: a later telling of the same finality has at least as many.
        rank=(int(told) << 42) + tokens_in + tokens_out,
    )


def _began_ms(card: RunCard) -> int | None:
    return parse_ms(card["started_at"] or card["created_at"] or "")


def _duration_ms(card: RunCard, now_ms: int) -> int | None:
    """As told, else from its start to its end or to now."""
    if card["duration_s"] is not None:
        return round(card["duration_s"] * 1000)
    began_ms = _began_ms(card)
    if began_ms is None:
        return None
    ended_ms = parse_ms(card["finished_at"] or "") if card["status"] in ENDED else now_ms
    return None if ended_ms is None else max(0, ended_ms - began_ms)
