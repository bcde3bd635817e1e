"""Where curves are kept while there is no database: the same tables in memory, gone with the process."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from llm_service.telemetry.loss_tables import m0004_loss

MOST_STEPS = 200_000
"""Steps of all curves together, some 20 MB; above that the curves not heard of for longest go, but never the last."""


class LossMemory:
    """Database and recorder in one, safe on any thread: everything runs under one lock."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        m0004_loss(self._connection)

    @property
    def database(self) -> LossMemory:
        return self

    @property
    def recorder(self) -> LossMemory:
        return self

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for a short time."""
        with self._guard:
            try:
                yield self._connection
            finally:
                self._roll_back()

    def write(self, work: Callable[[sqlite3.Connection], Any], *, timeout_s: float = 0.0) -> Any:  # noqa: ARG002
        """What `work` returns; all that it writes, or nothing."""
        with self._guard:
            try:
                self._connection.execute("BEGIN")
                answer = work(self._connection)
                self._forget()
                self._connection.execute("COMMIT")
                return answer
            finally:
                self._roll_back()

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _forget(self) -> None:
        rows = self._connection.execute("SELECT id, key, count FROM loss_series ORDER BY heard_ms, id").fetchall()
        held = sum(count for _, _, count in rows)
        for series, key, count in rows[:-1]:
            if held <= MOST_STEPS:
                return
            held -= count
            for table in ("loss_steps", "loss_buckets", "loss_averages"):
                self._connection.execute(f"DELETE FROM {table} WHERE series = ?", (series,))
            self._connection.execute("DELETE FROM loss_series WHERE id = ?", (series,))
            self._connection.execute("DELETE FROM loss_alarms WHERE series = ?", (key,))
