"""Single invocations go after the days that the settings keep them, hours after ninety days; days and ever stay."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from llm_service.core.rollups import TIMED
from llm_service.core.zones import DAY_MS
from llm_service.telemetry import ids, sums
from llm_service.telemetry.database import HOURS_KEPT_DAYS
from llm_service.telemetry.writer_file import WriterFile

ROWS_AT_ONCE = 500
_SOON_S = 0.05
_LATER_S = 3600.0


class Retention:
    """A chore. `raw_from_ms` in `facts` says from when on every row is there: sums before it cannot be recounted."""

    condition = None

    def __init__(self, file: WriterFile, now_ms: Callable[[], int], keep_days: int) -> None:
        self._file = file
        self._now_ms = now_ms
        self._keep_days = keep_days

    def step(self) -> float:
        """Delete a few; soon again where there are more."""
        with self._file.transaction() as connection:
            now_ms = self._trusted_now_ms(connection)
            zone = sums.zone_of(connection)
            more = self._forget_hours(connection, zone.hour_start_ms(now_ms - HOURS_KEPT_DAYS * DAY_MS))
            more |= self._forget_rows(connection, zone.day_start_ms(now_ms - self._keep_days * DAY_MS))
        return _SOON_S if more else _LATER_S

    def _trusted_now_ms(self, connection: sqlite3.Connection) -> int:
        """Now, but not more than a day after the newest row: a clock that is years ahead must not delete everything."""
        newest = connection.execute("SELECT max(at_ms) FROM invocations").fetchone()[0]
        now_ms = self._now_ms()
        return now_ms if newest is None else max(DAY_MS, min(now_ms, newest + DAY_MS))

    def _forget_hours(self, connection: sqlite3.Connection, before_ms: int) -> bool:
        kept_ms = int(sums.fact(connection, "hours_from_ms") or 0)
        if before_ms > kept_ms:
            sums.note(connection, "hours_from_ms", before_ms)
        before_ms = max(before_ms, kept_ms)
        gone = 0
        for dimension in TIMED:
            gone += connection.execute(
                "DELETE FROM rollups WHERE (width, dimension, start_ms, value) IN (SELECT width, dimension, start_ms,"
                " value FROM rollups WHERE width = 'hour' AND dimension = ? AND start_ms < ? LIMIT ?)",
                (dimension, before_ms, ROWS_AT_ONCE),
            ).rowcount
        connection.execute("DELETE FROM latencies WHERE width = 'hour' AND start_ms < ?", (before_ms,))
        return gone >= ROWS_AT_ONCE

    def _forget_rows(self, connection: sqlite3.Connection, before_ms: int) -> bool:
        old = connection.execute(
            "SELECT id FROM invocations WHERE at_ms < ? ORDER BY at_ms LIMIT ?", (before_ms, ROWS_AT_ONCE)
        ).fetchall()
        if not old:
            return False
        if before_ms > int(sums.fact(connection, "raw_from_ms") or 0):
            sums.note(connection, "raw_from_ms", before_ms)
        ids.keep_numbers(connection)
        connection.executemany("DELETE FROM invocations WHERE id = ?", old)
        return len(old) == ROWS_AT_ONCE
