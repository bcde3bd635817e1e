"""Runs that ended before anybody watched: kept from their server's list, the newest with their events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from llm_service.core.bobspark.fields import Reading
from llm_service.core.bobspark.run_rows import RunDetailRow, RunRow
from llm_service.core.bobspark.stream_events import stored_news
from llm_service.core.runs.event_text import EventText
from llm_service.core.runs.run import Moment, RunFold
from llm_service.core.runs.shapes import RunCard
from llm_service.errors import TelemetryUnavailable
from llm_service.sources.bobspark.stored_runs import StoredRuns

MOST_DETAILED = 50
"""As many as the feed shows at first: each costs a question of its own."""


class Keeper(Protocol):
    """Where cards and events go to be kept; never waits."""

    def take(self, cards: Mapping[str, RunCard], events: list[tuple[str, EventText]]) -> None: ...


class RunHistory:
    """Safe on any thread. `off`: there never will be a store, and nothing is done."""

    def __init__(
        self,
        kept: Callable[[], StoredRuns | None],
        keeping: Keeper,
        now: Callable[[], Moment],
        off: Callable[[], bool],
    ) -> None:
        self._kept = kept
        self._off = off
        self._keeping = keeping
        self._now = now

    def keep(self, source: str, rows: Sequence[RunRow]) -> list[RunRow]:
        """Keep those that were not, oldest first; returns the newest of them, whose events are worth a question.

        What was watched to its end is kept better than a row tells it and stays as it is. Raises
        `TelemetryUnavailable` where the store is not open yet: then they are to be brought again.
        """
        if not rows or self._off():
            return []
        kept = self._kept()
        if kept is None:
            raise TelemetryUnavailable("runs that ended before cannot be kept yet")
        new = [row for row in rows if kept.run(f"{source}:{row.id}") is None]
        cards = {fold.key: fold.card(self._now()) for fold in (self._fold(source, row) for row in new)}
        self._keeping.take(cards, [])
        return new[-MOST_DETAILED:][::-1]

    def keep_detail(self, source: str, row: RunRow, detail: RunDetailRow, ahead_s: float) -> None:
        """Keep a run with its events."""
        fold, now, read = self._fold(source, row), self._now(), Reading()
        if detail.row is not None:
            fold.row(detail.row, now)
        record = [news for told in detail.events if (news := stored_news(told, read, ahead_s)) is not None]
        events, _ = fold.record(record, now)
        self._keeping.take({fold.key: fold.card(now)}, [(fold.key, event) for event in events])

    def _fold(self, source: str, row: RunRow) -> RunFold:
        now = self._now()
        fold = RunFold(source, row.id, now)
        fold.row(row, now)
        return fold
