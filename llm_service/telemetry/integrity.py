"""Whether the database is sound, and whether its sums equal a recount of the single rows. Only reads.

The recount is made by SQLite itself, by quarters of an hour, and shares no code with the writer's sums but the
calendar. It covers what can be recounted: hours and days from the moment on from which every row is still kept,
and the sums for ever where no row was deleted yet.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from llm_service.core.invocations.rollups import ABOVE, EVER_ONLY, FIELDS, LATENCY_BOUNDS_MS, TIMED, Key
from llm_service.core.zones import Zone
from llm_service.telemetry import sums

_QUARTER_MS = 900_000
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
_VALUES = {"all": "''", "logged_model": "model"}
"""How a dimension's value is told by a row, where it is not the column of that name."""
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. `differences` are sentences, at most 20; `different` counts all. `ok` is the answer in short."""

    sound: bool
    problem: str | None
    rows: int = 0
    sums: int = 0
    different: int = 0
    differences: tuple[str, ...] = ()
    days_from_ms: int | None = None
    """Days and hours were recounted from here on; None: from the beginning, and the sums for ever too."""
    notes: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        return self.sound and not self.different


class Readable(Protocol):
    """A database that can be read: an opened one, or one that is only looked at."""

    def reading(self) -> AbstractContextManager[sqlite3.Connection]: ...


def check(database: Readable) -> Report:
    """Check the file page by page, then recount every sum that can be recounted. Minutes at ten million rows.

    Raises `TelemetryUnavailable` where the database cannot be read now.
    """
    with database.reading() as connection:
        connection.row_factory = None
        try:
            problem = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.DatabaseError as error:
            problem = str(error)
        if problem != "ok":
            return Report(False, problem)
        # One moment for both sides: the writer goes on meanwhile.
        connection.execute("BEGIN")
        return _compared(connection)


def _compared(connection: sqlite3.Connection) -> Report:
    zone = sums.zone_of(connection)
    raw_from = sums.fact(connection, "raw_from_ms")
    from_ms = 0 if raw_from is None else zone.next_day_ms(int(raw_from) - 1)
    hours_from_ms = max(from_ms, int(sums.fact(connection, "hours_from_ms") or 0))
    if sums.fact(connection, "rezoning_ms") is not None:
        note = "Days are being counted anew for another time zone; hours and days were not compared."
        found = _Comparison(raw_from is None, None, None)
        notes: tuple[str, ...] = (note,)
    else:
        found, notes = _Comparison(raw_from is None, from_ms, hours_from_ms), ()
    dimensions, missing = _dimensions(connection)
    for dimension in dimensions:
        found.compare(_recounted(connection, zone, dimension), _kept(connection, dimension))
    found.compare(_recounted_latencies(connection, zone), _kept_latencies(connection))
    rows = connection.execute("SELECT count(*) FROM invocations").fetchone()[0]
    shown = tuple(found.sentences[:_SHOWN])
    days_from_ms = None if raw_from is None else from_ms
    return Report(True, None, rows, found.compared, len(found.sentences), shown, days_from_ms, notes + missing)


def _dimensions(connection: sqlite3.Connection) -> tuple[list[str], tuple[str, ...]]:
    """Those that the file has, and what to say where an older release wrote it: looking does not change it."""
    columns = {column for _, column, *_ in connection.execute("PRAGMA table_info(invocations)")}
    asked = (*TIMED, *EVER_ONLY)
    known = [dimension for dimension in asked if dimension in _VALUES or dimension in columns]
    if len(known) == len(asked):
        return known, ()
    left = ", ".join(dimension for dimension in asked if dimension not in known)
    return known, (f"An older release wrote this file; the next dashboard that opens it adds sums by {left}.",)


class _Comparison:
    """Collects sums that differ, among those that can be recounted."""

    def __init__(self, ever: bool, days_from_ms: int | None, hours_from_ms: int | None) -> None:
        self._from_ms = {"ever": 0 if ever else None, "day": days_from_ms, "hour": hours_from_ms}
        self.compared = 0
        self.sentences: list[str] = []

    def compare(self, right: dict[Key, tuple[int, ...]], kept: dict[Key, tuple[int, ...]]) -> None:
        for key in sorted(right.keys() | kept.keys()):
            width, dimension, start_ms, value = key
            from_ms = self._from_ms[width]
            if from_ms is None or start_ms < from_ms:
                continue
            self.compared += 1
            wanted, found = right.get(key, ()), kept.get(key, ())
            if wanted != found:
                self.sentences.append(
                    f"{width} {start_ms} of {dimension} {value!r}: kept {_told(found)}, the rows give {_told(wanted)}"
                )


def _told(values: tuple[int, ...]) -> str:
    names = FIELDS if len(values) == len(FIELDS) else ("invocations",)
    return ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=False) if value) or "nothing"


def _recounted(connection: sqlite3.Connection, zone: Zone, dimension: str) -> dict[Key, tuple[int, ...]]:
    value = _VALUES.get(dimension, f"coalesce({dimension}, '')")
    quarter = f"at_ms / {_QUARTER_MS}" if dimension in TIMED else "0"
    only = " AND door = 'log'" if dimension == "logged_model" else ""
    query = f"SELECT {quarter}, {value}, {_COUNTS} FROM invocations WHERE counted = 1{only} GROUP BY 1, 2"
    right: dict[Key, tuple[int, ...]] = {}
    for quarter_number, name, *counts in connection.execute(query):
        for width, start_ms in _places(zone, quarter_number, dimension in TIMED):
            key = (width, dimension, start_ms, name)
            right[key] = tuple(a + b for a, b in zip(right.get(key, (0,) * len(counts)), counts, strict=True))
    return right


def _places(zone: Zone, quarter: int, timed: bool) -> Iterator[tuple[str, int]]:
    yield "ever", 0
    if timed:
        hour, day = zone.hour_and_day(quarter * _QUARTER_MS)
        yield "hour", hour
        yield "day", day


def _kept(connection: sqlite3.Connection, dimension: str) -> dict[Key, tuple[int, ...]]:
    query = f"SELECT width, dimension, start_ms, value, {', '.join(FIELDS)} FROM rollups WHERE dimension = ?"
    return {
        (width, dimension, start_ms, value): tuple(counts)
        for width, _, start_ms, value, *counts in connection.execute(query, (dimension,))
        if any(counts)
    }


def _recounted_latencies(connection: sqlite3.Connection, zone: Zone) -> dict[Key, tuple[int, ...]]:
    bounds = " ".join(f"WHEN latency_ms <= {bound} THEN {bound}" for bound in LATENCY_BOUNDS_MS)
    query = (
        f"SELECT at_ms / {_QUARTER_MS}, CASE {bounds} ELSE {ABOVE} END, count(*) FROM invocations"
        " WHERE counted = 1 AND latency_ms IS NOT NULL GROUP BY 1, 2"
    )
    right: dict[Key, tuple[int, ...]] = {}
    for quarter, bound, count in connection.execute(query):
        hour, day = zone.hour_and_day(quarter * _QUARTER_MS)
        for key in (("hour", "latency", hour, str(bound)), ("day", "latency", day, str(bound))):
            right[key] = (right.get(key, (0,))[0] + count,)
    return right


def _kept_latencies(connection: sqlite3.Connection) -> dict[Key, tuple[int, ...]]:
    rows = connection.execute("SELECT width, start_ms, le_ms, count FROM latencies WHERE count <> 0")
    return {(width, "latency", start_ms, str(bound)): (count,) for width, start_ms, bound, count in rows}
