"""The board's history: every change that the hub tells goes into the database, and what was missed is found again.

The thread ``history`` stands between the hub, which must not wait, and the recorder. When it starts, and whenever
changes could not be kept one by one, it compares the board with where every task was seen last; what happened while
nobody watched is kept too, marked as inferred.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from sqlite3 import Connection
from typing import NamedTuple, Protocol, TypeVar

from llm_service.background import Background
from llm_service.core.shapes import CardJson
from llm_service.core.stream import Numbered
from llm_service.core.times import parse_ms
from llm_service.telemetry.board_log import Change, Moment, compare, note_line, note_watching, write_changes

log = logging.getLogger(__name__)
T = TypeVar("T")

MOST_WAITING = 50_000
"""Changes waiting to be written; beyond it they are dropped and found again by comparing."""
AT_ONCE = 500
"""Changes in one transaction: some 20 ms, in which the recorder does nothing else."""
SEEN_EVERY_S = 20.0
"""How often it is noted that somebody still watches: a process that is killed cannot say when."""


class Writer(Protocol):
    """What the history needs of the recorder."""

    def write(self, work: Callable[[Connection], T], *, timeout_s: float = 30) -> T: ...


class Board(NamedTuple):
    """All cards at one point of the board's stream."""

    seq: int
    cards: list[CardJson]


class _Compare(NamedTuple):
    at_ms: int


class History(Background):
    """`ask_board` gives the whole board, asked on this thread; it raises when the hub is gone."""

    def __init__(self, recorder: Writer, ask_board: Callable[[], Board], *, now_ms: Callable[[], int]) -> None:
        super().__init__("history")
        self._recorder = recorder
        self._ask_board = ask_board
        self._now_ms = now_ms
        self._waiting: deque[tuple[int, Change] | _Compare | Moment] = deque()
        self._wake = threading.Event()
        self._deaf = False
        self._lost = False
        self._seq = -1
        self._watching = False

    def give_up(self) -> None:
        """Nothing can be kept in this run: hear no more."""
        self._deaf = True
        self._waiting.clear()

    def sink(self, events: list[Numbered]) -> None:
        """Take the hub's events; never waits."""
        if self._deaf:
            return
        for event in events:
            at_ms = parse_ms(str(event.payload["at"])) or self._now_ms()
            if event.topic == "board":
                self._take(event, at_ms)
            elif event.name == "activity.added" and not _is_of_board(event.payload["entry"]):
                self._waiting.append(Moment(at_ms, event.payload["entry"]))  # type: ignore[arg-type]
        if self._waiting:
            self._wake.set()

    def _take(self, event: Numbered, at_ms: int) -> None:
        payload = event.payload
        if event.name == "board.snapshot":
            if not payload["loading"]:
                self._waiting.append(_Compare(at_ms))
            return
        listed: Sequence[object] = payload["changes"] if event.name == "board.changed" else [payload]  # type: ignore[assignment]
        if not event.name.startswith("task.") and event.name != "board.changed":
            return
        if len(self._waiting) + len(listed) > MOST_WAITING:
            self._lost = True
            return
        for item in listed:
            assert isinstance(item, dict)
            self._waiting.append((event.seq, Change(str(item.get("event", event.name)), at_ms, item)))

    def _wake_up(self) -> None:
        self._wake.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(SEEN_EVERY_S)
            self._wake.clear()
            self._guarded(self._work)
        # What is waiting is written, and that nobody watches any more.
        self._guarded(self._work)
        if self._watching:
            self._guarded(lambda: self._write(lambda db: note_watching(db, "watch.stopped", self._now_ms())))

    def _guarded(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001 - the board must not suffer; what was lost is found by comparing
            self._lost = True
            self.failures += 1
            level = logging.DEBUG if self._stopping.is_set() else logging.WARNING
            log.log(level, "history: the board's changes could not be kept (%s); they are looked for again", error)
            self._stopping.wait(1.0)

    def _work(self) -> None:
        if self._lost and self._watching:
            self._lost = False
            self._waiting.clear()
            self._compare(self._now_ms())
        while self._waiting:
            first = self._waiting[0]
            if isinstance(first, _Compare):
                self._compare(first.at_ms)
                self._waiting.popleft()
            elif isinstance(first, Moment):
                self._write(lambda db, line=first: note_line(db, line))  # type: ignore[misc]
                self._waiting.popleft()
            elif not self._watching:
                return  # they are part of what the first comparison will find
            else:
                self._write_some()
        if self._watching:
            self._write(lambda db: note_watching(db, "", self._now_ms()))

    def _write_some(self) -> None:
        some: list[Change] = []
        taken = 0
        for item in self._waiting:
            if not isinstance(item, tuple) or isinstance(item, (_Compare, Moment)) or len(some) >= AT_ONCE:
                break
            taken += 1
            if item[0] > self._seq:
                some.append(item[1])
        if some:
            self._write(lambda db: write_changes(db, some))
        for _ in range(taken):
            self._waiting.popleft()

    def _compare(self, at_ms: int) -> None:
        """Bring the kept places in step with the board as it is now."""
        board = self._ask_board()
        first = not self._watching
        if first:
            self._write(lambda db: note_watching(db, "watch.started", at_ms))
        changes = self._write(lambda db: compare(db, board.cards, at_ms, inferred=first))
        for start in range(0, len(changes), AT_ONCE):
            self._write(lambda db, part=changes[start : start + AT_ONCE]: write_changes(db, part))  # type: ignore[misc]
        self._seq = board.seq
        self._watching = True

    def _write(self, work: Callable[[Connection], T]) -> T:
        return self._recorder.write(work, timeout_s=2.0 if self._stopping.is_set() else 30.0)


def _is_of_board(entry: object) -> bool:
    name = entry.get("event", "") if isinstance(entry, dict) else json.dumps(entry)
    return str(name).startswith(("task.", "board."))
