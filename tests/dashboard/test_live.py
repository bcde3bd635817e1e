"""The live protocol: joining, subscribing, replay, snapshots, and numbers without holes for everybody at once."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests
import websocket

from llm_service.core.events import TOPICS
from llm_service.core.stream import MAX_EVENTS
from llm_service.hub import HubStopped
from tests.kit.boards import Board, task_text
from tests.kit.follower import Follower
from tests.kit.live import Live
from tests.kit.pace import Edits


@pytest.fixture
def join(board: Board):
    """Connects plain clients that only listen, with any `auth` or none."""
    made: list[Live] = []

    def connect(topics: dict[str, Any] | None = None) -> Live:
        made.append(Live(board.url, board.token, topics))
        return made[-1]

    yield connect
    for client in made:
        client.close()


def numbered(client: Live, topic: str) -> list[tuple[str, int]]:
    return [(name, data["seq"]) for name, data in client.events if data and data.get("topic") == topic]


def test_the_first_word_is_the_acknowledgement(join: Callable[..., Live], board: Board) -> None:
    client = join({"board": {}})
    ack = client.wait_for("connection_ack")
    assert client.events[0][0] == "connection_ack"
    assert (ack["topics"], ack["epoch"]) == (list(TOPICS), board.get("/ready")[1]["epoch"])


def test_a_client_without_auth_joins_everything_from_now_on(join: Callable[..., Live], board: Board) -> None:
    board.put("inbox/before.yaml")
    board.follow().until(lambda: board.get("/api/stats")[1]["tasks"]["inbox"], "the first task")
    client = join()
    client.wait_for("connection_ack")
    board.put("inbox/after.yaml")
    client.wait_for("task.created", lambda event: event["file_path"] == "inbox/after.yaml")
    client.wait_for("activity.added")
    # What else is told meanwhile, of costs and of the line about the first task, comes when it comes.
    assert client.events[0][0] == "connection_ack"
    assert [name for name, _ in client.events if name.endswith(".snapshot")] == []
    assert [data["file_path"] for data in client.seen("task.created")] == ["inbox/after.yaml"]


@pytest.mark.parametrize("auth", [{}, {"board": {}}, {"board": {"epoch": "x", "seq": 3}}, {"board": None}, {"none": 1}])
def test_who_names_topics_gets_those_and_a_snapshot_of_each(
    join: Callable[..., Live], board: Board, auth: dict[str, Any]
) -> None:
    client = join(auth)
    client.client.call("ping", namespace="/dashboard")
    board.put("inbox/a.yaml")
    board.follow().wait_for("activity.snapshot")
    names = {name for name, _ in client.events}
    assert ("board.snapshot" in names) == ("board" in auth)
    assert "activity.added" not in names


@pytest.mark.parametrize("auth", ["token", ["board"], {"topics": ["board"]}, {"topics": "board"}, 7, {"token": "x"}])
def test_an_auth_of_any_other_shape_is_no_error(board: Board, auth: Any) -> None:
    follower = Follower(board.url, board.token)
    follower._client.connect(
        board.url, headers=follower._headers, auth=auth, transports=["websocket"], namespaces=["/dashboard"]
    )
    try:
        follower.wait_for("connection_ack")
        board.put("inbox/a.yaml")
        follower.wait_for("task.created")
    finally:
        follower.close()


def test_a_subscription_is_acknowledged_with_its_point_of_the_stream(board: Board, follower: Follower) -> None:
    board.put("inbox/a.yaml")
    event = follower.wait_for("task.created")
    assert follower.call("subscribe", {"topic": "board"}) == {"ok": True, "epoch": event["epoch"], "seq": event["seq"]}
    assert follower.call("subscribe", {"topic": "costs"})["ok"] is True
    follower.wait_for("costs.snapshot")


@pytest.mark.parametrize(
    "data", [None, {}, {"topic": "elsewhere"}, {"topic": ["board"]}, {"topic": {}}, "board", [], 7]
)
@pytest.mark.parametrize("verb", ["subscribe", "unsubscribe"])
def test_a_topic_that_does_not_exist_is_refused_in_words(follower: Follower, verb: str, data: Any) -> None:
    answer = follower.call(verb, data)
    assert answer["ok"] is False
    assert "board, activity, costs" in answer["error"]


def test_the_topic_of_a_thing_that_is_not_listed_is_refused(follower: Follower) -> None:
    answer = follower.call("subscribe", {"topic": "run:none"})
    assert answer["ok"] is False
    assert "run:<key> of what runs lists" in answer["error"]


def test_after_unsubscribing_nothing_more_comes(board: Board, follower: Follower) -> None:
    assert follower.call("unsubscribe", {"topic": "activity"}) == {"ok": True}
    board.put("inbox/a.yaml")
    follower.wait_for("task.created")
    follower.call("ping")
    assert "activity.added" not in {heard.name for heard in follower.heard}


def test_a_ping_is_answered_twice_over(follower: Follower) -> None:
    answer = follower.call("ping")
    assert answer["ok"] is True
    assert follower.wait_for("pong") == {"timestamp": answer["timestamp"]}
    assert follower.call("ping", {"anything": 1})["ok"] is True


def test_what_was_missed_is_replayed_exactly(join: Callable[..., Live], board: Board, follower: Follower) -> None:
    for name in "abc":
        board.put(f"inbox/{name}.yaml")
        follower.wait_for("task.created", f"inbox/{name}.yaml")
    position = follower.known["board"]
    late = join({"board": {"epoch": position["epoch"], "seq": position["seq"] - 2}})
    late.wait_for("task.created", lambda event: event["file_path"] == "inbox/c.yaml")
    missed = [heard.payload for heard in follower.heard if heard.name == "task.created"][-2:]
    assert [data for name, data in late.events if name == "task.created"] == missed
    assert "board.snapshot" not in {name for name, _ in late.events}


def test_who_missed_nothing_gets_nothing(join: Callable[..., Live], board: Board, follower: Follower) -> None:
    client = join({"board": dict(follower.known["board"])})
    client.client.call("ping", namespace="/dashboard")
    assert [name for name, _ in client.events] == ["connection_ack", "pong"]


@pytest.mark.parametrize(
    "change", [{"epoch": "other"}, {"seq": 10**6}, {"seq": -1}, {"seq": "1"}, {"seq": True}, {"seq": 0.5}]
)
def test_a_position_that_is_not_of_this_stream_gets_a_snapshot(
    join: Callable[..., Live], follower: Follower, change: dict[str, Any]
) -> None:
    client = join({"board": {**follower.known["board"], **change}})
    assert client.wait_for("board.snapshot")["epoch"] == follower.known["board"]["epoch"]


def test_a_position_that_is_too_old_gets_a_snapshot(join: Callable[..., Live], board: Board) -> None:
    follower = board.follow()
    start = dict(follower.known["board"])
    with Edits(board, 3000, files=20) as edits:
        follower.until(lambda: follower.known["board"].get("seq", 0) > start["seq"] + MAX_EVENTS + 10, "events")
    assert edits.made
    board.converged()
    client = join({"board": start})
    snapshot = client.wait_for("board.snapshot")
    assert snapshot["seq"] == follower.known["board"]["seq"]


def test_numbers_have_no_holes_however_many_join_at_once(board: Board) -> None:
    followers: list[Follower] = []
    lock = threading.Lock()

    def join_one() -> None:
        follower = board.follow()
        with lock:
            followers.append(follower)

    with Edits(board, 300):
        threads = [threading.Thread(target=join_one) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for follower in followers:
            seen = follower.mark()
            follower.until(lambda f=follower, n=seen: f.mark() > n + 20, "events")
    board.converged()
    for follower in followers:
        assert follower.holes == 0
        for topic in ("board", "activity"):
            seqs = [heard.payload["seq"] for heard in follower.heard if heard.payload.get("topic") == topic]
            assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


def test_each_topic_counts_for_itself(board: Board, follower: Follower) -> None:
    for number in range(120):
        board.put(f"new/t{number}.yaml")
    board.rename("new", "assigned/many")
    follower.wait_for("activity.added")
    board.put("inbox/a.yaml")
    follower.until(lambda: follower.known["activity"]["seq"] == 2, "the second line")
    assert follower.holes == 0


def test_a_snapshot_holds_a_hundred_cards_a_column_and_says_how_to_get_the_rest(
    folder: Any, start_board: Callable[..., Board]
) -> None:
    for number in range(130):
        folder.put(
            f"inbox/t{number}.yaml",
            task_text(f"t{number}", created=f"2026-01-01T00:{number // 60:02}:{number % 60:02}"),
        )
    board = start_board()
    follower = board.follow()
    inbox = follower.wait_for("board.snapshot")["columns"]["inbox"]
    assert (inbox["total"], len(inbox["cards"])) == (130, 100)
    assert inbox["cards"][0]["id"] == "t129"
    rest = board.get(f"/api/board?column=inbox&cursor={inbox['next']}")[1]["columns"]["inbox"]
    assert len(rest["cards"]) == 30
    board.converged(follower)


def test_while_the_folder_is_first_read_snapshots_come_and_no_single_events(
    folder: Any, start_board: Callable[..., Board]
) -> None:
    for number in range(600):
        folder.put(f"inbox/t{number}.yaml")
    board = start_board()
    follower = board.follow()
    board.converged(follower)
    assert follower.about_tasks() == []
    assert board.get("/api/activity")[1]["entries"] == []


def test_events_nobody_offers_are_ignored(board: Board, follower: Follower) -> None:
    for name in ("task.created", "board.snapshot", "move", "disconnect me"):
        follower._client.emit(name, {"x": 1}, namespace="/dashboard")
    assert follower.call("ping")["ok"] is True
    assert follower.connected


def test_long_polling_tells_the_same(board: Board) -> None:
    follower = Follower(board.url, board.token)
    board.followers.append(follower)
    with requests.Session() as session:
        # The library sends its `headers` with the first request only.
        session.headers.update(follower._headers)
        follower._client.eio.http, follower._client.eio.external_http = session, True
        topics = {"topics": {"board": {}, "activity": {}}}
        follower._client.connect(board.url, auth=topics, transports=["polling"], namespaces=["/dashboard"])
        board.put("inbox/a.yaml")
        board.converged(follower)
        follower.close()


def test_who_connects_while_the_server_stops_is_hung_up_on_and_not_refused(board: Board, monkeypatch) -> None:
    """A refused client never comes back; one whose line ended tries again and finds the next server."""

    def stopped(_question: object) -> None:
        raise HubStopped("the dashboard is stopping")

    monkeypatch.setattr(board.runtime.hub, "ask", stopped)
    address = f"ws://127.0.0.1:{board.runtime.port}/socket.io/?EIO=4&transport=websocket"
    line = websocket.create_connection(address, header=[f"Authorization: Bearer {board.token}"], timeout=10)
    heard = [line.recv()]
    line.send("40/dashboard,")
    with contextlib.suppress(websocket.WebSocketException, OSError):
        while text := line.recv():
            heard.append(text)
    line.close()
    assert not [text for text in heard if text.startswith(("41", "44"))], heard


def test_a_server_that_stops_lets_nobody_in_any_more(board: Board) -> None:
    board.runtime.dashboard.live.say_goodbye()
    assert board.get("/socket.io/?EIO=4&transport=polling")[0] == 503
