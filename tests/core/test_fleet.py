"""The workers together, and when they will be done."""

from __future__ import annotations

import pytest

from llm_service.core.runs.fleet import Worker, fleet_of
from llm_service.core.runs.shapes import RunStatus


def worker(status: RunStatus = "running", elapsed_s: float | None = 10.0, **more: object) -> Worker:
    told = {"tokens_per_s": 0.0, "tokens_out": None, "iteration": None, "max_iter": None, **more}
    return Worker(status, elapsed_s=elapsed_s, **told)  # type: ignore[arg-type]


def test_counts_are_by_state() -> None:
    states: list[RunStatus] = [
        "running",
        "running",
        "queued",
        "completed",
        "failed",
        "vanished",
        "cancelled",
        "unknown",
    ]
    fleet = fleet_of([worker(state, tokens_out=5, tokens_per_s=1.26) for state in states], [])
    counted = {name: fleet[name] for name in ("workers", "running", "queued", "done", "failed")}  # type: ignore[literal-required]
    assert counted == {"workers": 8, "running": 2, "queued": 1, "done": 1, "failed": 2}
    assert (fleet["tokens_out"], fleet["tokens_per_s"]) == (40, 10.1)


def test_without_anything_to_go_by_there_is_no_eta() -> None:
    assert fleet_of([], [])["eta_s"] is None
    assert fleet_of([worker()], [])["eta_s"] is None
    assert fleet_of([worker("queued")], [])["eta_s"] is None
    assert fleet_of([worker(iteration=5), worker()], [])["eta_s"] is None, "the unknown one may take the longest"


def test_runs_that_completed_lately_tell_how_long_the_rest_takes() -> None:
    durations = [20.0, 30.0, 40.0, 50.0, 60.0, 5.0]
    fleet = fleet_of([worker(elapsed_s=10.0)], durations)
    assert (fleet["eta_low_s"], fleet["eta_s"], fleet["eta_high_s"]) == (20, 30, 40)


def test_a_run_that_outlasts_the_others_is_told_by_its_own_pace() -> None:
    fleet = fleet_of([worker(elapsed_s=100.0, iteration=10, max_iter=16)], [20.0] * 9)
    assert (fleet["eta_low_s"], fleet["eta_s"], fleet["eta_high_s"]) == (10, 60, 80)


def test_the_last_one_ends_the_fleet_and_those_who_wait_come_after() -> None:
    durations = [40.0] * 9
    assert fleet_of([worker(elapsed_s=30.0), worker(elapsed_s=5.0)], durations)["eta_s"] == 35
    waiting = [worker("queued") for _ in range(3)]
    assert fleet_of([worker(elapsed_s=30.0), worker(elapsed_s=5.0), *waiting], durations)["eta_s"] == 35 + 2 * 40


@pytest.mark.parametrize("elapsed_s", [0.0, 1.0, 10.0, 100.0, 1000.0])
def test_the_band_is_around_the_eta(elapsed_s: float) -> None:
    fleet = fleet_of([worker(elapsed_s=elapsed_s, iteration=3, max_iter=20)], [12.0, 40.0, 41.0, 80.0, 90.0, 200.0])
    low, eta, high = fleet["eta_low_s"], fleet["eta_s"], fleet["eta_high_s"]
    if eta is not None:
        assert low is not None
        assert high is not None
        assert low <= eta <= high


def test_a_run_that_is_not_heard_is_not_running_and_promises_no_end() -> None:
    durations = [40.0] * 9
    fleet = fleet_of([worker(elapsed_s=10.0), worker(elapsed_s=1.0, heard=False)], durations)
    assert (fleet["running"], fleet["unheard"], fleet["eta_s"]) == (1, 1, 30)
    silent = fleet_of([worker(elapsed_s=10.0, heard=False)], durations)
    assert (silent["running"], silent["unheard"], silent["eta_s"]) == (0, 1, None)
