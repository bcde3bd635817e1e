"""Tells pages of the live runs: what changed of all of them since the last time, in one event.

It is paced by its own cost: after telling it rests as long as the telling took, at least `REST_S` while a page
looks, so that many events of many runs become few messages, and a single one is not held back. What a telling took of
the clock but not of the processor was waiting for others, and counts as far as it is `WAITED` times the latter.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Protocol

from llm_service.background import Background
from llm_service.core.observations import Announced
from llm_service.core.runs.changes import delta_of
from llm_service.core.runs.event_text import EventText
from llm_service.core.runs.fleet import Worker, fleet_of
from llm_service.core.runs.run import LOST_STATES
from llm_service.core.runs.shapes import Batch, Fleet, RunCard, RunDelta
from llm_service.sources.bobspark.held_ends import LOOK_EVERY_S, HeldEnds
from llm_service.sources.bobspark.live_runs import LiveRuns, Notice, Taken
from llm_service.sources.bobspark.run_lines import RunLines

log = logging.getLogger(__name__)

REST_S = 0.002
UNSEEN_REST_S = 0.25
MOST_REST_S = 0.25
WAITED = 4
FLEET_EVERY_S = 0.25
SINGLY = 50
"""More new runs than this at once are listed in one event instead of one each; of ends that were found later, so many
of the newest have an event."""


class Keeper(Protocol):
    """Where cards and events go to be kept; never waits."""

    def take(self, cards: Mapping[str, RunCard], events: list[tuple[str, EventText]]) -> None: ...
    def hurry(self) -> None: ...
    def waits(self, key: str) -> bool: ...


class Relay(Background):
    """One thread over all servers. `batches` gives the launches to be shown, `watched` who listens to what."""

    def __init__(
        self,
        runs: LiveRuns,
        publish: Callable[[Announced], None],
        watched: Callable[[str], bool],
        keeping: Keeper,
        batches: Callable[[], list[Batch]],
    ) -> None:
        super().__init__("relay")
        self._runs = runs
        self._publish = publish
        self._watched = watched
        self._keeping = keeping
        self._batches = batches
        self._told: dict[str, RunCard] = {}
        self._told_fleet: Fleet | None = None
        self._told_batches: list[Batch] = []
        self._lines = RunLines(publish)
        self._ends = HeldEnds(keeping.waits)
        self._fleet_s = float("-inf")
        self._fleet_later = False
        self._second_s = float("-inf")
        self._any_live = True

    def _wake_up(self) -> None:
        self._runs.wake.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._runs.wake.wait(self._until_next_second())
            began_s, worked_s = time.monotonic(), time.thread_time()
            try:
                self.step()
            except Exception:
                self.failures += 1
                log.exception("relay: runs could not be told, continuing")
            least_s = REST_S if self._ends or self._watched("runs") else UNSEEN_REST_S
            took_s = min(time.monotonic() - began_s, WAITED * (time.thread_time() - worked_s))
            self._stopping.wait(min(MOST_REST_S, max(least_s, took_s)))
        self.step(last=True)

    def _until_next_second(self) -> float:
        """Seconds until there is something to tell although nothing was heard."""
        if self._ends:
            return LOOK_EVERY_S
        if self._fleet_later:
            return FLEET_EVERY_S
        return max(0.0, self._second_s + 1 - time.monotonic()) if self._any_live else 60.0

    def step(self, *, last: bool = False) -> None:
        """Tell everything that happened since the last time, but ends only when they are kept; with `last` all."""
        now_s = time.monotonic()
        if now_s - self._second_s >= 1:
            self._second_s = now_s
            self._any_live = self._runs.second()
            self._lines.second(self._runs.card, self._runs.now().iso)
        taken = self._runs.take()
        self._any_live = self._any_live or bool(taken.changed)
        cards = self._cards(taken.changed)
        deltas = [delta for key, card in cards.items() if (delta := delta_of(card, self._told.get(key)))]
        # Kept first: a page that is told of an event may ask for it.
        self._keeping.take({key: cards[key] for key in _worth_keeping(deltas)}, taken.events)
        notices = self._ends.due(taken.notices, leaving=taken.gone, last=last)
        if self._ends:
            self._keeping.hurry()
        told = self._tell_notices(notices, cards)
        self._told.update(cards)
        self._tell_changes(taken, cards, [delta for delta in deltas if delta["key"] not in told])
        self._tell_single_runs(taken, deltas)

    def _cards(self, keys: list[str]) -> dict[str, RunCard]:
        with self._runs.lock:
            now = self._runs.now()
            folds = self._runs.folds
            return {key: folds[key].card(now) for key in keys if key in folds}

    def _tell_notices(self, notices: list[Notice], cards: dict[str, RunCard]) -> set[str]:
        """Started, finished, lost and resumed runs, one event each; returns the runs whose whole card was sent.

        An end that was held is told with the card of before where nothing changed since.
        """
        cards = {**{notice.key: self._told[notice.key] for notice in notices if notice.key in self._told}, **cards}
        told: set[str] = set()
        grouped = sum(notice.kind == "started" for notice in notices) > SINGLY
        shown = [notice for notice in notices if notice.key in cards and not (grouped and notice.key not in self._told)]
        passed_over = {notice.key for notice in [notice for notice in shown if notice.later][:-SINGLY]}
        for notice in shown:
            if notice.later and notice.key in passed_over:
                continue
            card = cards[notice.key]
            body: dict[str, object] = {"run": card}
            if notice.kind == "resumed":
                body["gap"] = notice.gap
            if notice.later:
                body["later"] = True
            self._publish(Announced("runs", f"run.{notice.kind}", body, rows={notice.key: card}))
            told.add(notice.key)
        self._lines.tell(shown, cards, self._runs.now().iso)
        return told

    def _tell_changes(self, taken: Taken, cards: dict[str, RunCard], deltas: list[RunDelta]) -> None:
        body: dict[str, object] = {}
        aside: dict[str, object] = {}
        if (fleet := self._fleet()) is not None:
            aside["fleet"] = fleet
        if (batches := self._batches()) != self._told_batches:
            self._told_batches = aside["batches"] = batches
        if taken.gone:
            body["gone"] = taken.gone
        if not (deltas or aside or body):
            return
        rows: dict[str, RunCard | None] = {delta["key"]: cards[delta["key"]] for delta in deltas}
        for key in taken.gone:
            rows[key] = None
            self._told.pop(key, None)
        self._publish(Announced("runs", "run.advanced", {"runs": deltas, **body, **aside}, rows=rows, aside=aside))

    def _tell_single_runs(self, taken: Taken, deltas: list[RunDelta]) -> None:
        """What a page that has one run open needs: its changes and its events."""
        events: defaultdict[str, list[EventText]] = defaultdict(list)
        for key, event in taken.events:
            events[key].append(event)
        changes = {delta["key"]: delta for delta in deltas}
        for key in {*events, *changes}:
            if self._watched(f"run:{key}"):
                body: dict[str, object] = {"runs": [changes[key]] if key in changes else []}
                if key in events:
                    body["events"] = [kept.event() for kept in events[key]]
                self._publish(Announced(f"run:{key}", "run.advanced", body))

    def _fleet(self) -> Fleet | None:
        """The fleet's figures where they are due and different."""
        now_s = time.monotonic()
        self._fleet_later = now_s - self._fleet_s < FLEET_EVERY_S
        if self._fleet_later:
            return None
        self._fleet_s = now_s
        fleet = fleet_now(self._runs)
        if fleet == self._told_fleet:
            return None
        self._told_fleet = fleet
        return fleet


def fleet_now(runs: LiveRuns) -> Fleet:
    """The workers together, as they stand."""
    with runs.lock:
        now = runs.now()
        workers = [
            Worker(
                fold.status,
                fold.rate_now(now),
                fold.tokens_out.value,
                max(0, now.ms - fold.begun_ms) / 1000,
                fold.iteration,
                fold.max_iter,
                heard=fold.lost is None and fold.line["state"] not in LOST_STATES,
            )
            for fold in runs.folds.values()
        ]
        durations_s, passed = list(runs.durations_s), runs.ended.passed.counted
    return fleet_of(workers, durations_s, passed)


def _worth_keeping(deltas: list[RunDelta]) -> list[str]:
    """Runs of which more changed than the last minute's rates."""
    return [delta["key"] for delta in deltas if delta.keys() - {"key", "rates"}]
