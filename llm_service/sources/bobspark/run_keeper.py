"""Carries what runs did to where it is kept: cards and events to the store, token use to telemetry's rows."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from llm_service.background import Background
from llm_service.core.invocations.usage import Invocation
from llm_service.core.money import usd
from llm_service.core.pricing.gpu_hours import GpuHour
from llm_service.core.runs.event_text import EventText
from llm_service.core.runs.shapes import ENDED, RunCard
from llm_service.core.runs.usage import TOOL, Told, invocation_id, invocation_of
from llm_service.sources.bobspark.stored_runs import StoredRuns

log = logging.getLogger(__name__)

EVERY_S = 0.25
CAUGHT_UP_S = 20.0
PRESSED = 25_000
"""Events that wait here before the streams are read more slowly."""
HOPED_FOR_S = 5.0
ROW_EVERY_S = 10.0
"""How often a running run's row is told again."""
SETTLES_WITHIN_S = 30.0
MOST_WAITING = 50_000
"""Events that wait for a database that is being opened or far behind; more are dropped, oldest first, and counted."""


class Committed(Protocol):
    """What a commit kept: rows with their costs in nano-dollars."""

    @property
    def rows(self) -> Sequence[tuple[Invocation, int | None]]: ...


class Books(Protocol):
    """Takes rows of token use without waiting; False where there is no room, `again`: they will be offered once more.

    Tells what they cost.
    """

    def offer(self, rows: Sequence[Invocation], *, again: bool = False) -> bool: ...
    def on_commit(self, listener: Callable[[Any], None]) -> None: ...


class Keeping(NamedTuple):
    """Where runs are kept, once the database is open."""

    store: StoredRuns
    books: Books


class RunKeeper(Background):
    """One thread. `keeping` waits for the database and is None where there is none; `off`: there never will be.

    `opened` is called when it is there, `settled` says whether a run's figures are final, `card` gives a run as it
    stands (None where it is not listed), `priced` is told what a run costs.
    """

    def __init__(
        self,
        keeping: Callable[[], Keeping | None],
        *,
        settled: Callable[[str], bool],
        priced: Callable[[str, float | None], None],
        off: Callable[[], bool],
        opened: Callable[[], None] = lambda: None,
        card: Callable[[str], RunCard | None] = lambda _: None,
        gpu_hours: Sequence[GpuHour],
        now_ms: Callable[[], int],
    ) -> None:
        super().__init__("run-keeper")
        self.dropped = 0
        self._keeping = keeping
        self._known: Keeping | None = None
        self._priced = priced
        self._settled = settled
        self._card = card
        self._off = off
        self._opened = opened
        self._gpu_hours = gpu_hours
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._soon = threading.Event()
        self._cards: dict[str, RunCard] = {}
        self._handing: dict[str, RunCard] = {}
        """Those that are being handed on just now: neither here nor there."""
        self._events: list[tuple[str, EventText]] = []
        self._handed_s = self._all_handed_s = self._written_s = float("-inf")
        """When some was handed on last; when all was; and that of these which is known to be written."""
        self._growing: dict[str, RunCard] = {}
        self._told: dict[str, tuple[float, int]] = {}
        self._ended_s: dict[str, float] = {}
        self._owed: dict[str, Invocation] = {}
        """Rows that found no room yet: a final one is made once."""

    def take(self, cards: Mapping[str, RunCard], events: list[tuple[str, EventText]]) -> None:
        """Hand in cards and events; never waits."""
        if not cards and not events:
            return
        with self._lock:
            self._cards.update(cards)
            self._events += events
            if (over := len(self._events) - MOST_WAITING) > 0:
                del self._events[:over]
                self._drop(over)

    def hurry(self) -> None:
        """Hand on at once what waits: an end is told when it is kept."""
        self._soon.set()

    def waits(self, key: str) -> bool:
        """Whether what was handed in last of a run is not written yet, and may be soon."""
        if self._off():
            return False
        with self._lock:
            if key in self._cards or key in self._handing:
                return True
        return self._known is not None and self._known.store.waits(key)

    @property
    def caught_up(self) -> bool:
        """Whether all that was handed in until some seconds ago is written."""
        return time.monotonic() - self._written_s < CAUGHT_UP_S

    @property
    def pressed(self) -> bool:
        """Whether so much waits for a database that does write that who brings more should slow down.

        One that has not written for a while is not waited for: then what is too much is dropped, and counted.
        """
        return len(self._events) > PRESSED and time.monotonic() - self._handed_s < HOPED_FOR_S

    def flush(self) -> None:
        """Hand on now what waits."""
        keeping = self._open()
        if keeping is None:
            if self._off():
                with self._lock:
                    self._cards, self._events = {}, []
            return
        if not keeping.store.waiting:
            self._written_s = self._all_handed_s
        with self._lock:
            room = keeping.store.room
            cards, events = self._cards, self._events[:room]
            self._cards, self._handing, self._events = {}, cards, self._events[room:]
            if room:
                self._handed_s = time.monotonic()
            if not self._events:
                self._all_handed_s = time.monotonic()
        if cards or events:
            keeping.store.keep(list(cards.values()), events)
        with self._lock:
            self._handing = {}
        self._growing.update(cards)
        self._owed |= {row.invocation_id: row for row in self._due_rows()}
        if self._owed and keeping.books.offer(list(self._owed.values()), again=True):
            self._owed = {}

    def _open(self) -> Keeping | None:
        if self._known is None and (found := self._keeping()) is not None:
            found.books.on_commit(self._committed)
            self._known = found
            self._opened()
        return self._known

    def _committed(self, committed: Committed) -> None:
        """On the recorder's thread."""
        for row, cost_nano in committed.rows:
            if row.tool == TOOL and row.session is not None and row.invocation_id == invocation_id(row.session):
                self._priced(row.session, usd(cost_nano))

    def _wake_up(self) -> None:
        self._soon.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._soon.wait(EVERY_S)
            self._soon.clear()
            self._guarded()
        self._guarded(last=True)

    def _guarded(self, *, last: bool = False) -> None:
        try:
            if last:
                self._told.clear()
            self.flush()
        except Exception:
            self.failures += 1
            log.exception("run-keeper: runs could not be handed on, continuing")

    def _drop(self, count: int) -> None:
        if not self.dropped:
            log.warning("run-keeper: the database is too far behind; the oldest events of runs are not kept")
        self.dropped += count

    def _due_rows(self) -> list[Invocation]:
        """Rows of runs that used more than was last told: at their end, and while they run every few seconds."""
        now_s = time.monotonic()
        rows = []
        for key, card in list(self._growing.items()):
            told = self._how_final(card, now_s)
            at_s, rank = self._told.get(key, (float("-inf"), -1))
            if told is Told.RUNNING and now_s - at_s < ROW_EVERY_S:
                continue
            if told is Told.SETTLED:
                # What settled it may not be handed in yet, and a final row is never told again.
                card = self._card(key) or card
            row = invocation_of(card, told, self._gpu_hours, self._now_ms())
            if row is not None and row.rank > rank:
                rows.append(row)
                self._told[key] = now_s, row.rank
            if told is Told.SETTLED or (told is Told.ENDED and now_s - self._ended_s[key] > SETTLES_WITHIN_S):
                self._forget(key)
            elif told is Told.RUNNING:
                del self._growing[key]
        return rows

    def _how_final(self, card: RunCard, now_s: float) -> Told:
        if card["status"] not in ENDED:
            return Told.RUNNING
        self._ended_s.setdefault(card["key"], now_s)
        return Told.SETTLED if self._settled(card["key"]) else Told.ENDED

    def _forget(self, key: str) -> None:
        for remembered in (self._growing, self._told, self._ended_s):
            remembered.pop(key, None)
