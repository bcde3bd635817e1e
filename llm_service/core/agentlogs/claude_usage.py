"""A `usage` of Claude Code's to an invocation: which tokens are which, and which of two copies is the better one."""

from __future__ import annotations

from typing import Any, NamedTuple

from llm_service.core.agentlogs.values import count
from llm_service.core.invocations.usage import Door, Invocation

TOOL = "claude-code"
NESTED, SIDECHAIN, MAIN = 0, 1, 2
"""Where a message was written; the higher the better."""


class Around(NamedTuple):
    """Where a message was written: what its line says around it."""

    at_ms: int
    standing: int
    copied: bool
    session: str | None
    agent: str | None
    project: str | None
    reported_nano: int | None


def row_of(key: str, model: str, usage: dict[str, Any], around: Around) -> Invocation:
    """The invocation of one `usage`. Raises `ImpossibleCountError`."""
    output = count(usage.get("output_tokens"))
    details = usage.get("output_tokens_details")
    five, hour = _cache_writes(usage)
    reported = around.reported_nano
    row = Invocation(
        invocation_id=key,
        at_ms=around.at_ms,
        model=model,
        tool=TOOL,
        door=Door.LOG,
        provider="anthropic" if model.startswith("claude") else None,
        agent=around.agent,
        session=around.session,
        project=around.project,
        input_tokens=count(usage.get("input_tokens")),
        output_tokens=output,
        reasoning_tokens=min(output, count(details.get("thinking_tokens"))) if isinstance(details, dict) else 0,
        cache_read_tokens=count(usage.get("cache_read_input_tokens")),
        cache_write_5m_tokens=five,
        cache_write_1h_tokens=hour,
        web_searches=_web_searches(usage),
        tier=_tier(usage),
    )
    if reported == 0 and row.total_tokens:
        # A version that did not know its model's price wrote 0; that is no price.
        reported = None
    return row._replace(reported_nano=reported, rank=_rank(row, around, reported))


def _cache_writes(usage: dict[str, Any]) -> tuple[int, int]:
    """C6, C6a: tokens kept for 5 minutes and for an hour; what the split does not name of the total is 5 minutes."""
    total = count(usage.get("cache_creation_input_tokens"))
    split = usage.get("cache_creation")
    if not isinstance(split, dict):
        return total, 0
    five, hour = count(split.get("ephemeral_5m_input_tokens")), count(split.get("ephemeral_1h_input_tokens"))
    return five + max(0, total - five - hour), hour


def _web_searches(usage: dict[str, Any]) -> int:
    used = usage.get("server_tool_use")
    return count(used.get("web_search_requests")) if isinstance(used, dict) else 0


def _tier(usage: dict[str, Any]) -> str | None:
    """C13: how it was served where that has a price of its own."""
    if usage.get("speed") == "fast":
        return "fast"
    tier = usage.get("service_tier")
    return tier if tier in ("batch", "priority", "flex") else None


def _rank(row: Invocation, around: Around, reported: int | None) -> int:
    """Which copy of a call stays, in any order of reading: C4, C5, C8a its own conversation's before a sidechain's
    before a nested one; C1 then the one with the most output, as streamed copies grow; then the most tokens of any
    kind; then the one that names its cost; then the one that is not marked as copied by a fork.
    """
    output, total = min(row.output_tokens, 2**26 - 1), min(row.total_tokens, 2**30 - 1)
    first = around.standing << 26 | output
    return (first << 30 | total) << 2 | (reported is not None) << 1 | (not around.copied)
