"""Watched servers in a running dashboard: how they stand is on a route, a topic and in the feed, and it is true."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import TypeAdapter

from llm_service.core import source_shapes as shapes
from llm_service.simulators.bobspark import Bobspark
from llm_service.upstreams import Upstream
from tests.kit.boards import Board
from tests.kit.follower import Follower
from tests.kit.raw_server import RawServer
from tests.kit.waiting import wait_until

Make = Callable[..., Any]
TOKEN = "canary-token-0123456789"


def watching(start_board: Make, *simulators: Bobspark) -> Board:
    """A dashboard that watches these servers, named spark-0, spark-1, …"""
    named = (Upstream(f"spark-{number}", simulator.url, TOKEN) for number, simulator in enumerate(simulators))
    return start_board(bobspark=tuple(named))


def sources(board: Board) -> dict[str, shapes.SourceCard]:
    status, body = board.get("/api/sources")
    assert status == 200
    TypeAdapter(shapes.SourcesSnapshot).validate_python(body, strict=True)
    assert TOKEN not in str(body)
    return {card["key"]: card for card in body["sources"]}


def texts(follower: Follower) -> list[str]:
    entries = [heard.payload["entry"] for heard in follower.heard if heard.name == "activity.added"]
    return [entry["text"] for entry in entries if entry["event"].startswith("source.")]


def test_a_server_is_found_lost_and_found_again_and_the_page_is_told_each_time(
    start_board: Make, make_bobspark: Make
) -> None:
    simulator = make_bobspark()
    board = watching(start_board, simulator)
    wait_until(lambda: sources(board)["spark-0"]["state"] == "live", "the server")
    follower = board.follow(topics=("sources", "activity"))
    (snapshot,) = follower.wait_for("sources.snapshot")["sources"]
    assert (snapshot["key"], snapshot["url"], snapshot["kind"]) == ("spark-0", simulator.url, "bobspark")
    mark = follower.mark()
    simulator.restart(down_s=6.0)
    lost = follower.wait_for("source.lost", since=mark)["source"]
    assert simulator.url in lost["reason"]
    assert "asked again in" in lost["reason"]
    assert all(concern["failures"] for concern in lost["concerns"] if concern["state"] == "backing-off")
    found = follower.wait_for("source.connected", since=mark)["source"]
    assert found["reason"] == ""
    assert [text.split(":")[0].split(",")[0] for text in texts(follower)][-2:] == [
        "spark-0 is lost",
        "spark-0 answers again",
    ]


def test_a_server_that_is_away_changes_nothing_for_the_other(start_board: Make, make_bobspark: Make) -> None:
    well, gone = make_bobspark(), make_bobspark()
    gone.stop()
    board = watching(start_board, well, gone)
    wait_until(lambda: sources(board)["spark-0"]["state"] == "live", "the server that is there")
    lost = wait_until(lambda: sources(board)["spark-1"]["reason"] and sources(board)["spark-1"], "the sentence")
    assert "connection refused" in lost["reason"]
    assert lost["next_try_at"] is not None
    assert not [concern for concern in sources(board)["spark-0"]["concerns"] if concern["failures"]]
    assert board.get("/ready")[0] == 200


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("html", "with a web page that is no JSON"),
        ("redirect", "which is not followed"),
    ],
)
def test_a_server_that_answers_something_else_is_shown_with_the_reason(
    start_board: Make, make_bobspark: Make, fault: str, said: str
) -> None:
    board = watching(start_board, make_bobspark(faults=[fault]))
    wait_until(lambda: sources(board)["spark-0"]["state"] == "backing-off", "its failing")
    assert said in sources(board)["spark-0"]["reason"]


def test_a_clock_that_is_wrong_is_shown(start_board: Make, make_bobspark: Make) -> None:
    board = watching(start_board, make_bobspark(faults=["skew:3600"]))
    card = wait_until(
        lambda: sources(board)["spark-0"]["clock_skew_s"] is not None and sources(board)["spark-0"], "the clock"
    )
    assert card["clock_skew_s"] == pytest.approx(3600, abs=3)


def test_threads_of_watched_servers_are_listed_and_end_with_the_dashboard(
    start_board: Make, make_bobspark: Make
) -> None:
    board = watching(start_board, make_bobspark())
    wait_until(lambda: sources(board)["spark-0"]["state"] == "live", "the server")
    threads = {thread["name"]: thread for thread in board.get("/ready")[1]["threads"]}
    assert {"asking-spark-0", "source-spark-0"} <= threads.keys()
    assert all(thread["alive"] and not thread["failures"] for thread in threads.values())
    began_s = time.monotonic()
    board.runtime.upstreams.stop(20.0)
    assert time.monotonic() - began_s < 10


def test_without_a_watched_server_the_list_is_empty(small_board: Board) -> None:
    assert small_board.get("/api/sources") == (200, {"sources": []})


def test_a_server_that_never_answers_does_not_hold_the_dashboards_end(start_board: Make) -> None:
    hung = RawServer(lambda exchange: exchange.wait_until_left())
    try:
        board = start_board(bobspark=(Upstream("hung", hung.url),))
        wait_until(lambda: len(hung.seen) >= 3, "questions that hang")
        began_s = time.monotonic()
        board.runtime.upstreams.stop(1.0)
        assert time.monotonic() - began_s < 10
        wait_until(lambda: not [one for one in threading.enumerate() if "hung" in one.name], "the end of its threads")
    finally:
        hung.stop()
