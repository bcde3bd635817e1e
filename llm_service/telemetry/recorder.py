"""The one thread that writes `telemetry.db`: what many hand in becomes one transaction, answered after the commit."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

from llm_service.core.invocations.usage import Invocation
from llm_service.errors import TelemetryUnavailable
from llm_service.telemetry import faults
from llm_service.telemetry.chores import KEEP_DAYS, Chores
from llm_service.telemetry.database import Database
from llm_service.telemetry.group_commit import GroupCommit, Recorded, Result
from llm_service.telemetry.ingest import Kept, Pricing
from llm_service.telemetry.work_queue import Item, Work, WorkQueue
from llm_service.telemetry.writer_file import WriterFile

__all__ = ["Committed", "Kept", "Recorded", "Recorder", "Work"]

log = logging.getLogger(__name__)
T = TypeVar("T")

TOLD = 1_000
"""Rows of one commit that listeners are given; more are only counted."""
RETRY_S = (0.25, 0.5, 1.0, 2.0, 5.0)
"""Pauses before trying again while the file cannot be written; the last one is kept."""


class Committed(NamedTuple):
    """A commit with invocations: its newest rows (at most `TOLD`), how many it kept, and when it was done.

    None of them, where only the days were counted anew.
    """

    rows: tuple[Kept, ...]
    counted: int
    at_ms: int


class Recorder:
    """Takes rows and other writes from any thread. On its own thread (listeners, works) only `offer` and `post`."""

    def __init__(
        self,
        database: Database,
        pricing: Pricing,
        *,
        now_ms: Callable[[], int],
        keep_days: int = KEEP_DAYS,
        queue: WorkQueue | None = None,
    ) -> None:
        self._database = database
        self._now_ms = now_ms
        self._queue = queue or WorkQueue()
        self._file = WriterFile(database, now_ms)
        self._group = GroupCommit(self._file, pricing, now_ms)
        self._chores = Chores(self._file, now_ms, keep_days)
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._listeners: list[Callable[[Committed], None]] = []
        self._lock = threading.Lock()
        self._dropped = 0
        self._dropped_saved = 0
        self._paused: str | None = None
        self._tries = 0
        self._abandoned = False
        self.failures = 0

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def dropped(self) -> int:
        """Rows and writes since the start that were handed in and could not be kept."""
        return self._dropped

    @property
    def waiting(self) -> int:
        """Rows and writes that wait for the writer."""
        return self._queue.rows

    @property
    def condition(self) -> tuple[str, ...]:
        """What the user should know about the keeping of telemetry; empty when all is well."""
        found = []
        if self._paused:
            found.append(f"Telemetry is paused: {self._paused}. It goes on by itself.")
        if self._dropped:
            found.append(f"{self._dropped:,} rows of telemetry could not be kept since the start.")
        if self._file.checking:
            found.append("The telemetry database is being checked; what comes meanwhile waits.")
        return (*found, *self._chores.condition)

    def on_commit(self, listener: Callable[[Committed], None]) -> None:
        """Call `listener` after every commit that changes sums, on the recorder's thread: it must be quick."""
        self._listeners.append(listener)

    def start(self) -> None:
        self._thread.start()

    def stop(self, deadline_s: float = 2.0) -> None:
        """Write what waits, carry the log over into the file and end; what is not written by then is given up."""
        self._queue.close()
        if not self._thread.is_alive():
            return
        self._thread.join(deadline_s)
        if self._thread.is_alive():
            self._abandoned = True
            self._file.interrupt()
            self._thread.join(0.5)

    def record(self, rows: Sequence[Invocation], *, also: Work | None = None, timeout_s: float = 30.0) -> Recorded:
        """Keep `rows` and return after the commit; `also` writes in the same transaction.

        Raises `TelemetryUnavailable` where they cannot be kept now, or not within `timeout_s`. Telling them again is
        harmless. What `also` raises comes back to the caller, and then the rows are not kept either.
        """
        return self._wait(Item(tuple(rows), also, Future()), timeout_s)

    def offer(self, rows: Sequence[Invocation], *, also: Work | None = None, again: bool = False) -> bool:
        """Hand rows in without waiting; False, and counted, where there is no room for them.

        `again`: who offers them keeps them and comes again, so that nothing is lost and nothing counted.
        """
        item = Item(tuple(rows), also)
        return self._queue.put(item) if again else self._hand_in(item)

    def write(self, work: Callable[[sqlite3.Connection], T], *, timeout_s: float = 30.0) -> T:
        """Run `work` in a transaction and return, after the commit, what it returned; errors as for `record`."""
        return self._wait(Item(None, work, Future()), timeout_s)

    def post(self, work: Work) -> bool:
        """Hand a write in without waiting; False, and counted, where there is no room for it."""
        return self._hand_in(Item(None, work))

    def lost(self, rows: int) -> None:
        """Count what was meant for the database and had to be dropped before it got here."""
        with self._lock:
            self._dropped += rows

    def _wait(self, item: Item, timeout_s: float) -> Any:
        if threading.current_thread() is self._thread:
            raise RuntimeError("the recorder cannot wait for itself; use offer or post here")
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
        kept = self._queue.put(item)
        if not kept:
            self._drop([item])
        return kept

    def _drop(self, items: Sequence[Item]) -> None:
        with self._lock:
            self._dropped += sum(item.weight for item in items)

    def _run(self) -> None:
        while not self._finished():
            try:
                self._step()
            except (sqlite3.Error, TelemetryUnavailable) as error:
                self._endure(error)
            except Exception as error:  # noqa: BLE001 - the one writer must live
                self._failed(error)
        self._give_up(self._queue.take(0), "the recorder is stopping")
        try:
            self._file.close()
        except sqlite3.Error as error:
            log.warning("recorder: the database was not closed in good order: %s", error)

    def _finished(self) -> bool:
        """Whether all is written after `stop`, or cannot be written, or not in time."""
        return self._queue.closed and (self._queue.empty or self._paused is not None or self._abandoned)

    def _step(self) -> None:
        if self._paused:
            self._queue.settle(RETRY_S[min(self._tries, len(RETRY_S)) - 1])
        self._file.ready()
        if self._paused and self._queue.empty:
            self._file.probe()
            self._resume()
        items = self._queue.take(self._chores.pause_s)
        if items:
            self._write(items)
            self._resume()
        if not self._queue.closed:
            self._chores.step(idle=not items)
            if self._chores.days_moved():
                self._tell(Committed((), 0, self._now_ms()))

    def _write(self, items: list[Item]) -> None:
        wanted = [item for item in items if item.answer is None or item.answer.set_running_or_notify_cancel()]
        dropped = self._dropped
        counts = {"dropped": dropped - self._dropped_saved} if dropped > self._dropped_saved else {}
        try:
            # Nobody is to be told that a row is kept which went into a file that has no name any more.
            self._file.begin_anew_if_gone()
            results, kept = self._group.run(wanted, counts)
        except Exception as error:
            self._keep_waiting(items, wanted, error)
            raise
        self._dropped_saved = dropped
        self._queue.done(items)
        for result in results:
            self._answer(result)
        if kept:
            self._tell(Committed(tuple(kept[-TOLD:]), len(kept), self._now_ms()))

    def _keep_waiting(self, items: list[Item], wanted: list[Item], error: Exception) -> None:
        """After a failure of the whole group: those who wait are told, what was only handed in is tried again."""
        if faults.is_damage(error):
            passing: str | None = "the telemetry database was damaged"
        elif passing := faults.passing(error):
            # Before anybody is told, so that who asks then is refused at once.
            self._paused = passing
        again = [item for item in wanted if item.answer is None] if passing else []
        if not passing:
            self._drop([item for item in wanted if item.answer is None])
        self._queue.done([item for item in items if item not in again])
        self._queue.give_back(again)
        for item in wanted:
            if item.answer is not None:
                item.answer.set_exception(TelemetryUnavailable(f"{passing}; try again later") if passing else error)

    def _endure(self, error: Exception) -> None:
        """What the file or its surroundings are to blame for: begin anew, or pause and try again."""
        if faults.is_damage(error):
            log.error("recorder: the telemetry database is damaged: %s", error)
            try:
                self._file.begin_anew()
                return
            except (sqlite3.Error, TelemetryUnavailable) as worse:
                error = worse
        if sentence := faults.passing(error):
            self._pause(sentence, error)
        else:
            self._failed(error)

    def _pause(self, sentence: str, error: Exception) -> None:
        if not self._tries:
            log.warning("recorder: paused: %s (%s)", sentence, error)
        self._paused = sentence
        self._tries += 1
        self._file.roll_back()
        self._give_up(self._queue.take_waited_for(), sentence)

    def _failed(self, error: Exception) -> None:
        self.failures += 1
        log.error("recorder: a step failed, continuing", exc_info=error)
        self._file.roll_back()
        # What fails at once would fail again at once.
        self._queue.settle(RETRY_S[0])

    def _resume(self) -> None:
        if not self._paused:
            return
        log.warning("recorder: writing again")
        self._paused = None
        self._tries = 0

    def _give_up(self, items: Sequence[Item], reason: str) -> None:
        """These will not be written: tell those who wait, count the others."""
        self._queue.done(items)
        self._drop([item for item in items if item.answer is None])
        for item in items:
            if item.answer is not None and item.answer.set_running_or_notify_cancel():
                item.answer.set_exception(TelemetryUnavailable(f"telemetry cannot be kept now: {reason}; try again"))

    def _answer(self, result: Result) -> None:
        answer = result.item.answer
        if result.error is None:
            if answer is not None:
                answer.set_result(result.value)
            return
        self.failures += 1
        if answer is not None:
            answer.set_exception(result.error)
        else:
            self._drop([result.item])
            log.error("recorder: a write failed and was left out", exc_info=result.error)

    def _tell(self, committed: Committed) -> None:
        for listener in self._listeners:
            try:
                listener(committed)
            except Exception:
                self.failures += 1
                log.exception("recorder: a listener failed, continuing")
