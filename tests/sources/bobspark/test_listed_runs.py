"""Of ended runs the newest are listed; a run that goes on always is."""

from __future__ import annotations

from typing import Any

import pytest

from llm_service.core.bobspark.run_rows import RunDetailRow, RunRow
from llm_service.core.times import iso_seconds
from llm_service.sources.bobspark import live_runs
from llm_service.sources.bobspark.live_runs import LISTED_AFTER_END_MS, RELEASED_UNSETTLED_AFTER_S, LiveRuns
from llm_service.sources.upstream.moments import Moments


class Runs:
    """Live runs of a server named a, over a clock that the test moves."""

    def __init__(self) -> None:
        self.s = 1_800_000_000.0
        self.live = LiveRuns(stalled_after_s=30, moments=Moments(monotonic=lambda: self.s, wall=lambda: self.s))

    def ended(self, name: str, ago_s: float = 0.0) -> RunRow:
        return RunRow(name, "completed", finished_at=iso_seconds(self.s - ago_s))

    def settle(self, name: str, ago_s: float = 0.0) -> None:
        """A run whose server told everything of it."""
        self.live.row("a", RunRow(name, "running"))
        self.live.detail(f"a:{name}", RunDetailRow(self.ended(name, ago_s), [], True, 0))

    @property
    def names(self) -> list[str]:
        """Those that are listed after a second more, in which what happened was told."""
        self.live.take()
        self.s += 1
        self.live.second()
        return sorted(fold.id for fold in self.live.folds.values())


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    monkeypatch.setattr(live_runs, "MOST_ENDED", 2)
    return Runs()


def test_the_newest_ended_runs_stay_and_the_others_are_told_as_gone(runs: Runs) -> None:
    runs.live.row("a", RunRow("goes-on", "running"))
    for ago_s, name in ((30, "c"), (50, "a"), (40, "b"), (20, "d")):
        runs.settle(name, ago_s)
    assert runs.names == ["c", "d", "goes-on"]
    assert sorted(runs.live.take().gone) == ["a:a", "a:b"]


def test_what_was_let_go_does_not_come_back_with_the_next_list(runs: Runs) -> None:
    for ago_s, name in ((30, "old"), (20, "b"), (10, "c")):
        runs.settle(name, ago_s)
    assert runs.names == ["b", "c"]
    runs.live.take()
    assert not runs.live.row("a", runs.ended("old", 31))
    assert runs.live.take() == ([], [], [], [])
    assert runs.live.row("a", runs.ended("newer"))


def test_what_is_not_settled_stays_until_nobody_asks_for_it_any_more(runs: Runs) -> None:
    runs.live.row("a", runs.ended("open", 1000))
    for name in ("b", "c"):
        runs.settle(name)
    assert runs.names == ["b", "c", "open"]
    runs.s += RELEASED_UNSETTLED_AFTER_S
    assert runs.names == ["b", "c"]


@pytest.mark.parametrize(("ago_ms", "listed"), [(LISTED_AFTER_END_MS, True), (LISTED_AFTER_END_MS + 1000, False)])
def test_what_ended_longer_ago_than_an_hour_is_not_listed(runs: Runs, ago_ms: int, listed: bool) -> None:
    row: Any = runs.ended("r", ago_ms / 1000)
    assert runs.live.row("a", row) == listed
