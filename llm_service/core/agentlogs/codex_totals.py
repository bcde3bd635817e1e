"""Codex's running totals to single calls: what a session has used so far, told over and over, to what is new."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from llm_service.core.agentlogs.values import count
from llm_service.core.invocations.usage import Invocation


class Usage(NamedTuple):
    """As Codex counts tokens: `input` holds `cached` and `cache_write` (X3, X5), `output` holds `reasoning` (X4)."""

    input: int = 0
    cached: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0

    def __sub__(self, other: Usage) -> Usage:
        """What was added since `other`; a part that shrank added nothing."""
        return Usage(*(max(0, mine - its) for mine, its in zip(self, other, strict=True)))

    @property
    def is_call(self) -> bool:
        """Whether a model was asked or answered; estimates of a context's size name a total only (X13)."""
        return bool(self.input or self.output)

    def put_into(self, row: Invocation) -> Invocation:
        """The row with these tokens, none counted inside another but reasoning in output."""
        cached = min(self.cached, self.input)
        written = min(self.cache_write, self.input - cached)
        return row._replace(
            input_tokens=self.input - cached - written,
            cache_read_tokens=cached,
            cache_write_tokens=written,
            output_tokens=self.output,
            reasoning_tokens=min(self.reasoning, self.output),
        )


def usage_of(value: object) -> Usage | None:
    """A usage object of the log, None where it is none. Raises `ImpossibleCountError`."""
    if not isinstance(value, Mapping):
        return None
    return Usage(
        input=count(value.get("input_tokens")),
        cached=count(value.get("cached_input_tokens")),
        cache_write=count(value.get("cache_write_input_tokens")),
        output=count(value.get("output_tokens")),
        reasoning=count(value.get("reasoning_output_tokens")),
    )


class Meter:
    """Follows the totals of one session. `era` counts how often they began anew, so that era and total name a call."""

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        kept = (state or {}).get("total")
        self.total: Usage | None = Usage(*kept) if kept else None
        self.era: int = (state or {}).get("era", 0)

    def state(self) -> dict[str, Any]:
        return {"total": list(self.total) if self.total else None, "era": self.era}

    def used(self, total: Usage, last: Usage | None, inherited: bool) -> Usage | None:
        """What was used since the totals were told last, None where this only repeats them (X2).

        `inherited` says that the session began with another's totals, which may never have been told in this file:
        then the first total is no difference to anything and `last` is what was used.
        """
        before, self.total = self.total, total
        if total == before:
            return None
        if before is None:
            return _call(last if inherited and last is not None and last.is_call else total)
        if not total.is_call:
            # X7: a context that overflowed is written as totals of nothing, and they go on from there.
            self.era += before.is_call
            return None
        if _began_anew(before, total, last):
            self.era += 1
            return _call(last if last is not None and last.is_call else total)
        return _call(total - before)


def _began_anew(before: Usage, total: Usage, last: Usage | None) -> bool:
    """X7a: totals only grow, by `last` each time; smaller ones, or ones that are all of `last`, started from zero."""
    if total.input < before.input or total.output < before.output:
        return True
    return before.is_call and last is not None and total[:4] == last[:4]


def _call(usage: Usage) -> Usage | None:
    return usage if usage.is_call else None
