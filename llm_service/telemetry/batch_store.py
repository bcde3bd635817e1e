"""What is kept of launches: each as JSON, written before the step that it speaks of is taken."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from llm_service.errors import TelemetryUnavailable

MOST_KEPT = 500
"""The newest; a launch may hold a system prompt of 20,000 characters."""
T = TypeVar("T")


class Readable(Protocol):
    """What is needed of the database."""

    def reading(self) -> AbstractContextManager[sqlite3.Connection]: ...


class Writer(Protocol):
    """What is needed of the recorder."""

    def write(self, work: Callable[[sqlite3.Connection], T], *, timeout_s: float = ...) -> T: ...
    def post(self, work: Callable[[sqlite3.Connection], object]) -> bool: ...


class BatchStore:
    """Safe on any thread. Methods raise `TelemetryUnavailable`."""

    def __init__(self, database: Readable, recorder: Writer) -> None:
        self._database = database
        self._recorder = recorder

    def keep(self, batch_id: str, at_ms: int, batch: Mapping[str, Any], *, timeout_s: float) -> None:
        """Keep a launch, begun at `at_ms`, in place of what was kept of it, and return after the commit.

        Where that takes too long it is kept as soon as it can be, and this raises all the same.
        """
        text = json.dumps(batch, ensure_ascii=False)

        def work(db: sqlite3.Connection) -> None:
            _keep(db, batch_id, at_ms, text)

        try:
            self._recorder.write(work, timeout_s=timeout_s)
        except TelemetryUnavailable:
            self._recorder.post(work)
            raise

    def one(self, batch_id: str) -> Mapping[str, Any] | None:
        """A launch as it was kept last."""
        with self._database.reading() as db:
            found = db.execute("SELECT batch FROM batches WHERE id = ?", (batch_id,)).fetchone()
        return None if found is None else json.loads(found[0])

    def begun_after(self, at_ms: int, limit: int) -> list[Mapping[str, Any]]:
        """Launches that began at or after this moment, the newest of them, oldest first."""
        with self._database.reading() as db:
            sql = "SELECT batch FROM batches WHERE at_ms >= ? ORDER BY at_ms DESC LIMIT ?"
            found = db.execute(sql, (at_ms, limit)).fetchall()
        return [json.loads(text) for (text,) in reversed(found)]


def _keep(db: sqlite3.Connection, batch_id: str, at_ms: int, text: str) -> None:
    db.execute("INSERT OR REPLACE INTO batches (id, at_ms, batch) VALUES (?, ?, ?)", (batch_id, at_ms, text))
    too_old = "SELECT at_ms FROM batches ORDER BY at_ms DESC LIMIT 1 OFFSET ?"
    db.execute(f"DELETE FROM batches WHERE at_ms <= ({too_old})", (MOST_KEPT,))
