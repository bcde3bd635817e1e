"""When the time zone of the settings changes, days are counted anew, the newest first, one day a step.

A day is summed from its hours where these are hours of the new zone too (zones that differ by whole hours), else
from the single rows. Days of which neither is left keep their sums and move to the day of the new zone that they
share most with. Sums for ever do not depend on a zone and are not touched.

Facts: `zone` is the zone that new rows are counted in, `rezoning_ms` the end of what is still to be done.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable

from llm_service.core.invocations.rollups import FIELDS, TIMED, Line, Sums, summed
from llm_service.core.invocations.usage import Door, Invocation
from llm_service.core.zones import HOUR_MS, Zone
from llm_service.telemetry import sums
from llm_service.telemetry.writer_file import WriterFile

log = logging.getLogger(__name__)

_HALF_A_DAY_MS = 12 * HOUR_MS
_DOOR = Invocation._fields.index("door")
_SUMS = ", ".join(f"sum({name})" for name in FIELDS)
_ROWS = f"SELECT cost_nano, {', '.join(Invocation._fields)} FROM invocations WHERE at_ms >= ? AND at_ms < ?"
_NEVER_S = 3600.0


class Rezoning:
    """A chore: nothing to do while the zone of the settings is the one that the sums are kept in."""

    def __init__(self, file: WriterFile, now_ms: Callable[[], int]) -> None:
        self._file = file
        self._now_ms = now_ms
        self.condition: str | None = None
        self.done = False
        """Whether days were moved to their end since somebody set this back."""

    def step(self) -> float:
        """Count one day anew; at once again where there are more."""
        zone = self._file.database.zone
        with self._file.transaction() as connection:
            if sums.fact(connection, "zone") != zone.name:
                self._begin(connection, zone)
            end = sums.fact(connection, "rezoning_ms")
            if end is None:
                self.condition = None
                return _NEVER_S
            self.condition = f"Days are being counted anew for the time zone {zone.name}."
            self._next_day(connection, zone, int(end))
            more = sums.fact(connection, "rezoning_ms") is not None
        self.done = self.done or not more
        return 0.0

    def _begin(self, connection: sqlite3.Connection, zone: Zone) -> None:
        log.info("recorder: days are counted anew, from %s to %s", sums.fact(connection, "zone"), zone.name)
        newest = connection.execute("SELECT max(start_ms) FROM rollups WHERE width = 'day'").fetchone()[0]
        sums.note(connection, "zone", zone.name)
        sums.note(connection, "rezoning_ms", zone.next_day_ms(max(newest or 0, self._now_ms()) + _HALF_A_DAY_MS))

    def _next_day(self, connection: sqlite3.Connection, zone: Zone, end_ms: int) -> None:
        start_ms = zone.day_start_ms(end_ms - 1)
        if self._hours_hold(connection, zone, start_ms, end_ms):
            _from_hours(connection, start_ms, end_ms)
        elif start_ms >= int(sums.fact(connection, "raw_from_ms") or 0):
            _from_rows(connection, zone, start_ms, end_ms)
        else:
            _move(connection, zone, end_ms)
            start_ms = 0
        if _older(connection, start_ms):
            sums.note(connection, "rezoning_ms", start_ms)
        else:
            connection.execute("DELETE FROM facts WHERE name = 'rezoning_ms'")

    def _hours_hold(self, connection: sqlite3.Connection, zone: Zone, start_ms: int, end_ms: int) -> bool:
        """Whether the hours of this day are all kept, and are hours of the new zone."""
        if start_ms < int(sums.fact(connection, "hours_from_ms") or 0):
            return False
        query = (
            "SELECT start_ms FROM rollups WHERE width = 'hour' AND dimension = 'all' AND start_ms > ? AND start_ms < ?"
        )
        hours = connection.execute(query, (start_ms - HOUR_MS, end_ms))
        return all(zone.hour_start_ms(hour) == hour for (hour,) in hours)


def _older(connection: sqlite3.Connection, before_ms: int) -> bool:
    query = "SELECT 1 FROM rollups WHERE width = 'day' AND dimension = 'all' AND start_ms < ?"
    return connection.execute(query, (before_ms,)).fetchone() is not None


def _forget(connection: sqlite3.Connection, width: str, start_ms: int, end_ms: int) -> None:
    for dimension in TIMED:
        connection.execute(
            "DELETE FROM rollups WHERE width = ? AND dimension = ? AND start_ms >= ? AND start_ms < ?",
            (width, dimension, start_ms, end_ms),
        )
    query = "DELETE FROM latencies WHERE width = ? AND start_ms >= ? AND start_ms < ?"
    connection.execute(query, (width, start_ms, end_ms))


def _from_hours(connection: sqlite3.Connection, start_ms: int, end_ms: int) -> None:
    _forget(connection, "day", start_ms, end_ms)
    for dimension in TIMED:
        connection.execute(
            f"INSERT INTO rollups SELECT 'day', dimension, ?, value, {_SUMS} FROM rollups"
            " WHERE width = 'hour' AND dimension = ? AND start_ms >= ? AND start_ms < ? GROUP BY value",
            (start_ms, dimension, start_ms, end_ms),
        )
    connection.execute(
        "INSERT INTO latencies SELECT 'day', ?, le_ms, sum(count) FROM latencies"
        " WHERE width = 'hour' AND start_ms >= ? AND start_ms < ? GROUP BY le_ms",
        (start_ms, start_ms, end_ms),
    )


def _from_rows(connection: sqlite3.Connection, zone: Zone, start_ms: int, end_ms: int) -> None:
    for width in ("hour", "day"):
        _forget(connection, width, start_ms, end_ms)
    counted = summed(_lines(connection, start_ms, end_ms), zone, int(sums.fact(connection, "hours_from_ms") or 0))
    timed = {key: values for key, values in counted.rollups.items() if key[0] != "ever"}
    sums.add(connection, Sums(timed, counted.latencies))


def _lines(connection: sqlite3.Connection, start_ms: int, end_ms: int) -> list[Line]:
    lines = []
    for cost, *fields in connection.execute(f"{_ROWS} AND counted = 1", (start_ms, end_ms)):
        fields[_DOOR] = Door(fields[_DOOR])
        lines.append(Line(Invocation._make(fields), cost))
    return lines


def _move(connection: sqlite3.Connection, zone: Zone, end_ms: int) -> None:
    """Give every day before `end_ms` to the day of the new zone that holds its noon, the last of them at the latest."""
    last_ms = zone.day_start_ms(end_ms - 1)

    def place(start_ms: int) -> int:
        return min(last_ms, zone.day_start_ms(start_ms + _HALF_A_DAY_MS))

    old = connection.execute("SELECT * FROM rollups WHERE width = 'day' AND start_ms < ?", (end_ms,)).fetchall()
    buckets = connection.execute("SELECT * FROM latencies WHERE width = 'day' AND start_ms < ?", (end_ms,)).fetchall()
    _forget(connection, "day", 0, end_ms)
    for width, dimension, start_ms, value, *values in old:
        sums.add(connection, Sums({(width, dimension, place(start_ms), value): values}, {}))
    for width, start_ms, bound, count in buckets:
        sums.add(connection, Sums({}, {(width, place(start_ms), bound): count}))
