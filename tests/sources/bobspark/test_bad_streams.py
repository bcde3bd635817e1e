"""Streams that break, lie, flood or say nothing: the run is true at the end, and what was missed is shown."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from llm_service.core.times import parse_ms
from llm_service.simulators.bobspark import Bobspark
from tests.kit.boards import Board
from tests.kit.run_follower import RunFollower, post
from tests.kit.simulator import submit
from tests.kit.waiting import wait_until
from tests.sources.bobspark.test_launched_runs import rows_of_telemetry

EQUAL = ("status", "tokens_in", "tokens_out", "duration_s")


def settled(client: RunFollower, server: Bobspark, count: int, source: str = "a") -> dict[str, dict[str, Any]]:
    """The runs, once each has ended as the server's ledger says."""
    runs = client.ended(count)

    def differences() -> list[Any]:
        ledger = server.ledger()["runs"]
        return [
            (run_id, name, runs[f"{source}:{run_id}"][name], told[name])
            for run_id, told in ledger.items()
            for name in EQUAL
            if told["status"] != "vanished" and runs[f"{source}:{run_id}"][name] != told[name]
        ]

    client.until(lambda: not differences(), f"cards that equal the ledger: {differences()}")
    return runs


def start(server: Bobspark, board: Board, count: int, **sim: Any) -> RunFollower:
    """A client, and runs that somebody else submitted."""
    client = RunFollower(board).connect()
    for _ in range(count):
        submit(server, sim={"outcome": "completed", **sim})
    return client


@pytest.mark.parametrize(
    ("dialect", "faults"),
    [
        ("a", ["drop"]),
        ("b", ["no-stream-end"]),
        ("a", ["missing-tokens"]),
        ("b", ["reset-tokens"]),
        ("a", ["broken-json", "bom"]),
        ("b", ["huge-snippet", "close-delimited"]),
        ("a", ["hostile", "aliases", "bare-lists"]),
        ("b", ["hostile", "aliases:2"]),
        ("a", ["ids", "drop:4", "heartbeats:1"]),
        ("b", ["big-line:2"]),
        ("a", ["comments-only"]),
        ("b", ["http-500:/api/runs/*/stream"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(value).replace("/", "_"),
)
def test_a_run_is_true_at_the_end_whatever_its_stream_does(
    make_bobspark: Callable[..., Bobspark], watch: Callable[..., Board], faults: list[str], dialect: str
) -> None:
    server = make_bobspark(dialect=dialect, faults=faults, speed=20)
    board = watch(server)
    post(board, "/api/runs", {"batch": "b", "model": "gpt-4o", "domain": "x", "workers": 2})
    client = RunFollower(board).connect()
    runs = settled(client, server, 2)
    for run in runs.values():
        assert run["iteration"] == server.ledger()["runs"][run["id"]]["iterations"]
        assert len(run["snippet"]) <= 400


def test_twenty_cuts_and_a_restart_change_nothing_in_the_end(
    make_bobspark: Callable[..., Bobspark], watch: Callable[..., Board]
) -> None:
    server = make_bobspark(speed=4, slots=6)
    board = watch(server)
    client = RunFollower(board).connect()
    for _ in range(3):
        submit(server, sim={"outcome": "completed", "iterations": 5, "updates": 14})
    client.until(lambda: len(client.runs) == 3 and all(r["line"]["state"] == "live" for r in client.runs.values()), "3")
    chance = random.Random(7)
    for number in range(20):
        if number == 10:
            server.restart(0.3)
        client.until(lambda: any(r["line"]["state"] == "live" for r in client.runs.values()) or _over(client), "a line")
        server.cut()
        board.runtime.hub.ask(lambda _: None)
        client.call("ping")
        if chance.random() < 0.7:
            lost = client.mark()
            client.until(lambda mark=lost: _over(client) or len(client.heard) > mark, "anything")
    runs = settled(client, server, 3)
    ledger = server.ledger()["runs"]
    resumed = [heard for heard in client.heard if heard.name == "run.resumed"]
    assert resumed
    assert any(gap["recovered"] for run in runs.values() for gap in run["gaps"])
    for key, run in runs.items():
        assert_events_are_whole(board, key, ledger[run["id"]]["events"])
    expected = sorted((f"a:{i}", told["tokens_in"], told["tokens_out"]) for i, told in ledger.items())
    wait_until(lambda: rows_of_telemetry(board) == expected, "telemetry without duplicates")


def assert_events_are_whole(board: Board, key: str, count: int) -> None:
    """Every event of the server's record is here, and none twice."""

    def events() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = board.get(f"/api/runs/{key}/events?limit=2000")[1]["events"]
        return found

    wait_until(lambda: sum(event["id"] is not None for event in events()) == count, f"all {count} events")
    assert len(events()) == len({event["id"] for event in events()}) == count
    assert [event["n"] for event in events()] == list(range(1, count + 1))


def _over(client: RunFollower) -> bool:
    return all(run["status"] in ("completed", "failed") for run in client.runs.values())


@pytest.mark.faults
def test_what_the_server_cannot_replay_is_a_gap_with_its_length(
    make_bobspark: Callable[..., Bobspark], watch: Callable[..., Board]
) -> None:
    server = make_bobspark(speed=5)
    board = watch(server)
    client = start(server, board, 1, iterations=8, updates=20)
    client.until(lambda: any((run["tokens_out"] or 0) > 50 for run in client.runs.values()), "tokens")
    server.set_faults("http-500:/api/runs/run_*")
    server.cut()
    lost = client.wait_for("run.lost")
    assert lost["run"]["badge"] == "CONN LOST"
    client.until(lambda: server.ledger()["runs"][lost["run"]["id"]]["tokens_out"] > 300, "tokens nobody heard")
    server.set_faults("http-500:/api/runs/run_????????")
    resumed = client.wait_for("run.resumed")
    assert resumed["gap"]["recovered"] is False
    assert resumed["gap"]["seconds"] > 0
    assert resumed["run"]["gaps"] == [resumed["gap"]]
    server.set_faults()
    settled(client, server, 1)
    detail = board.get(f"/api/runs/{lost['run']['key']}")[1]
    assert "gap" in {event["type"] for event in detail["events"]}


def test_a_run_that_its_server_forgot_is_asked_for_and_told_as_vanished(
    make_bobspark: Callable[..., Bobspark], watch: Callable[..., Board]
) -> None:
    server = make_bobspark(speed=1)
    board = watch(server)
    client = start(server, board, 1, iterations=4)
    client.until(lambda: client.runs, "the run")
    server.set_faults("vanish")
    server._conductor.speed = 20
    (run,) = client.ended(1).values()
    assert (run["status"], run["badge"]) == ("vanished", "CONN LOST")
    assert "404" in run["error"]


@pytest.mark.parametrize("outcome", ["failed", "silent"])
def test_a_failed_run_is_an_error_with_its_reason(
    bobspark: Bobspark, watch: Callable[..., Board], outcome: str
) -> None:
    board = watch(bobspark)
    client = start(bobspark, board, 1, outcome=outcome)
    (run,) = settled(client, bobspark, 1).values()
    assert (run["badge"], run["progress"] is None or run["progress"] <= 95) == ("ERROR", True)
    # Where the stream broke off before its last word, the reason is in the server's record.
    client.until(lambda: client.runs[run["key"]]["error"], "the reason")


def test_unknown_events_are_kept_and_counted(
    make_bobspark: Callable[..., Bobspark], watch: Callable[..., Board], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = make_bobspark(speed=20)
    monkeypatch.setattr("llm_service.core.bobspark.stream_events.KNOWN", frozenset(("status", "stream_end")))
    board = watch(server)
    client = start(server, board, 1)
    (run,) = client.ended(1).values()
    events = board.get(f"/api/runs/{run['key']}")[1]["events"]
    strange = [event for event in events if not event["known"]]
    assert {event["type"] for event in strange} == {"node_update"}
    assert all(event["raw"] for event in strange)


def test_a_skewed_clock_is_told_and_taken_off(
    make_bobspark: Callable[..., Bobspark], watch: Callable[..., Board]
) -> None:
    server = make_bobspark(faults=["skew:3600"], speed=20)
    board = watch(server)
    client = start(server, board, 1)
    (run,) = client.ended(1).values()
    (source,) = board.get("/api/sources")[1]["sources"]
    assert 3590 < source["clock_skew_s"] < 3610
    assert abs(parse_ms(run["created_at"]) - parse_ms(run["finished_at"])) < 60_000
