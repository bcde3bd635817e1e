"""Runs and events on their way to the writer: what many hand in becomes few writes, and nobody waits."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Protocol
from weakref import WeakSet

from llm_service.core.runs.event_text import AnyEvent
from llm_service.core.runs.shapes import RunCard
from llm_service.telemetry.run_rows import write_events, write_runs
from llm_service.telemetry.work_queue import Work

log = logging.getLogger(__name__)

MOST_WAITING = 20_000
"""Events that may wait for a database that cannot be written; more are dropped and counted."""


class Poster(Protocol):
    """The recorder, as far as it is used here: takes a write without waiting, False where there is no room, and tells
    the user how much was `lost`."""

    def post(self, work: Work) -> bool: ...
    def lost(self, rows: int) -> None: ...


class _Batch:
    """What is written together. It stays as it is once it was tried: the recorder may have to try again."""

    def __init__(self) -> None:
        self.cards: dict[str, RunCard] = {}
        self.events: list[tuple[str, AnyEvent]] = []


class RunBatches:
    """Takes cards and events from any thread. While the writer is busy they gather, the last card of a run for all."""

    def __init__(self, poster: Poster, now_ms: Callable[[], int]) -> None:
        self._poster = poster
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._open: _Batch | None = None
        # A batch lives as long as the recorder has it to write, so these are the ones that wait.
        self._waiting: WeakSet[_Batch] = WeakSet()
        self.dropped = 0

    @property
    def room(self) -> int:
        """How many more events may wait now; those beyond are dropped."""
        with self._lock:
            return self._room()

    def add(self, cards: Sequence[RunCard], events: Sequence[tuple[str, AnyEvent]]) -> None:
        """Hand in whole cards and events; returns at once."""
        with self._lock:
            batch = self._open
            posted = batch is not None
            if batch is None:
                batch = self._open = _Batch()
                self._waiting.add(batch)
            batch.cards.update((card["key"], card) for card in cards)
            batch.events += self._as_many_as_may_wait(events)
        if not posted and not self._poster.post(lambda db: self._write(db, batch)):
            with self._lock:
                # The write itself was counted by the recorder.
                self._drop(len(batch.events) + len(batch.cards) - 1)
                self._open = None

    @property
    def waiting(self) -> int:
        """Events that are not written yet."""
        with self._lock:
            return self._unwritten()

    def waits(self, key: str) -> bool:
        """Whether what was handed in last of a run is not written yet."""
        with self._lock:
            return any(key in batch.cards for batch in self._waiting)

    def _as_many_as_may_wait(self, events: Sequence[tuple[str, AnyEvent]]) -> Sequence[tuple[str, AnyEvent]]:
        room = self._room()
        if room < len(events):
            self._drop(len(events) - room)
        return events[:room]

    def _drop(self, count: int) -> None:
        if not self.dropped and count:
            log.warning("runs: the database is too far behind; events of runs are not kept until it writes again")
        self.dropped += count
        self._poster.lost(count)

    def _room(self) -> int:
        return max(0, MOST_WAITING - self._unwritten())

    def _unwritten(self) -> int:
        return sum(len(batch.events) for batch in self._waiting)

    def _write(self, db: sqlite3.Connection, batch: _Batch) -> None:
        with self._lock:
            if self._open is batch:
                self._open = None
        write_runs(db, batch.cards.values(), self._now_ms())
        write_events(db, batch.events)
