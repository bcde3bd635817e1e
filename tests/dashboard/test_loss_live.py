"""From a watched server's fine-tune to the alarm on a page and the curve behind it, over a restart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from llm_service.simulators.bobspark import Bobspark
from llm_service.upstreams import Upstream
from tests.kit.boards import Board, running_board
from tests.kit.simulator import ask
from tests.kit.waiting import wait_until

KEY = "spark:ft_01"
SICK = {"epochs": 1, "batch_size": 4, "lr": 2e-4, "sim": {"curve": "nan", "steps": 2_000, "steps_per_s": 40}}


def curve_of(board: Board) -> dict[str, Any] | None:
    status, body = board.get(f"/api/training/{KEY}/series?points=2000&smoothing=0.9")
    assert status == 200
    return body["series"][0] if body["series"] else None


def with_alarms(curve: dict[str, Any] | None) -> dict[str, Any] | None:
    return curve if curve and curve["alarms"] else None


def test_a_sick_fine_tune_raises_an_alarm_that_is_told_drawn_and_there_after_a_restart(
    tmp_path: Path, make_bobspark: Callable[..., Bobspark]
) -> None:
    simulator = make_bobspark(speed=20)
    watched = {"bobspark": (Upstream("spark", simulator.url),)}
    ask(f"{simulator.url}/api/finetune/start", "POST", SICK)
    with running_board(tmp_path / "work", tmp_path / "state", **watched) as board:
        follower = board.follow(topics=("training", "activity"))
        alarm = follower.wait_for("alarm.raised", within_s=40)["alarm"]
        lines = [one.payload["entry"] for one in follower.heard if one.name == "activity.added"]
        follower.until(
            lambda: any(
                one.name == "activity.added" and one.payload["entry"]["event"] == "alarm.raised"
                for one in follower.heard
            ),
            f"the line beside {lines}",
        )
        # What is told is written a moment later: an alarm never waits for the disk.
        curve = wait_until(lambda: with_alarms(curve_of(board)), "the curve with its alarm")
        assert curve is not None
    assert (alarm["kind"], alarm["job"], alarm["series"]) == ("nan", KEY, KEY)
    assert alarm["id"] in [one["id"] for one in curve["alarms"]]
    assert curve["facts"]["bad"] >= 1
    job = simulator.ledger()["jobs"]["ft_01"]
    made = {step: loss for step, loss in job["losses"] if not isinstance(loss, str)}
    buckets = curve["buckets"]
    told = {step: loss for step, loss in zip(buckets["step"], buckets["first"], strict=True) if loss is not None}
    assert len(told) > 100
    assert all(abs(loss - made[step]) < 1e-4 for step, loss in told.items())
    with running_board(tmp_path / "work", tmp_path / "state", **watched) as board:
        curve = curve_of(board)
        assert curve is not None
        assert alarm["id"] in [one["id"] for one in curve["alarms"]]


def test_without_telemetry_curves_and_alarms_are_there_until_the_end(
    tmp_path: Path, make_bobspark: Callable[..., Bobspark]
) -> None:
    simulator = make_bobspark(speed=20)
    ask(f"{simulator.url}/api/finetune/start", "POST", SICK)
    watched = {"bobspark": (Upstream("spark", simulator.url),)}
    with running_board(tmp_path / "work", tmp_path / "state", telemetry=False, **watched) as board:
        alarm = board.follow(topics=("training",)).wait_for("alarm.raised", within_s=40)["alarm"]
        curve = curve_of(board)
        assert curve is not None
        assert curve["facts"]["count"] > 100
        wait_until(lambda: alarm["id"] in [one["id"] for one in (curve_of(board) or {})["alarms"]], "the alarm")
    assert not list((tmp_path / "state").glob("telemetry.db*"))
