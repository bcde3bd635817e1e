"""Events of runs that are over leave the memory once they can be read from the database."""

from __future__ import annotations

from typing import Any

import pytest

from llm_service.core.bobspark.run_rows import RunDetailRow, RunRow
from llm_service.sources.bobspark.ended_runs import MOST_CHAINS, RELEASED_AFTER_S, RELEASED_UNSETTLED_AFTER_S
from llm_service.sources.bobspark.live_runs import LiveRuns
from llm_service.sources.upstream.moments import Moments

EVENTS: list[Any] = [
    {"id": n, "event_type": "node_update", "node": "code_agent", "data": {"tokens_out": n}, "ts": None}
    for n in range(1, 4)
]


class Clock:
    """Moments that pass when the test says so."""

    def __init__(self) -> None:
        self.s = 1_800_000_000.0
        self.moments = Moments(monotonic=lambda: self.s, wall=lambda: self.s)


def read(runs: LiveRuns, status: Any) -> None:
    """The server's whole telling of run r."""
    runs.detail("a:r", RunDetailRow(RunRow("r", status, tokens_out=3), EVENTS, True, 0))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize(("kept", "status"), [(True, "completed"), (False, "completed"), (True, "running")])
def test_only_what_is_over_and_kept_leaves_the_memory(clock: Clock, kept: bool, status: str) -> None:
    runs = LiveRuns(stalled_after_s=30, moments=clock.moments, kept=lambda: kept)
    runs.row("a", RunRow("r", "running"))
    read(runs, status)
    clock.s += RELEASED_AFTER_S - 1
    runs.second()
    assert len(runs.events_after("a:r", 0, 10) or ()) == 3
    clock.s += 1
    runs.second()
    released = kept and status == "completed"
    assert (runs.events_after("a:r", 0, 10) is None) == released
    card = runs.card("a:r")
    assert card is not None
    assert card["tokens_out"] == 3


def test_what_is_told_again_of_a_released_run_is_nothing_new(clock: Clock) -> None:
    runs = LiveRuns(stalled_after_s=30, moments=clock.moments, kept=lambda: True)
    runs.row("a", RunRow("r", "running"))
    read(runs, "completed")
    clock.s += RELEASED_AFTER_S
    runs.second()
    runs.take()
    read(runs, "completed")
    assert runs.take().events == []


def test_what_is_over_but_was_never_settled_leaves_the_memory_later(clock: Clock) -> None:
    runs = LiveRuns(stalled_after_s=30, moments=clock.moments, kept=lambda: True)
    runs.row("a", RunRow("r", "running"))
    read(runs, "running")
    runs.row("a", RunRow("r", "completed"))
    for passed_s, there in ((0, True), (RELEASED_UNSETTLED_AFTER_S - 1, True), (1, False)):
        clock.s += passed_s
        runs.second()
        assert (runs.events_after("a:r", 0, 10) is not None) == there


def test_where_nothing_is_kept_the_events_of_the_last_ended_runs_stay(clock: Clock) -> None:
    runs = LiveRuns(stalled_after_s=30, moments=clock.moments, kept=lambda: None)
    for number in range(MOST_CHAINS + 2):
        clock.s += 1
        runs.row("a", RunRow(f"r{number}", "running"))
        runs.detail(f"a:r{number}", RunDetailRow(RunRow(f"r{number}", "completed"), EVENTS, True, 0))
    runs.second()
    there = [runs.events_after(f"a:r{number}", 0, 10) is not None for number in range(MOST_CHAINS + 2)]
    assert there == [False, False] + [True] * MOST_CHAINS
