"""The end of a run is told once: when it is kept, or as found where it was while nobody looked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llm_service.core.bobspark.run_rows import RunDetailRow, RunRow
from llm_service.core.observations import Announced
from llm_service.simulators.bobspark import Bobspark
from llm_service.sources.bobspark import ended_runs, held_ends
from llm_service.sources.bobspark.live_runs import LiveRuns
from llm_service.sources.bobspark.relay import SINGLY, Relay
from llm_service.upstreams import Upstream
from tests.kit.boards import Folder, running_board
from tests.kit.run_cards import run_card
from tests.kit.run_follower import RunFollower
from tests.kit.simulator import submit, wait_for_end


class Behind:
    """A keeper whose database writes when the test says so."""

    def __init__(self) -> None:
        self.cards: set[str] = set()

    def take(self, cards: dict[str, Any], _: Any) -> None:
        self.cards |= set(cards)

    def hurry(self) -> None:
        """It does not."""

    def waits(self, key: str) -> bool:
        return key in self.cards


class Told:
    """A relay over its runs, stepped by hand, with what it published."""

    def __init__(self) -> None:
        self.keeper = Behind()
        self.published: list[Announced] = []
        self.runs = LiveRuns(stalled_after_s=30)
        self.relay = Relay(self.runs, self.published.append, lambda topic: topic == "runs", self.keeper, list)

    def step(self) -> list[tuple[str, Any]]:
        """What one more step tells, by event, without the fleet."""
        self.published.clear()
        self.relay.step()
        return [(one.event, one.body) for one in self.published if one.body.get("runs") != [] or "gone" in one.body]

    def second_later(self) -> list[tuple[str, Any]]:
        """What is told by the next step after a second, in which runs leave the list."""
        self.relay._second_s = float("-inf")
        return self.step()

    def ended_before(self, count: int) -> None:
        """Runs that a list names and that had ended a second before the start."""
        for number in range(count):
            self.runs.row("a", RunRow(f"r{number}", "completed", finished_at="2001-01-01T00:00:00Z"))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setattr(held_ends, "HELD_S", 3600.0)
    return Told()


def _names(told: list[tuple[str, Any]]) -> list[str]:
    return [name for name, _ in told]


def test_an_end_is_shown_at_once_and_told_when_it_is_kept(told: Told) -> None:
    told.runs.row("a", RunRow("r", "running"))
    told.step()
    told.runs.row("a", RunRow("r", "completed"))
    ((name, body),) = told.step()
    assert (name, body["runs"][0]["status"]) == ("run.advanced", "completed")
    assert "run.finished" not in _names(told.step())
    told.keeper.cards.clear()
    ((name, body), (line, entry)) = told.step()
    assert (name, body["run"]["status"], "later" in body) == ("run.finished", "completed", False)
    assert (line, entry["entry"]["text"]) == ("activity.added", "Run r (r) finished")
    assert told.step() == []


def test_a_database_that_does_not_write_holds_no_end_up_for_long(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    told.runs.row("a", RunRow("r", "running"))
    told.step()
    told.runs.row("a", RunRow("r", "failed"))
    assert "run.finished" not in _names(told.step())
    monkeypatch.setattr(held_ends, "HELD_S", 0.0)
    assert "run.finished" in _names(told.step())


def test_an_end_that_is_held_is_told_when_the_process_stops(told: Told) -> None:
    told.runs.row("a", RunRow("r", "running"))
    told.runs.row("a", RunRow("r", "completed"))
    assert "run.finished" not in _names(told.step())
    told.published.clear()
    told.relay.step(last=True)
    assert [one.event for one in told.published] == ["run.finished", "activity.added"]


@pytest.mark.parametrize("known", [True, False])
def test_what_ended_while_we_were_away_is_found_and_at_a_first_look_it_is_history(
    told: Told, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ended_runs, "LISTED_AFTER_END_MS", 10**14)
    if known:
        told.runs.known_before("a")
    told.ended_before(SINGLY + 10)
    told.step()
    told.keeper.cards.clear()
    events = told.step()
    assert _names(events).count("run.finished") == (SINGLY if known else 0)
    lines = [body["entry"]["text"] for name, body in events if name == "activity.added"]
    assert lines == ([f"{SINGLY + 10} runs finished while this dashboard was away"] if known else [])
    assert all(body["later"] for name, body in events if name == "run.finished")


@pytest.mark.parametrize("settled", [True, False])
def test_an_end_of_hours_ago_is_kept_and_told_before_its_run_leaves_the_list(told: Told, settled: bool) -> None:
    told.runs.seed(run_card("r", 1_000_000_000_000, source="a", status="running"), ())
    told.step()
    ended = RunRow("r", "failed", finished_at="2001-09-10T00:00:00Z")
    if settled:
        told.runs.detail("a:r", RunDetailRow(ended, [], True, 0))
    else:
        told.runs.row("a", ended)
    ((name, body),) = told.second_later()
    assert (name, body["runs"][0]["status"], told.keeper.cards) == ("run.advanced", "failed", {"a:r"})
    if not settled:
        assert told.second_later() == [], "its server is asked for the rest of it first"
        told.runs.detail("a:r", RunDetailRow(ended, [], True, 0))
        told.step()
    events = told.second_later()
    assert _names(events) == ["run.finished", "activity.added", "run.advanced"]
    assert (events[0][1]["run"]["status"], events[0][1]["later"], events[2][1]["gone"]) == ("failed", True, ["a:r"])
    assert told.relay.failures == 0


def _ends(client: RunFollower) -> list[tuple[str, bool]]:
    told = [heard.payload for heard in client.heard if heard.name == "run.finished"]
    return sorted((payload["run"]["key"], payload.get("later", False)) for payload in told)


def test_after_a_restart_ends_of_meanwhile_are_told_once_as_found(
    make_bobspark: Callable[..., Bobspark], folder: Folder, tmp_path: Path
) -> None:
    server = make_bobspark(speed=4)
    settings = {"bobspark": (Upstream("a", server.url),), "agent_logs": False}
    with running_board(folder.root, tmp_path / "state", **settings) as board:
        client = RunFollower(board).connect()
        known = submit(server, sim={"outcome": "completed", "iterations": 6, "updates": 10})
        client.until(lambda: client.runs.get(f"a:{known}", {}).get("tokens_out"), "tokens")
    unknown = submit(server, sim={"outcome": "failed", "iterations": 1})
    wait_for_end(server, deadline_s=60)
    found = sorted([(f"a:{known}", True), (f"a:{unknown}", True)])
    with running_board(folder.root, tmp_path / "state", **settings) as board:
        client = RunFollower(board, "activity").connect()
        client.until(lambda: len(_ends(client)) == 2, "both ends")
        assert _ends(client) == found

        def lines() -> list[str]:
            return [entry["text"] for entry in board.get("/api/activity")[1]["entries"] if "outcome" in entry]

        client.until(lambda: len(lines()) == 2, "both lines")
        assert all(" while this dashboard was away" in line for line in lines())
    with running_board(folder.root, tmp_path / "state", **settings) as board:
        client = RunFollower(board).connect()
        client.until(lambda: {f"a:{known}", f"a:{unknown}"} <= client.runs.keys(), "the runs of before")
        last = submit(server, sim={"outcome": "completed", "iterations": 1})
        # The list that told of the last run told of the others too.
        client.until(lambda: _ends(client), "its end")
        assert _ends(client) == [(f"a:{last}", False)]
