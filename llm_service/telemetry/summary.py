"""What each model used since a moment: from the sums by day, and row by row for the part of a day before the first."""

from __future__ import annotations

import sqlite3

from llm_service.core.costs.span import EVER, Piece
from llm_service.core.costs.summary_shapes import ModelSummary
from llm_service.core.invocations.usage import Door
from llm_service.core.money import usd
from llm_service.telemetry import sums
from llm_service.telemetry.read_sums import NOTHING, Used, by_value

_END_MS = 2**62
_ROWS = (
    "SELECT model, count(*), sum(status <> 'success'), sum(input_tokens), sum(output_tokens), sum(reasoning_tokens),"
    " sum(cache_read_tokens), sum(cache_write_tokens), sum(cache_write_5m_tokens), sum(cache_write_1h_tokens),"
    " coalesce(sum(cost_nano), 0), sum(cost_nano IS NULL), 0, 0, 0 FROM invocations"
    " WHERE counted = 1 AND at_ms >= ? AND at_ms < ?"
)


def models_since(connection: sqlite3.Connection, since_ms: int | None, *, logs_only: bool) -> dict[str, Used]:
    """The sums of each model. Of days whose rows are no longer kept the whole day counts.

    Days are those that the sums are kept by, whatever day `since_ms` is the start of: another zone's begins within one.
    """
    dimension = "logged_model" if logs_only else "model"
    if since_ms is None:
        return by_value(connection, dimension, [EVER])
    zone = sums.zone_of(connection)
    start_ms = zone.day_start_ms(since_ms)
    kept_from = sums.fact(connection, "raw_from_ms")
    moving = sums.fact(connection, "rezoning_ms") is not None
    if (start_ms == since_ms and not moving) or (kept_from is not None and since_ms < int(kept_from)):
        return by_value(connection, dimension, [Piece("day", start_ms, _END_MS)])
    rows_to_ms = _END_MS if moving else zone.next_day_ms(since_ms)
    models = by_value(connection, dimension, [Piece("day", rows_to_ms, _END_MS)])
    only = f" AND door = '{Door.LOG.value}'" if logs_only else ""
    for model, *counts in connection.execute(f"{_ROWS}{only} GROUP BY model", (since_ms, rows_to_ms)):
        models[model] = models.get(model, NOTHING).plus(counts)
    return models


def summed_up(models: dict[str, Used]) -> Used:
    """All of them together."""
    total = NOTHING
    for used in models.values():
        total = total.plus(used)
    return total


def summary_json(used: Used) -> ModelSummary:
    """Sums as `telemetry summary` tells them. `input` holds no cache, `output` holds the reasoning."""
    return {
        "messages": used.invocations,
        "input": used.input_tokens,
        "output": used.output_tokens,
        "reasoning": used.reasoning_tokens,
        "cache_read": used.cache_read_tokens,
        "cache_write_5m": used.cache_write_5m_tokens,
        "cache_write_1h": used.cache_write_1h_tokens,
        "cache_write_unspecified": used.cache_write_tokens,
        "cost_usd": usd(used.cost_nano),
        "unpriced": used.unpriced_invocations,
    }
