"""Runs with their events go after the days that the settings keep them, samples of load after thirty days."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

from llm_service.core.zones import DAY_MS
from llm_service.telemetry.forgetting import Forgetting

SAMPLES_KEPT_DAYS = 30
ROWS_AT_ONCE = 500


class RunRetention(Forgetting):
    """A chore. A run goes with its last event; one that never ended goes after the same time."""

    newest = "SELECT max(at_ms) FROM runs"

    def _forget(self, connection: sqlite3.Connection, now_ms: int) -> bool:
        before_ms = max(0, now_ms - self._keep_days * DAY_MS)
        more = self._forget_run(connection, before_ms)
        more |= self._forget_samples(connection, self._now_ms() - SAMPLES_KEPT_DAYS * DAY_MS)
        oldest = datetime.fromtimestamp(before_ms / 1000, UTC).date()
        connection.execute("DELETE FROM dataset_samples WHERE day < ?", (oldest.isoformat(),))
        return more

    def _forget_run(self, connection: sqlite3.Connection, before_ms: int) -> bool:
        """Delete some events of the oldest run, and the run when none is left; True where there may be more."""
        old = connection.execute("SELECT key FROM runs WHERE at_ms < ? ORDER BY at_ms LIMIT 1", (before_ms,)).fetchone()
        if old is None:
            return False
        gone = connection.execute(
            "DELETE FROM run_events WHERE key = ?1 AND n IN (SELECT n FROM run_events WHERE key = ?1 LIMIT ?2)",
            (old[0], ROWS_AT_ONCE),
        ).rowcount
        if gone < ROWS_AT_ONCE:
            connection.execute("DELETE FROM runs WHERE key = ?", old)
        return True

    def _forget_samples(self, connection: sqlite3.Connection, before_ms: int) -> bool:
        gone = 0
        for table, column in (("node_samples", "node"), ("queue_samples", "source")):
            # Name by name: the tables lie in the order of their names, then of time.
            for (name,) in connection.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall():
                gone += connection.execute(
                    f"DELETE FROM {table} WHERE {column} = ?1 AND at_ms IN"
                    f" (SELECT at_ms FROM {table} WHERE {column} = ?1 AND at_ms < ?2 LIMIT ?3)",
                    (name, before_ms, ROWS_AT_ONCE),
                ).rowcount
        return gone >= ROWS_AT_ONCE
