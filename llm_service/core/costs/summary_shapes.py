"""The JSON of `llm-service telemetry summary`."""

from __future__ import annotations

from typing_extensions import TypedDict


class ModelSummary(TypedDict):
    """Tokens never overlap but for `reasoning`, which is a part of `output`; `cost_usd` sums what has a price, and
    `unpriced` counts the messages that have none."""

    messages: int
    input: int
    output: int
    reasoning: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    cache_write_unspecified: int
    cost_usd: float
    unpriced: int


class SummarySource(TypedDict):
    """One folder of logs that was found, and what of it was not counted, by reason."""

    tool: str
    path: str
    lines: int
    skipped: dict[str, int]


class Summary(TypedDict):
    """What `--json` prints."""

    models: dict[str, ModelSummary]
    total: ModelSummary
    sources: list[SummarySource]
