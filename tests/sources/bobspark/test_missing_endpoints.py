"""Servers that have only some of the endpoints: what there is is used, and nothing is called gone for lack of one."""

from __future__ import annotations

from collections.abc import Callable

from llm_service.simulators.bobspark import Bobspark
from tests.kit.boards import Board
from tests.kit.run_follower import RunFollower, post
from tests.kit.waiting import wait_until

FORM = {"batch": "b", "model": "gpt-4o", "domain": "x", "workers": 2}


def test_without_details_the_stream_and_the_list_tell(
    make_bobspark: Callable[..., Bobspark], watch: Callable[..., Board]
) -> None:
    server = make_bobspark(faults=["http-404:/api/runs/run_????????"], speed=10, failing=0.0)
    board = watch(server)
    client = RunFollower(board).connect()
    post(board, "/api/runs", FORM)
    runs = client.ended(2)
    assert {run["status"] for run in runs.values()} == {"completed"}
    ledger = server.ledger()["runs"]
    wait_until(
        lambda: all(client.runs[f"a:{i}"]["tokens_out"] == told["tokens_out"] for i, told in ledger.items()), "tokens"
    )


def test_without_the_list_what_was_launched_here_is_followed(
    make_bobspark: Callable[..., Bobspark], watch: Callable[..., Board]
) -> None:
    server = make_bobspark(speed=10, failing=0.0)
    board = watch(server)
    client = RunFollower(board).connect()
    post(board, "/api/runs", FORM)
    client.until(lambda: client.batches and client.batches[0]["state"] == "done", "a sent batch")
    server.set_faults("http-500:/api/runs")
    assert {run["status"] for run in client.ended(2).values()} == {"completed"}


def test_html_redirects_and_silence_are_told_and_cost_nothing_else(
    make_bobspark: Callable[..., Bobspark], watch: Callable[..., Board]
) -> None:
    bad, good = make_bobspark(faults=["html"]), make_bobspark(speed=20, failing=0.0)
    board = watch(bad, good)
    client = RunFollower(board).connect()
    post(board, "/api/runs", {**FORM, "source": "b"})
    assert {run["source"] for run in client.ended(2).values()} == {"b"}
    bad.set_faults("redirect")
    cards = {card["key"]: card for card in board.get("/api/sources")[1]["sources"]}
    assert cards["b"]["state"] == "live"
    assert cards["a"]["state"] == "backing-off"
    assert "web page" in cards["a"]["reason"]
    assert "tried again" in cards["a"]["reason"] or "asked again" in cards["a"]["reason"]
