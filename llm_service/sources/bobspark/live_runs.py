"""The live runs of all watched servers under one lock: streams and questions fold in, the relay takes out."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from llm_service.core.bobspark.fields import Reading
from llm_service.core.bobspark.run_rows import RunDetailRow, RunRow
from llm_service.core.bobspark.stream_events import RunNews, stored_news
from llm_service.core.runs.event_text import EventText
from llm_service.core.runs.figures import RunFigures
from llm_service.core.runs.run import LOST_STATES, Moment, RunFold
from llm_service.core.runs.shapes import ENDED, RunCard, RunEvent, RunGap
from llm_service.core.source_shapes import Line
from llm_service.sources.bobspark.ended_runs import EndedRuns
from llm_service.sources.upstream.moments import REAL, Moments

NEWS_MS = 60_000
"""An end that is found later than this is history."""
MOST_DURATIONS = 200


class Notice(NamedTuple):
    """Something about a run that has an event of its own."""

    kind: Literal["started", "finished", "lost", "resumed"]
    key: str
    gap: RunGap | None = None
    later: bool = False
    """An end that was while this process did not look yet: found, not heard."""


class Taken(NamedTuple):
    """What happened since the last time: events in their order, notices in theirs, runs that changed, runs gone."""

    events: list[tuple[str, EventText]]
    notices: list[Notice]
    changed: list[str]
    gone: list[str]


class LiveRuns:
    """Safe on any thread. What is asked of a run that is not here is ignored: it ended long ago."""

    def __init__(
        self,
        *,
        stalled_after_s: float,
        moments: Moments = REAL,
        kept: Callable[[], bool | None] = lambda: False,
        pressed: Callable[[], bool] = lambda: False,
    ) -> None:
        """`kept`: as `EndedRuns` asks. `pressed`: whether more comes than can be written."""
        self.pressed = pressed
        self.lock = threading.RLock()
        self.wake = threading.Event()
        """Set whenever there is something to take."""
        self.folds: dict[str, RunFold] = {}
        self.durations_s: deque[float] = deque(maxlen=MOST_DURATIONS)
        self.ended = EndedRuns(self.folds, kept)
        self._stalled_after_s = stalled_after_s
        self._moments = moments
        self._since_ms = self.now().ms
        self._known_before: set[str] = set()
        self._events: list[tuple[str, EventText]] = []
        self._notices: list[Notice] = []
        self._changed: dict[str, None] = {}
        self._gone: list[str] = []

    def now(self) -> Moment:
        """Now, on both clocks."""
        return Moment(self._moments.monotonic(), round(self._moments.wall() * 1000))

    # -- coming in ----------------------------------------------------------------------------------------------

    def seed(self, card: RunCard, events: Sequence[RunEvent]) -> None:
        """A run that an earlier process kept."""
        with self.lock:
            fold = self.folds.get(card["key"])
            if fold is None:
                fold = RunFold(card["source"], card["id"], self.now(), stalled_after_s=self._stalled_after_s)
                self.folds[fold.key] = fold
                self.ended.passed.discard(fold.key)
                fold.seed(card, events)
                if card["status"] == "completed" and card["duration_s"] is not None:
                    self.durations_s.append(card["duration_s"])
                self._touch(fold)

    def count(self, figures: Iterable[RunFigures]) -> None:
        """Count what an earlier process kept, as far as it ended lately and is not listed."""
        with self.lock:
            self.ended.count(figures)

    def known_before(self, source: str) -> None:
        """An earlier process watched this server: an end that it did not keep was while nobody looked."""
        with self.lock:
            self._known_before.add(source)

    def row(self, source: str, row: RunRow) -> bool:
        """A row of the list; False where the run ended too long ago to be listed, and is not."""
        now = self.now()
        with self.lock:
            fold = self.folds.get(f"{source}:{row.id}")
            if fold is None:
                fresh = RunFold(source, row.id, now, stalled_after_s=self._stalled_after_s)
                fresh.row(row, now)
                if not self.ended.takes(fresh, now):
                    return False
                self.folds[fresh.key] = fresh
                self.ended.passed.discard(fresh.key)
                self._announce(fresh, now)
                self._touch(fresh)
                return True
            self._folding(fold, lambda: fold.row(row, now))
            return True

    def launched(self, source: str, row: RunRow, batch: str) -> str:
        """A run that was started from here; returns its key."""
        now = self.now()
        with self.lock:
            fold = self.folds.get(f"{source}:{row.id}") or self._new(source, row.id)
            told = {name: getattr(row, name) for name in ("task", "type", "domain", "model", "node", "max_iter")}
            fold.launched(dict(row.config), batch, told)
            self._folding(fold, lambda: fold.row(row, now))
            return fold.key

    def detail(self, key: str, detail: RunDetailRow, *, ahead_s: float = 0.0) -> list[RunNews]:
        """The server's whole telling of a run; returns its events as they were read."""
        read = Reading()
        record = [news for row in detail.events if (news := stored_news(row, read, ahead_s)) is not None]
        now = self.now()
        with self.lock:
            if (fold := self.folds.get(key)) is None:
                return record

            def fold_in() -> None:
                if detail.row is not None:
                    fold.row(detail.row, now)
                    fold.settled = detail.row.status in ENDED
                    if fold.settled:
                        self.ended.settled(key, now)
                new, confirmed = fold.record(record, now)
                self._events += [(key, event) for event in (*new, *confirmed)]

            self._folding(fold, fold_in)
        return record

    def hear(self, key: str, news: RunNews, own_id: str | None) -> None:
        """An event of a run's stream."""
        now = self.now()
        with self.lock:
            if (fold := self.folds.get(key)) is None:
                return
            was = fold.status
            event = fold.hear(news, now, own_id)
            if event is None:
                return
            self._events.append((key, event))
            if fold.status != was:
                self._status_changed(fold, was)
            self._changed[key] = None
        if not self.wake.is_set():
            self.wake.set()

    def opening(self, key: str) -> None:
        """A stream of this run is about to be opened: it begins after what is known by now."""
        with self.lock:
            if (fold := self.folds.get(key)) is not None:
                fold.chain.opening()

    def line(self, key: str, line: Line) -> None:
        """How a run's stream stands."""
        now = self.now()
        with self.lock:
            if (fold := self.folds.get(key)) is None:
                return
            fold.line = line
            if line["state"] not in ("live", "connecting"):
                fold.chain.closed()
            if line["state"] in LOST_STATES and fold.lose(now):
                self._notices.append(Notice("lost", key))
            elif line["state"] == "live" and fold.find():
                self._notices.append(Notice("resumed", key))
            self._touch(fold)

    def resume(self, key: str, record: Sequence[RunNews] | None, told_tokens_out: int | None) -> None:
        """A new stream of this run is open; `record` is what the server has of it, None where it could not say."""
        with self.lock:
            if (fold := self.folds.get(key)) is None:
                return
            was_lost = fold.lost is not None
            ended = fold.resume(self.now(), record, told_tokens_out)
            if ended is not None and ended[1] is not None:
                self._events.append((key, ended[1]))
            if was_lost:
                self._notices.append(Notice("resumed", key, ended[0] if ended else None))
            self._touch(fold)

    def vanished(self, key: str) -> None:
        """Its server does not know it any more."""
        with self.lock:
            fold = self.folds.get(key)
            if fold is not None and not fold.over:
                self._folding(fold, lambda: fold.vanished(self.now()))

    def queued(self, source: str, rows: Iterable[RunRow]) -> None:
        """The queue of a server, for the places in it."""
        with self.lock:
            for row in rows:
                fold = self.folds.get(f"{source}:{row.id}")
                if fold is not None and not fold.over:
                    fold.queued_at(row.queue_position, row.wait_s)
                    self._touch(fold)

    def cost(self, key: str, usd: float | None) -> None:
        """What a run cost, as telemetry counts it."""
        with self.lock:
            fold = self.folds.get(key)
            if fold is not None and fold.cost_usd != usd:
                fold.cost_usd = usd
                self._touch(fold)

    # -- going out ----------------------------------------------------------------------------------------------

    def take(self) -> Taken:
        """Everything since the last time."""
        with self.lock:
            self.wake.clear()
            gone = [key for key in self._gone if key not in self.folds]
            taken = Taken(self._events, self._notices, list(self._changed), gone)
            self._events, self._notices, self._changed, self._gone = [], [], {}, []
        return taken

    def second(self) -> bool:
        """Once a second: runs that are heard have made another second, runs long over leave. Whether any is live."""
        now = self.now()
        with self.lock:
            for fold in self.folds.values():
                if fold.over:
                    continue
                if fold.line["state"] == "live" and fold.lost is None:
                    fold.listened(now)
                if fold.status == "running":
                    self._changed[fold.key] = None
            self._gone += self.ended.let_go(now, self._changed)
            self.ended.release(now)
            if self._changed or self._gone:
                self.wake.set()
            return any(not fold.over for fold in self.folds.values())

    def is_settled(self, key: str) -> bool:
        """Whether nothing more is to come of a run; so of one that is not here."""
        with self.lock:
            fold = self.folds.get(key)
            return fold is None or fold.settled

    def card(self, key: str) -> RunCard | None:
        """A run as it stands now."""
        with self.lock:
            fold = self.folds.get(key)
            return None if fold is None else fold.card(self.now())

    def keys_of(self, bare_id: str) -> list[str]:
        """Keys of the runs that have this id at their servers."""
        with self.lock:
            return [fold.key for fold in self.folds.values() if fold.id == bare_id]

    def cards(self, wanted: Callable[[RunFold], bool] = lambda _: True) -> list[RunCard]:
        """All of them that are wanted."""
        with self.lock:
            now = self.now()
            return [fold.card(now) for fold in self.folds.values() if wanted(fold)]

    def events_after(self, key: str, n: int, limit: int) -> list[RunEvent] | None:
        """Events of a run after number `n`; None where they are not all in memory."""
        with self.lock:
            fold = self.folds.get(key)
            return None if fold is None else fold.chain.after(n, limit)

    # -- inside -------------------------------------------------------------------------------------------------

    def _announce(self, fresh: RunFold, now: Moment) -> None:
        """A run that is listed for the first time; its end is news only where it was between two looks."""
        if self._ended_before(fresh):
            if fresh.source in self._known_before:
                self._notices.append(Notice("finished", fresh.key, later=True))
            return
        if fresh.ended_ms is not None and now.ms - fresh.ended_ms > NEWS_MS:
            return
        self._notices.append(Notice("started", fresh.key))
        if fresh.over:
            self._notices.append(Notice("finished", fresh.key))

    def _new(self, source: str, run_id: str) -> RunFold:
        fold = RunFold(source, run_id, self.now(), stalled_after_s=self._stalled_after_s)
        self.folds[fold.key] = fold
        self._notices.append(Notice("started", fold.key))
        return fold

    def _folding(self, fold: RunFold, change: Callable[[], object]) -> None:
        was = fold.status
        change()
        if fold.status != was:
            self._status_changed(fold, was)
        self._touch(fold)

    def _status_changed(self, fold: RunFold, was: str) -> None:
        """An end is told once, whatever other end the server names later."""
        if not fold.over or was in ENDED:
            return
        self._notices.append(Notice("finished", fold.key, later=self._ended_before(fold)))
        begun_ms, ended_ms = fold.begun_ms, fold.ended_ms
        if fold.status == "completed" and was == "running" and ended_ms is not None:
            self.durations_s.append(max(0, ended_ms - begun_ms) / 1000)

    def _ended_before(self, fold: RunFold) -> bool:
        return fold.over and fold.ended_ms is not None and fold.ended_ms < self._since_ms

    def _touch(self, fold: RunFold) -> None:
        self._changed[fold.key] = None
        self.wake.set()
