"""Of ended runs the newest are listed; a run that goes on always is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llm_service.core.bobspark.run_rows import RunDetailRow, RunRow
from llm_service.core.runs.figures import RunFigures
from llm_service.core.times import iso_seconds
from llm_service.simulators.bobspark import Bobspark
from llm_service.sources.bobspark import ended_runs, run_watch
from llm_service.sources.bobspark.ended_runs import LISTED_AFTER_END_MS, RELEASED_UNSETTLED_AFTER_S
from llm_service.sources.bobspark.live_runs import LiveRuns
from llm_service.sources.bobspark.relay import fleet_now
from llm_service.sources.upstream.moments import Moments
from llm_service.upstreams import Upstream
from tests.kit.boards import Folder, running_board
from tests.kit.simulator import submit, wait_for_end
from tests.kit.waiting import wait_until


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
    monkeypatch.setattr(ended_runs, "MOST_ENDED", 2)
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


def test_what_is_not_listed_is_counted_among_the_workers_as_long_as_it_would_be_listed(runs: Runs) -> None:
    for name, ago_s in (("a", 100), ("b", 90), ("c", 20), ("d", 10)):
        runs.settle(name, ago_s)
    assert runs.names == ["c", "d"]
    assert not runs.live.row("a", runs.ended("early", 95)._replace(status="failed", tokens_out=7))
    told = fleet_now(runs.live)
    assert (told["workers"], told["done"], told["failed"], told["tokens_out"]) == (5, 4, 1, 7)
    runs.s += LISTED_AFTER_END_MS / 1000 - 50
    assert runs.names == ["c", "d"]
    assert fleet_now(runs.live)["workers"] == 2


def test_after_a_restart_the_same_runs_are_counted(runs: Runs) -> None:
    ms = int(runs.s * 1000)
    runs.settle("listed")
    kept = [("listed", ms), ("passed", ms - 1000), ("goes-on", None)]
    runs.live.count(
        RunFigures(f"a:{name}", "a", "running" if at is None else "completed", None, None, ms, ms, at, 0, 5)
        for name, at in kept
    )
    told = fleet_now(runs.live)
    assert (told["workers"], told["done"], told["tokens_out"]) == (2, 2, 5)
    assert runs.live.row("a", runs.ended("passed", 1))
    assert fleet_now(runs.live)["workers"] == 2, "it is listed, and counted once"


@pytest.mark.parametrize(("ago_ms", "listed"), [(LISTED_AFTER_END_MS, True), (LISTED_AFTER_END_MS + 1000, False)])
def test_what_ended_longer_ago_than_an_hour_is_not_listed(runs: Runs, ago_ms: int, listed: bool) -> None:
    row: Any = runs.ended("r", ago_ms / 1000)
    assert runs.live.row("a", row) == listed


def test_a_new_process_counts_what_the_one_before_kept(
    make_bobspark: Callable[..., Bobspark], folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (ended_runs, run_watch):
        monkeypatch.setattr(module, "MOST_ENDED", 1)
    server = make_bobspark(speed=20)
    settings = {"bobspark": (Upstream("a", server.url),), "agent_logs": False}
    for _ in range(3):
        submit(server, sim={"outcome": "completed", "iterations": 1})
    wait_for_end(server)
    for _ in range(2):
        with running_board(folder.root, tmp_path / "state", **settings) as board:
            wait_until(lambda board=board: board.get("/api/runs")[1]["fleet"]["done"] == 3, "all three among the done")
            wait_until(lambda board=board: len(board.get("/api/runs")[1]["runs"]) == 3, "all three kept")
        server.stop()
