"""The one thread that writes `telemetry.db`: what many hand in becomes one transaction, answered after the commit."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

from llm_service.core.usage import Invocation
from llm_service.errors import TelemetryUnavailable
from llm_service.telemetry.database import Database
from llm_service.telemetry.group_commit import GroupCommit, Recorded, Result
from llm_service.telemetry.ingest import Kept, Pricing
from llm_service.telemetry.work_queue import Item, Work, WorkQueue

__all__ = ["Committed", "Kept", "Recorded", "Recorder", "Work"]

log = logging.getLogger(__name__)
T = TypeVar("T")

TOLD = 1_000
"""Rows of one commit that listeners are given; more are only counted."""
RETRY_S = (0.5, 1.0, 2.0, 5.0)
"""Pauses before trying again while the file cannot be written; the last one is kept."""
IDLE_S = 1.0


class Committed(NamedTuple):
    """A commit with invocations: its newest rows (at most `TOLD`), how many it kept, and when it was done."""

    rows: tuple[Kept, ...]
    counted: int
    at_ms: int


class Recorder:
    """Takes rows and other writes from any thread. Nothing here may be waited for on the recorder's own thread."""

    def __init__(
        self, database: Database, pricing: Pricing, *, now_ms: Callable[[], int], queue: WorkQueue | None = None
    ) -> None:
        self._database = database
        self._pricing = pricing
        self._now_ms = now_ms
        self._queue = queue or WorkQueue()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._listeners: list[Callable[[Committed], None]] = []
        self._lock = threading.Lock()
        self._dropped = 0
        self._dropped_saved = 0
        self._paused: str | None = None
        self._tries = 0
        self.failures = 0

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def dropped(self) -> int:
        """Rows and writes since the start that were offered and could not be kept."""
        return self._dropped

    @property
    def condition(self) -> tuple[str, ...]:
        """What the user should know about the keeping of telemetry; empty when all is well."""
        found = []
        if self._paused:
            found.append(f"Telemetry is paused: {self._paused}. It goes on by itself.")
        if self._dropped:
            found.append(f"{self._dropped:,} rows of telemetry could not be kept since the start.")
        return tuple(found)

    def on_commit(self, listener: Callable[[Committed], None]) -> None:
        """Call `listener` after every commit with invocations, on the recorder's thread: it must be quick."""
        self._listeners.append(listener)

    def start(self) -> None:
        self._thread.start()

    def stop(self, deadline_s: float = 2.0) -> None:
        """Write what waits, carry the log over into the file and end."""
        self._queue.close()
        if self._thread.is_alive():
            self._thread.join(deadline_s)

    def record(self, rows: Sequence[Invocation], *, also: Work | None = None, timeout_s: float = 30.0) -> Recorded:
        """Keep `rows` and return after the commit; `also` writes in the same transaction.

        Raises `TelemetryUnavailable` where they cannot be kept now, or not within `timeout_s`. Telling them again is
        harmless. What `also` raises comes back to the caller, and then the rows are not kept either.
        """
        return self._wait(Item(tuple(rows), also, Future()), timeout_s) or Recorded()

    def offer(self, rows: Sequence[Invocation], *, also: Work | None = None) -> bool:
        """Hand rows in without waiting; False, and counted, where there is no room for them."""
        return self._hand_in(Item(tuple(rows), also))

    def write(self, work: Callable[[sqlite3.Connection], T], *, timeout_s: float = 30.0) -> T:
        """Run `work` in a transaction and return, after the commit, what it returned; errors as for `record`."""
        return self._wait(Item(work=work, answer=Future()), timeout_s)

    def post(self, work: Work) -> bool:
        """Hand a write in without waiting; False, and counted, where there is no room for it."""
        return self._hand_in(Item(work=work))

    def _wait(self, item: Item, timeout_s: float) -> Any:
        if self._paused:
            raise TelemetryUnavailable(f"telemetry is paused: {self._paused}; try again later")
        assert item.answer is not None
        end_s = time.monotonic() + timeout_s
        if not self.alive or not self._queue.put(item, timeout_s):
            raise TelemetryUnavailable("telemetry cannot be kept now: the recorder is behind or stopping; try again")
        try:
            return item.answer.result(max(0.0, end_s - time.monotonic()))
        except TimeoutError:
            item.answer.cancel()
            raise TelemetryUnavailable(f"telemetry was not kept within {timeout_s:g} s; try again") from None

    def _hand_in(self, item: Item) -> bool:
        if self._queue.put(item):
            return True
        self._drop([item])
        return False

    def _drop(self, items: Sequence[Item]) -> None:
        with self._lock:
            self._dropped += sum(max(1, len(item.rows)) for item in items)

    def _run(self) -> None:
        connection = self._database.writing()
        group = GroupCommit(connection, self._pricing, self._now_ms)
        while True:
            items = self._queue.take(IDLE_S)
            if items:
                self._write(group, items)
            elif self._queue._closed:
                break
        connection.close()

    def _write(self, group: GroupCommit, items: list[Item]) -> None:
        wanted = [item for item in items if item.answer is None or item.answer.set_running_or_notify_cancel()]
        results, kept = group.run(wanted, {})
        self._queue.done(items)
        for result in results:
            self._answer(result)
        if kept:
            committed = Committed(tuple(kept[-TOLD:]), len(kept), self._now_ms())
            for listener in self._listeners:
                listener(committed)

    def _answer(self, result: Result) -> None:
        if result.error is not None:
            self.failures += 1
        if result.item.answer is None:
            return
        if result.error is not None:
            result.item.answer.set_exception(result.error)
        else:
            result.item.answer.set_result(result.value)
