"""Keeps the steps of training jobs through the recorder; what cannot be kept now is tried again when it can be."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from llm_service.core.loss.points import Point
from llm_service.core.loss.recent import Recent
from llm_service.errors import TelemetryUnavailable
from llm_service.telemetry import loss_store
from llm_service.telemetry.loss_store import Changed

log = logging.getLogger(__name__)

AT_ONCE = 5_000
"""Points of one transaction: everybody else has a turn in between."""
AGAIN_S = 2.0
BEHIND_S = 3.0
"""How long after the last rewritten step the averages behind it are made anew."""
WRITE_S = 5.0
BACKLOG = 50_000
"""Points that are kept in memory to be written later."""
REMEMBERED = 200
"""Series whose newest steps are remembered; of more the ones heard of last."""


class Writer(Protocol):
    """The recorder, as much of it as is needed here."""

    def write(self, work: Callable[[sqlite3.Connection], Any], *, timeout_s: float = ...) -> Any: ...


class Readable(Protocol):
    """The database, as much of it as is needed here."""

    def reading(self) -> AbstractContextManager[sqlite3.Connection]: ...


class Place(Protocol):
    """Where things are kept, once that is open."""

    @property
    def database(self) -> Readable: ...
    @property
    def recorder(self) -> Writer: ...


class Batch(NamedTuple):
    """Points of one series that arrived together; None in place of them: the job ended."""

    job: str
    series: str
    points: tuple[Point, ...] | None
    running: bool
    name: str
    heard_ms: int


class LossKeeping:
    """Belongs to one thread. `opened` gives where things are kept or raises `TelemetryUnavailable`."""

    def __init__(self, opened: Callable[[], Place]) -> None:
        self._opened = opened
        self._recent: dict[str, Recent] = {}
        self._backlog: list[Batch] = []
        self._behind: dict[str, float] = {}
        self._again_s = 0.0
        self.dropped = 0

    @property
    def place(self) -> Place | None:
        """Where things are kept; None where that cannot be now."""
        if time.monotonic() < self._again_s:
            return None
        try:
            return self._opened()
        except TelemetryUnavailable as error:
            self._refused(error)
            return None

    @property
    def behind(self) -> bool:
        """Whether averages of some series are left behind."""
        return bool(self._behind)

    def keep(self, batches: Sequence[Batch]) -> list[Changed]:
        """Write, and return what of each was news; where nothing can be written, news is what was not told lately."""
        remembered = [self._remember(batch) for batch in batches]
        backlog, self._backlog = self._backlog, []
        changed: list[Changed] = []
        waiting = [*backlog, *batches]
        for some in _pieces(waiting):
            written = self.write(lambda connection, some=some: [_write(connection, batch) for batch in some])
            if written is None:
                self._put_off(waiting[len(changed) :])
                break
            changed += written
            self._note_behind(some, written)
        mine = changed[len(backlog) :]
        return [*mine, *remembered[len(mine) :]]

    def write(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        """What `work` returned, after the commit; None where nothing can be written now."""
        if (place := self.place) is None:
            return None
        try:
            return place.recorder.write(work, timeout_s=WRITE_S)
        except TelemetryUnavailable as error:
            self._refused(error)
            return None

    def catch_up(self) -> bool:
        """While nothing else is to do, bring averages on that rewritten steps left behind; whether more is to do."""
        if self._backlog:
            self.keep(())
            return False
        now_s = time.monotonic()
        series = next((series for series, due_s in self._behind.items() if due_s <= now_s), None)
        if series is None:
            return False
        more = self.write(lambda connection: loss_store.catch_up(connection, series))
        if more is False:
            del self._behind[series]
        return more is not None

    def forget(self, series: str) -> None:
        """Nothing more is expected of this series."""
        self._recent.pop(series, None)

    def _remember(self, batch: Batch) -> Changed:
        if not batch.points:
            return Changed((), ())
        recent = self._recent.pop(batch.series, None) or Recent()
        self._recent[batch.series] = recent
        while len(self._recent) > REMEMBERED:
            del self._recent[next(iter(self._recent))]
        new, rewritten = recent.news(batch.points)
        return Changed(tuple(new), tuple(rewritten))

    def _note_behind(self, batches: Sequence[Batch], changed: Sequence[Changed]) -> None:
        """Only once steps are no longer rewritten: each of them would set the averages back again."""
        due_s = time.monotonic() + BEHIND_S
        self._behind.update({batch.series: due_s for batch, news in zip(batches, changed, strict=True) if news.behind})

    def _put_off(self, batches: Sequence[Batch]) -> None:
        room = BACKLOG
        for batch in reversed(batches):
            room -= len(batch.points or ())
            if room < 0:
                self.dropped += len(batch.points or ())
            else:
                self._backlog.insert(0, batch)

    def _refused(self, error: TelemetryUnavailable) -> None:
        if not self._again_s:
            log.info("loss: steps are not kept now, trying again: %s", error)
        self._again_s = time.monotonic() + AGAIN_S


def _pieces(batches: Sequence[Batch]) -> Iterator[list[Batch]]:
    """Neighbours as transactions; a batch is never larger than one."""
    some: list[Batch] = []
    size = 0
    for batch in batches:
        some.append(batch)
        size += len(batch.points or ())
        if size >= AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some


def _write(connection: sqlite3.Connection, batch: Batch) -> Changed:
    if batch.points is None:
        loss_store.end(connection, batch.job)
        return Changed((), ())
    return loss_store.append(
        connection,
        batch.series,
        batch.points,
        job=batch.job,
        name=batch.name,
        running=batch.running,
        now_ms=batch.heard_ms,
    )
