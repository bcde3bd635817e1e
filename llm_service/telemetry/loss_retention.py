"""Curves go after the days that the settings keep things, counted from when they were last heard of."""

from __future__ import annotations

import sqlite3

from llm_service.core.zones import DAY_MS
from llm_service.telemetry.forgetting import Forgetting

ROWS_AT_ONCE = 2_000
_TABLES = (("loss_steps", "step"), ("loss_buckets", "width, start"), ("loss_averages", "start"))


class LossRetention(Forgetting):
    """A chore. A curve is out of sight at once, with its alarms, and its rows go a few at a time."""

    newest = "SELECT max(heard_ms) FROM loss_series"

    def _forget(self, connection: sqlite3.Connection, now_ms: int) -> bool:
        self._hide(connection, now_ms - self._keep_days * DAY_MS)
        row = connection.execute("SELECT id FROM loss_series WHERE job = '' LIMIT 1").fetchone()
        if row is None:
            return False
        if not any(self._some_gone(connection, row[0], *table) for table in _TABLES):
            connection.execute("DELETE FROM loss_series WHERE id = ?", row)
        return True

    def _hide(self, connection: sqlite3.Connection, before_ms: int) -> None:
        old = connection.execute(
            "SELECT key, id FROM loss_series WHERE heard_ms < ? AND job != ''", (before_ms,)
        ).fetchall()
        connection.executemany("DELETE FROM loss_alarms WHERE series = ?", [(key,) for key, _ in old])
        # A number is nobody's key: those have the name of their source before a colon.
        connection.executemany("UPDATE loss_series SET job = '', key = id WHERE id = ?", [(id_,) for _, id_ in old])

    def _some_gone(self, connection: sqlite3.Connection, series: int, table: str, key: str) -> bool:
        gone = connection.execute(
            f"DELETE FROM {table} WHERE series = ?1 AND ({key}) IN"
            f" (SELECT {key} FROM {table} WHERE series = ?1 LIMIT ?2)",
            (series, ROWS_AT_ONCE),
        ).rowcount
        return gone > 0
