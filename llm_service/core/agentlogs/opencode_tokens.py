"""OpenCode's token counts, which meant different things in different versions, to ones that do not overlap."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from llm_service.core.agentlogs.values import count


class Kept(IntEnum):
    """Where a message was found, the one that is trusted least first."""

    FOLDER = 0
    """A JSON file below storage/, until 1.2."""
    MESSAGE = 1
    """A row of the table `message`, since 1.2."""
    SESSION_MESSAGE = 2
    """A row of the table `session_message`, tried in 1.18, used since 2.0."""


class Spent(NamedTuple):
    """Tokens: `input` without any cache, `output` with `reasoning` inside."""

    input: int = 0
    output: int = 0
    reasoning: int = 0
    cache_read: int = 0
    cache_write: int = 0

    @property
    def total(self) -> int:
        return self.input + self.output + self.cache_read + self.cache_write

    def __bool__(self) -> bool:
        return self.total > 0


class Habit(NamedTuple):
    """What a version did where a count without a total leaves it open."""

    cache_in_input: bool
    reasoning_in_output: bool


SEPARATE = Habit(cache_in_input=False, reasoning_in_output=False)
FIRST_CACHE_OUTSIDE = (1, 0, 98)
"""Measured: inside in 1.0.0 and 1.0.61, outside in 1.0.98, 1.0.152 and 1.1.11 (O1)."""
FIRST_REASONING_OUTSIDE = (1, 4)
"""Measured: inside in 1.0.0 to 1.3.2, outside in 1.14.34 to 1.18.33 (O2, O3)."""
_OWN_CACHE = ("anthropic", "bedrock")
"""Providers whose input never held the cache (assumed for OpenCode before 1.0.98, O1)."""
_NUMBER = re.compile(r"(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?")


def habit_of(kept: Kept, version: object, provider: str, finished: bool) -> Habit:
    """`version` is that of the session's beginning, so an old one may have newer messages.

    `finished`: whether the message says how it ended, which 1.0.61 did not do yet and 1.0.98 did.
    """
    if kept is Kept.SESSION_MESSAGE:
        return SEPARATE  # O3a
    number = _numbers(version)
    if number is None:
        old = kept is Kept.FOLDER
        before = old
    else:
        old, before = number < FIRST_REASONING_OUTSIDE, number < FIRST_CACHE_OUTSIDE
    foreign = any(name in provider.lower() for name in _OWN_CACHE)
    return Habit(before and not finished and not foreign, old)


def spent_of(raw: object, habit: Habit) -> Spent:
    """One `tokens` object. The total decides what lies inside what (O2, O3), the habit where there is none.

    Raises `ImpossibleCountError`.
    """
    if not isinstance(raw, Mapping):
        return Spent()
    cache = raw.get("cache")
    cache = cache if isinstance(cache, Mapping) else {}
    given = Spent(
        count(raw.get("input")),
        count(raw.get("output")),
        count(raw.get("reasoning")),
        count(cache.get("read")),
        count(cache.get("write")),
    )
    return separated(given, count(raw.get("total")), habit)


def separated(given: Spent, total: int, habit: Habit) -> Spent:
    """Counts as they were given to counts that do not overlap."""
    cached = given.cache_read + given.cache_write
    fits = [
        Habit(cache_inside, reasoning_inside)
        for cache_inside in (False, True)
        for reasoning_inside in (True, False)
        if total == given.input + given.output + given.reasoning * (not reasoning_inside) + cached * (not cache_inside)
    ]
    chosen = fits[0] if total and fits else habit
    if chosen.cache_in_input and cached <= given.input:
        given = given._replace(input=given.input - cached)
    if not chosen.reasoning_in_output:
        return given._replace(output=given.output + given.reasoning)
    return given._replace(reasoning=min(given.reasoning, given.output))


def together(steps: Sequence[Spent]) -> Spent:
    """The sum of several."""
    return Spent(*(sum(numbers) for numbers in zip(*steps, strict=True))) if steps else Spent()


def spent_in(tokens: object, steps: Sequence[Mapping[str, Any]], habit: Habit) -> Spent:
    """What a message used: its `tokens` are those of its last step only, so its steps count where they hold more.

    O4, O4a: each step overwrites the message's tokens, and a crash leaves them at nothing. Raises
    `ImpossibleCountError`.
    """
    own = spent_of(tokens, habit)
    parts = together([spent_of(step.get("tokens"), habit) for step in steps])
    return parts if parts.total > own.total else own


def _numbers(version: object) -> tuple[int, ...] | None:
    found = _NUMBER.match(version) if isinstance(version, str) else None
    return tuple(int(part or 0) for part in found.groups()) if found else None
