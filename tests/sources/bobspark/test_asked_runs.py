"""Runs are asked for one by one where the list and the streams leave something open."""

from __future__ import annotations

from typing import Any, cast

import pytest

from llm_service.core.bobspark.run_rows import RunDetailRow, RunRow
from llm_service.sources.bobspark import run_watch
from llm_service.sources.bobspark.live_runs import LiveRuns
from llm_service.sources.bobspark.run_watch import MOST_TRIES, RunWatch


class Server:
    """Answers with the row of its one run, named r."""

    name = "a"
    ahead_s = 0.0

    def __init__(self) -> None:
        self.row = RunRow("r", "running")
        self.asked = 0

    def detail(self, _: str) -> RunDetailRow:
        self.asked += 1
        return RunDetailRow(self.row, [], True, 0)


def watching(server: Server, runs: LiveRuns) -> RunWatch:
    return RunWatch(cast(Any, server), runs, cast(Any, None), cast(Any, None), lambda: None)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for pause in ("LOST_EVERY_S", "DETAILS_EVERY_S"):
        monkeypatch.setattr(run_watch, pause, 0.0)


def test_a_run_that_was_asked_for_often_while_it_ran_is_asked_for_after_its_end() -> None:
    server, runs = Server(), LiveRuns(stalled_after_s=30)
    watch = watching(server, runs)
    runs.row("a", server.row)
    for _ in range(MOST_TRIES + 1):
        watch.ask_details()
    assert server.asked == MOST_TRIES + 1
    server.row = RunRow("r", "completed")
    runs.row("a", server.row)
    assert not runs.is_settled("a:r")
    watch.ask_details()
    assert runs.is_settled("a:r")


def test_a_server_that_goes_on_telling_of_a_run_that_is_over_is_asked_a_few_times() -> None:
    server, runs = Server(), LiveRuns(stalled_after_s=30)
    watch = watching(server, runs)
    runs.row("a", RunRow("r", "completed"))
    for _ in range(MOST_TRIES + 3):
        watch.ask_details()
    assert server.asked == MOST_TRIES
