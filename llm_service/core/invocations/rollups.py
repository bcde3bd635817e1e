"""Invocations with their costs to sums per width, dimension and value: what is added to the table of sums.

One pass makes one entry for each combination that occurs, and the sums of every dimension are folded from those,
because a batch has thousands of rows and few combinations.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from operator import add
from typing import NamedTuple, TypeVar

from llm_service.core.invocations.usage import Door, Invocation
from llm_service.core.zones import Zone

FIELDS = (
    "invocations",
    "errors",
    "input_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "cost_nano",
    "unpriced_invocations",
    "unpriced_tokens",
    "latency_ms_sum",
    "latency_count",
)
"""What is summed, in the order of the columns of `rollups`."""

TIMED = ("all", "model", "agent", "tool", "project", "door", "provider", "logged_model", "node")
"""Dimensions with hours, days and ever. `logged_model` is the model of what was read in agents' own logs."""
EVER_ONLY = ("task", "session")
WIDTHS = ("hour", "day", "ever")

LATENCY_BOUNDS_MS = (50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000)
ABOVE = -1
"""The bucket of latencies above the last bound."""

Key = tuple[str, str, int, str]
"""Width, dimension, start in ms (0 for ever), value ('' where none was given)."""
LatencyKey = tuple[str, int, int]
"""Width, start in ms, upper bound in ms."""


class Line(NamedTuple):
    """One row for the sums: its cost in nano-dollars (None: unpriced), and +1 to add it or -1 to take it out."""

    invocation: Invocation
    cost_nano: int | None
    sign: int = 1


class Sums(NamedTuple):
    """What to add: for each key the values of `FIELDS`, and how many latencies fall into each bucket."""

    rollups: dict[Key, list[int]]
    latencies: dict[LatencyKey, int]


_K = TypeVar("_K")
_When = tuple[int, int]
"""Start of the hour (0 where hours are no longer kept) and of the day."""
_Combination = tuple[_When, tuple[str, str, str, str], tuple[str, str, str], tuple[str, str]]
"""When, then what varies together: model, door, provider, node; agent, project, tool; task, session."""
_Timed = dict[tuple[_When, str, str], list[int]]
"""Sums by when, dimension and value."""


def bucket_of(latency_ms: int) -> int:
    """The upper bound of the bucket that a latency falls into, `ABOVE` beyond the last."""
    place = bisect_left(LATENCY_BOUNDS_MS, latency_ms)
    return LATENCY_BOUNDS_MS[place] if place < len(LATENCY_BOUNDS_MS) else ABOVE


def summed(lines: Iterable[Line], zone: Zone, hours_from_ms: int = 0) -> Sums:
    """The sums of `lines` in the hours and days of `zone`. Hours that start before `hours_from_ms` are left out."""
    combined, latencies = _combined(lines, zone, hours_from_ms)
    served: dict[tuple[_When, tuple[str, str, str, str]], list[int]] = {}
    asked: dict[tuple[_When, tuple[str, str, str]], list[int]] = {}
    rollups: dict[Key, list[int]] = {}
    for (when, how, who, (task, session)), sums in combined.items():
        _add(served, (when, how), sums)
        _add(asked, (when, who), sums)
        _add(rollups, ("ever", "task", 0, task), sums)
        _add(rollups, ("ever", "session", 0, session), sums)
    for ((hour, day), dimension, value), sums in _by_dimension(served, asked).items():
        if hour:
            _add(rollups, ("hour", dimension, hour, value), sums)
        _add(rollups, ("day", dimension, day, value), sums)
        _add(rollups, ("ever", dimension, 0, value), sums)
    return Sums(rollups, latencies)


def _by_dimension(
    served: dict[tuple[_When, tuple[str, str, str, str]], list[int]],
    asked: dict[tuple[_When, tuple[str, str, str]], list[int]],
) -> _Timed:
    timed: _Timed = {}
    for (when, (model, door, provider, node)), sums in served.items():
        _add(timed, (when, "all", ""), sums)
        _add(timed, (when, "model", model), sums)
        _add(timed, (when, "door", door), sums)
        _add(timed, (when, "provider", provider), sums)
        _add(timed, (when, "node", node), sums)
        if door == Door.LOG:
            _add(timed, (when, "logged_model", model), sums)
    for (when, (agent, project, tool)), sums in asked.items():
        _add(timed, (when, "agent", agent), sums)
        _add(timed, (when, "project", project), sums)
        _add(timed, (when, "tool", tool), sums)
    return timed


def _combined(
    lines: Iterable[Line], zone: Zone, hours_from_ms: int
) -> tuple[dict[_Combination, list[int]], dict[LatencyKey, int]]:
    """Sums for every combination that occurs. This is the loop over all rows: what can wait is not in it."""
    hour_and_day = zone.hour_and_day
    plain = str.__str__
    combined: dict[_Combination, list[int]] = {}
    buckets: dict[tuple[_When, int], int] = {}
    for row, cost_nano, sign in lines:
        when = hour_and_day(row.at_ms)
        if when[0] < hours_from_ms:
            when = (0, when[1])
        key = (
            when,
            (row.model, plain(row.door), row.provider or "", row.node or ""),
            (row.agent or "", row.project or "", row.tool),
            (row.task or "", row.session or ""),
        )
        sums = combined.get(key)
        if sums is None:
            sums = combined[key] = [0] * len(FIELDS)
        _count(sums, row, cost_nano, sign)
        if row.latency_ms is not None:
            sums[12] += sign * row.latency_ms
            sums[13] += sign
            place = (when, bucket_of(row.latency_ms))
            buckets[place] = buckets.get(place, 0) + sign
    return combined, _latencies(buckets)


def _latencies(buckets: dict[tuple[_When, int], int]) -> dict[LatencyKey, int]:
    latencies: dict[LatencyKey, int] = {}
    for ((hour, day), bound), count in buckets.items():
        if hour:
            latencies["hour", hour, bound] = latencies.get(("hour", hour, bound), 0) + count
        latencies["day", day, bound] = latencies.get(("day", day, bound), 0) + count
    return latencies


def _count(sums: list[int], row: Invocation, cost_nano: int | None, sign: int) -> None:
    sums[0] += sign
    if row.status != "success":
        sums[1] += sign
    sums[2] += sign * row.input_tokens
    sums[3] += sign * row.output_tokens
    sums[4] += sign * row.reasoning_tokens
    sums[5] += sign * row.cache_read_tokens
    sums[6] += sign * row.cache_write_tokens
    sums[7] += sign * row.cache_write_5m_tokens
    sums[8] += sign * row.cache_write_1h_tokens
    if cost_nano is None:
        sums[10] += sign
        sums[11] += sign * row.total_tokens
    else:
        sums[9] += sign * cost_nano


def _add(into: dict[_K, list[int]], key: _K, sums: list[int]) -> None:
    old = into.get(key)
    into[key] = sums if old is None else list(map(add, old, sums))
