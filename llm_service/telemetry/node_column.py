"""The machine a call ran on, as a step of the migrations: a column, and sums by it that a recount agrees with.

A step is told in its own words and not in those of the code around it, which later releases change: it knows the
tables as they were before it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from llm_service.core.zones import Zone
from llm_service.telemetry import sums

_QUARTER_MS = 900_000
"""Every hour and day of every zone is made of whole quarters of an hour."""
_SUMS = (
    *("invocations", "errors", "input_tokens", "output_tokens", "reasoning_tokens", "cache_read_tokens"),
    *("cache_write_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cost_nano", "unpriced_invocations"),
    *("unpriced_tokens", "latency_ms_sum", "latency_count"),
)
_TOKENS = (
    "input_tokens + output_tokens + cache_read_tokens + cache_write_tokens + cache_write_5m_tokens"
    " + cache_write_1h_tokens"
)
_COUNTS = (
    "count(*), sum(status <> 'success'), sum(input_tokens), sum(output_tokens), sum(reasoning_tokens),"
    " sum(cache_read_tokens), sum(cache_write_tokens), sum(cache_write_5m_tokens), sum(cache_write_1h_tokens),"
    f" coalesce(sum(cost_nano), 0), sum(cost_nano IS NULL), sum(iif(cost_nano IS NULL, {_TOKENS}, 0)),"
    " coalesce(sum(latency_ms), 0), count(latency_ms)"
)
_ADD = (
    f"INSERT INTO rollups (width, dimension, start_ms, value, {', '.join(_SUMS)})"
    f" VALUES (?, 'node', ?, ?, {', '.join('?' * len(_SUMS))})"
    " ON CONFLICT (width, dimension, start_ms, value) DO UPDATE SET "
    + ", ".join(f"{name} = {name} + excluded.{name}" for name in _SUMS)
)
_OF_NO_MACHINE = (
    f"INSERT INTO rollups (width, dimension, start_ms, value, {', '.join(_SUMS)})"
    f" SELECT width, 'node', start_ms, '', {', '.join(_SUMS)} FROM rollups WHERE dimension = 'all'"
)
_HAS_RUNS = "SELECT 1 FROM rollups WHERE width = 'ever' AND dimension = 'tool' AND start_ms = 0 AND value = 'bobspark'"
# The machine of a local model's run was its provider; of every other run the run itself, kept as long, says it.
_NAME_THEM = (
    "UPDATE invocations SET node = coalesce(iif(model GLOB 'local/*', provider, NULL),"
    " (SELECT runs.node FROM runs WHERE runs.key = invocations.session))"
    " WHERE tool = 'bobspark' AND door = 'api' AND invocation_id = 'bobspark:' || session"
)
_NAMED = (
    f"SELECT at_ms / {_QUARTER_MS}, node, {_COUNTS} FROM invocations"
    " WHERE node IS NOT NULL AND counted = 1 GROUP BY 1, 2"
)


def m0005_node(connection: sqlite3.Connection) -> None:
    """A column for the machine; what was recorded before is of no machine, but for runs, whose machine is known."""
    connection.execute("ALTER TABLE invocations ADD COLUMN node TEXT")
    connection.execute(_OF_NO_MACHINE)
    # Without a run there is nothing to name, and the calls, of which there may be millions, are not read.
    if connection.execute(_HAS_RUNS).fetchone() is None:
        return
    connection.execute(_NAME_THEM)
    zone = sums.zone_of(connection)
    hours_from_ms = int(sums.fact(connection, "hours_from_ms") or 0)
    found: dict[tuple[str, int, str], list[int]] = {}
    for quarter, node, *counts in connection.execute(_NAMED):
        for width, start_ms in _places(zone, quarter * _QUARTER_MS, hours_from_ms):
            for value, sign in ((node, 1), ("", -1)):
                into = found.setdefault((width, start_ms, value), [0] * len(_SUMS))
                into[:] = [had + sign * count for had, count in zip(into, counts, strict=True)]
    connection.executemany(_ADD, [(*key, *found[key]) for key in sorted(found)])


def _places(zone: Zone, at_ms: int, hours_from_ms: int) -> Iterator[tuple[str, int]]:
    hour, day = zone.hour_and_day(at_ms)
    yield "ever", 0
    yield "day", day
    if hour >= hours_from_ms:
        yield "hour", hour
