"""Every event and route of watched servers is what the types say, with simulated servers and all that can happen."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from typing_extensions import TypedDict, get_type_hints

from llm_service.core.events import CATALOGUE, JOINED, TOPICS
from llm_service.core.loss.points import Point
from llm_service.core.runs import shapes as run_shapes
from llm_service.core.training import shapes as training_shapes
from llm_service.simulators.bobspark import Bobspark
from llm_service.upstreams import Upstream
from tests.dashboard.test_shapes import assert_shapes, check
from tests.kit.boards import Board
from tests.kit.follower import Heard
from tests.kit.run_follower import RunFollower, post
from tests.kit.simulator import submit

WATCHED = tuple(topic for topic in TOPICS if topic not in JOINED)
DELTAS = {
    "run.advanced": ("runs", TypedDict("PartOfARun", get_type_hints(run_shapes.RunCard), total=False)),  # type: ignore[operator]
    "job.advanced": ("jobs", TypedDict("PartOfAJob", get_type_hints(training_shapes.JobCard), total=False)),  # type: ignore[operator]
}
FORM = {"batch": "b", "model": "gpt-4o", "domain": "AWS IAM", "workers": 2}


def test_every_event_of_watched_servers_has_its_shape(
    make_bobspark: Callable[..., Bobspark], start_board: Callable[..., Board]
) -> None:
    server = make_bobspark(speed=1)
    board = start_board(bobspark=(Upstream("a", server.url),), agent_logs=False)
    client = RunFollower(board, *(topic for topic in WATCHED if topic != "runs")).connect()
    run = f"a:{submit(server, sim={'outcome': 'completed', 'iterations': 4})}"
    status, job = post(board, "/api/training", {"source": "a", "kind": "finetune", "epochs": 9})
    assert status == 202, job
    job_key = job["job"]["key"]
    client.wait_for("run.started")
    assert client.call("subscribe", {"topic": f"run:{run}"})["ok"]
    client.wait_for("run.snapshot")
    client.until(lambda: any(heard.payload.get("events") for heard in client.heard), "events of one run")
    server.cut()
    for name in ("run.lost", "run.resumed"):
        client.wait_for(name)
    server._conductor.speed = 10
    for name in ("run.finished", "node.changed", "queue.changed"):
        client.wait_for(name)
    client.wait_for("job.started")
    assert client.call("subscribe", {"topic": f"job:{job_key}"})["ok"]
    _make_sick(board, job_key)
    for name in ("job.snapshot", "loss.appended", "alarm.raised", "alarm.cleared", "job.advanced"):
        client.wait_for(name)
    assert post(board, f"/api/training/{job_key}", method="DELETE")[0] in (200, 202)
    client.wait_for("job.finished")
    server.set_faults("http-500:*")
    client.wait_for("source.lost")
    server.set_faults()
    client.wait_for("source.connected")
    client.wait_for("source.changed")
    assert_shapes([_with_whole_deltas(heard) for heard in client.heard])
    theirs = {event.name for event in CATALOGUE if event.topic is not None and event.topic not in JOINED}
    assert theirs - {heard.name for heard in client.heard} == set()


def _with_whole_deltas(heard: Heard) -> Heard:
    """A delta is some fields of a card: each is held to the card's own type, and the key stands for it."""
    many = DELTAS.get(heard.name)
    if many is None:
        return heard
    name, card = many
    for delta in heard.payload[name]:
        check(card, delta)
    return heard._replace(payload={**heard.payload, name: [{"key": delta["key"]} for delta in heard.payload[name]]})


def _make_sick(board: Board, job_key: str) -> None:
    """A loss that is no number for one step, and well again."""
    losses = [2.0, math.nan, *(2.0 - step / 100 for step in range(60))]
    now_ms = time.time_ns() // 1_000_000
    points = [Point(1_000_000 + step, loss, at_ms=now_ms + step) for step, loss in enumerate(losses)]
    board.runtime.upstreams.loss_log().append(job_key, job_key, points)


def test_every_route_of_runs_answers_with_its_shape(
    make_bobspark: Callable[..., Bobspark], start_board: Callable[..., Board]
) -> None:
    server = make_bobspark(speed=20)
    board = start_board(bobspark=(Upstream("a", server.url),), agent_logs=False)
    client = RunFollower(board).connect()
    status, launched = post(board, "/api/runs", FORM)
    assert status == 202
    check(run_shapes.Launched, launched)
    client.until(lambda: client.batches and client.batches[0]["state"] == "done", "a sent batch")
    key = launched["batch"]["started"][0] if launched["batch"]["started"] else next(iter(client.runs))
    status, cancelled = post(board, f"/api/runs/{key}", method="DELETE")
    assert status == 202
    check(run_shapes.OneRun, cancelled)
    client.ended(2)
    for path, shape in (
        ("/api/runs", run_shapes.RunList),
        ("/api/runs?limit=1&q=aws&source=a&model=gpt-4o", run_shapes.RunList),
        (f"/api/runs/{key}", run_shapes.RunDetail),
        (f"/api/runs/{key}/events?after=2&limit=3", run_shapes.RunEvents),
        ("/api/batches/b", run_shapes.Launched),
    ):
        status, body = board.get(path)
        assert status == 200, path
        check(shape, body)
    assert post(board, "/api/batches/b/rest")[0] == 202
