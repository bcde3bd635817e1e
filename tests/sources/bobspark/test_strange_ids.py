"""Whatever a server calls its runs, each can be read, followed and cancelled by its key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from llm_service.simulators import runs as simulated_runs
from llm_service.simulators.bobspark import Bobspark
from tests.kit.boards import Board
from tests.kit.run_follower import RunFollower, post
from tests.kit.simulator import submit

IDS = [
    *("a/b", "x", "x/events", "x/events/events", "/events", "a//b", "..", "ends.", "export.csv"),
    *("50%", "50%2F", "%2e%2e", "why?", "#1", "two words", "a+b&c=d", "a:b", "日本語", "ü" * 200),
]


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch, make_bobspark: Callable[..., Bobspark]) -> Bobspark:
    """A simulator whose runs are called `IDS`, in that order."""
    real, names = simulated_runs.Run, iter(IDS)
    monkeypatch.setattr(simulated_runs, "Run", lambda _, *rest: real(next(names), *rest))
    return make_bobspark(speed=20, slots=len(IDS))


def encoded(key: str) -> str:
    """A key as the page puts it into an address."""
    return quote(key, safe="")


def test_every_run_has_an_address_and_so_have_its_events(named: Bobspark, watch: Callable[..., Board]) -> None:
    board = watch(named)
    client = RunFollower(board).connect()
    for _ in IDS:
        submit(named, sim={"outcome": "completed", "iterations": 1})
    runs = client.ended(len(IDS), 60)
    assert {run["id"] for run in runs.values()} == set(IDS)
    for key, run in runs.items():
        status, detail = board.get(f"/api/runs/{encoded(key)}")
        assert (status, detail.get("run", detail).get("key")) == (200, key), run["id"]
        status, events = board.get(f"/api/runs/{encoded(key)}/events")
        assert (status, events.get("key", events)) == (200, key), run["id"]
        assert board.get(f"/api/runs/{encoded(run['id'])}/events")[1]["key"] == key, "by its bare id"


def test_a_run_with_a_strange_id_is_followed_and_cancelled(named: Bobspark, watch: Callable[..., Board]) -> None:
    board = watch(named)
    client = RunFollower(board).connect()
    for _ in IDS:
        submit(named, sim={"outcome": "completed", "iterations": 200})
    client.until(lambda: len(client.runs) == len(IDS), "all runs", 60)
    for key, run in list(client.runs.items()):
        assert client.call("subscribe", {"topic": f"run:{key}"})["ok"]
        status, answer = post(board, f"/api/runs/{encoded(key)}", method="DELETE")
        assert (status, answer.get("run", answer).get("key")) == (202, key), run["id"]
    runs: dict[str, Any] = client.ended(len(IDS), 60)
    assert {run["status"] for run in runs.values()} == {"cancelled"}


def test_slashes_that_were_not_encoded_are_understood_where_nothing_else_fits(
    named: Bobspark, watch: Callable[..., Board]
) -> None:
    board = watch(named)
    client = RunFollower(board).connect()
    for _ in range(3):
        submit(named, sim={"outcome": "completed", "iterations": 1})
    client.ended(3)
    assert board.get("/api/runs/a:a/b")[1]["run"]["id"] == "a/b"
    assert board.get("/api/runs/a:a/b/events")[1]["key"] == "a:a/b"
    assert board.get("/api/runs/a:x/events")[1]["key"] == "a:x", "the events of x"
    assert board.get("/api/runs/a:x%2Fevents")[1]["run"]["id"] == "x/events"
    assert board.get("/api/runs/a:nothing%2Fevents")[0] == 404


def test_a_batch_may_be_called_anything(bobspark: Bobspark, watch: Callable[..., Board]) -> None:
    board = watch(bobspark)
    name = "x/rest 50% #1"
    assert post(board, "/api/runs", {"batch": name, "model": "m", "domain": "d"})[0] == 202
    assert board.get(f"/api/batches/{encoded(name)}")[1]["batch"]["id"] == name
    assert post(board, f"/api/batches/{encoded(name)}/rest")[1]["batch"]["id"] == name
