"""One call of a model, with what it used: the row that every door hands to telemetry."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Door(StrEnum):
    """By which way an invocation was learned."""

    LOG = "log"
    OTLP_LOGS = "otlp-logs"
    OTLP_METRICS = "otlp-metrics"
    API = "api"
    IMPORT = "import"


SEEN_THROUGH = (Door.OTLP_METRICS, Door.OTLP_LOGS, Door.LOG)
"""Doors that can tell of the same session, the least trusted first: only the best one's rows are counted."""

STATUSES = ("success", "error", "timeout")


class Invocation(NamedTuple):
    """One call of a model. Token counts never overlap: all input is `input` + the cache fields, all output `output`.

    `invocation_id` makes telling it twice harmless: of two with one id the higher `rank` stays, and of equal ranks
    the first. `at_ms` is milliseconds since 1970, UTC. `reasoning_tokens` is the part of `output_tokens` that was
    reasoning, never added to it. `reported_nano` is the cost that the source itself named, in US dollars × 10⁹.
    `node` names the machine it ran on, where that is known.
    `tier` is how it was served where that changes the price ("batch", "fast", "flex", "priority").
    """

    invocation_id: str
    at_ms: int
    model: str
    tool: str
    door: Door = Door.API
    provider: str | None = None
    agent: str | None = None
    task: str | None = None
    session: str | None = None
    project: str | None = None
    node: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    """Cache writes whose lifetime is not known; those of 5 minutes and of an hour are priced apart."""
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    web_searches: int = 0
    latency_ms: int | None = None
    status: str = "success"
    error: str | None = None
    tier: str | None = None
    reported_nano: int | None = None
    rank: int = 0

    @property
    def total_tokens(self) -> int:
        """All tokens, each once."""
        return (
            self.input_tokens
            + self.output_tokens
            + self.cache_read_tokens
            + self.cache_write_tokens
            + self.cache_write_5m_tokens
            + self.cache_write_1h_tokens
        )
