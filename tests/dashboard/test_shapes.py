"""Every route and every event is what the types say, so documents made from the types cannot drift from the code."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import TypeAdapter

from llm_service.core import shapes
from llm_service.core.events import CATALOGUE, FAMILIES, JOINED
from llm_service.core.invocations.usage import Invocation
from llm_service.core.routes import ROUTES
from tests.kit.boards import Board, task_text
from tests.kit.follower import Heard

HEAD = {"epoch": str, "topic": str, "seq": int, "at": str}
VARIANTS = {
    "/api/tasks": ["", "?include_done=false", "?fields=card", "?include_done=false&fields=card"],
    "/api/tasks/<id>": [],
    "/api/file": [],
    "/api/since": ["?at=2026-11-20T08:00:00Z"],
    "/api/flow": ["", "?range=7d", "?range=365d"],
    "/api/activity": ["", "?before=9999999999999.1&limit=5"],
    "/api/board": ["", "?column=inbox", "?q=a", "?sort=priority", "?agent=anna&limit=1"],
}


def check(shape: type, value: Any) -> None:
    """Fail where `value` is not exactly of the shape: nothing missing, nothing more, no other type."""
    adapter = TypeAdapter(shape)
    read = adapter.validate_json(json.dumps(value, allow_nan=False), strict=True)
    assert adapter.dump_python(read, mode="json") == value, f"more than {shape.__name__} says"


@pytest.mark.parametrize("route", [route for route in ROUTES if route.method == "GET" and "<" not in route.path])
def test_every_route_answers_with_its_shape(small_board: Board, route) -> None:
    for query in VARIANTS.get(route.path, [""]):
        if route.shape is None:
            continue
        status, body = small_board.get(route.path + query)
        assert status == 200
        check(route.shape, body)


def test_every_cards_detail_has_its_shape(small_board: Board) -> None:
    columns = small_board.get("/api/board")[1]["columns"].values()
    cards = [card for column in columns for card in column["cards"]]
    assert len(cards) == 10
    for card in cards:
        status, detail = small_board.get(f"/api/file?path={card['path']}")
        assert status == 200
        check(shapes.Detail, detail)
        if card["id"]:
            check(shapes.Detail, small_board.get(f"/api/tasks/{card['id']}")[1])


def test_a_posted_login_link_has_its_shape(small_board: Board) -> None:
    status, body = small_board.get("/api/login-codes", method="POST")
    assert status == 200
    check(shapes.LoginLink, body)


@pytest.mark.parametrize(
    "path",
    [
        "/api/tasks/none",
        "/api/file?path=inbox/none.yaml",
        "/api/file",
        "/api/board?sort=x",
        "/api/since",
        "/api/since?at=yesterday",
        "/api/flow?range=1y",
        "/api/activity?before=x",
        "/api/activity?before=1.1&limit=0",
        "/api/none",
        "/api/portfolio",
    ],
)
def test_every_refusal_is_one_sentence(small_board: Board, path: str) -> None:
    status, body = small_board.get(path)
    assert status in (400, 404)
    check(shapes.ErrorJson, body)


def test_every_event_of_a_busy_day_has_its_shape_and_its_head(start_board: Callable[..., Board]) -> None:
    board = start_board()
    follower = board.follow(topics=("board", "activity", "costs"))
    board.put("inbox/a.yaml")
    follower.wait_for("task.created")
    for to, name in (
        ("assigned/p/a.yaml", "task.assigned"),
        ("done/p/a.yaml", "task.completed"),
        ("inbox/a.yaml", "task.returned"),
    ):
        board.rename(next(iter(follower.cards)), to)
        follower.wait_for(name)
    board.put("inbox/a.yaml", task_text("a", "changed"))
    follower.wait_for("task.updated")
    board.put("inbox/a.yaml", "id: [")
    follower.wait_for("task.invalid")
    board.remove("inbox/a.yaml")
    follower.wait_for("task.removed")
    for number in range(120):
        board.put(f"new/t{number}.yaml")
    board.rename("new", "assigned/many")
    follower.wait_for("board.changed")
    follower.call("ping")
    follower.wait_for("pong")
    telemetry = board.runtime.telemetry.opened()
    telemetry.budgets.add({"name": "cap", "period": "day", "limit_usd": 1})
    follower.wait_for("budget.changed")
    call = Invocation("one", time.time_ns() // 1_000_000, "m", "test", input_tokens=1, reported_nano=2 * 10**9)
    telemetry.recorder.record([call])
    for name in ("telemetry.update", "cost.update", "budget.alert"):
        follower.wait_for(name)
    board.root.rename(board.root.parent / "away")
    follower.wait_for("board.noted")
    board.runtime.dashboard.live.say_goodbye()
    follower.wait_for("server.stopping")
    assert_all_of_the_catalogue(follower.heard)


def assert_all_of_the_catalogue(heard: list[Heard]) -> None:
    assert_shapes(heard)
    ours = {event.name for event in CATALOGUE if event.topic is None or event.topic in JOINED}
    missing = ours - {name for name, _, _ in heard}
    assert missing == {"stream.lost"}, "heard in tests/faults/test_slow_clients.py"


def assert_shapes(heard: list[Heard]) -> None:
    """Each event has its head and its shape; the topic of one thing ends with that thing's key."""
    known = {event.name: event for event in CATALOGUE}
    for name, payload, _ in heard:
        event = known[name]
        body = dict(payload)
        if event.topic is not None:
            head = {field: body.pop(field) for field in HEAD}
            assert all(isinstance(head[field], kind) for field, kind in HEAD.items())
            assert head["topic"] == event.topic or head["topic"].partition(":")[0] in FAMILIES
            assert "timestamp" not in body or body["timestamp"] == head["at"]
        check(event.shape, body)
