"""Single invocations go after the days that the settings keep them, hours after ninety days; days and ever stay."""

from __future__ import annotations

import sqlite3

from llm_service.core.invocations.rollups import TIMED
from llm_service.core.zones import DAY_MS
from llm_service.telemetry import ids, sums
from llm_service.telemetry.database import HOURS_KEPT_DAYS
from llm_service.telemetry.forgetting import Forgetting

ROWS_AT_ONCE = 500


class Retention(Forgetting):
    """A chore. `raw_from_ms` in `facts` says from when on every row is there: sums before it cannot be recounted."""

    newest = "SELECT max(at_ms) FROM invocations"

    def _forget(self, connection: sqlite3.Connection, now_ms: int) -> bool:
        zone = sums.zone_of(connection)
        more = self._forget_hours(connection, zone.hour_start_ms(now_ms - HOURS_KEPT_DAYS * DAY_MS))
        return self._forget_rows(connection, zone.day_start_ms(now_ms - self._keep_days * DAY_MS)) or more

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
