"""Feed, machines, queue, commands and pages of a watched server, over the whole house: simulator to client."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llm_service.core.routes import ROUTES
from llm_service.simulators.bobspark import Bobspark
from llm_service.upstreams import Upstream
from tests.dashboard.test_shapes import check
from tests.kit.boards import Board, running_board
from tests.kit.follower import Follower
from tests.kit.run_follower import post
from tests.kit.simulator import submit, wait_for_end
from tests.kit.waiting import wait_until

SHAPES = {(route.method, route.path): route.shape for route in ROUTES}


@pytest.fixture
def watch(tmp_path: Path) -> Callable[..., Any]:
    """Starts a board that watches simulators by name; the same state directory each time."""

    def start(*, telemetry: bool = True, **simulators: Bobspark) -> Any:
        upstreams = tuple(Upstream(name, one.url) for name, one in simulators.items())
        return running_board(tmp_path / "work", tmp_path / "state", bobspark=upstreams, telemetry=telemetry)

    return start


def asked(board: Board, path: str, query: str = "", method: str = "GET") -> Any:
    """What a route answers, which has its shape."""
    status, body = board.get(path + query, method)
    assert status == 200, body
    check(SHAPES[method, path], body)
    return body


def listed(follower: Follower, topic: str, name: str) -> Callable[[], dict[str, dict[str, Any]]]:
    """The rows of a topic by key, as this client knows them."""

    def rows() -> dict[str, dict[str, Any]]:
        known: dict[str, dict[str, Any]] = {}
        for heard in list(follower.heard):
            if heard.payload.get("topic") == topic:
                known.update((row["key"], row) for row in heard.payload.get(name, ()))
        return known

    return rows


def test_the_feed_has_every_run_that_ended_and_survives_a_restart(watch, make_bobspark) -> None:
    simulator = make_bobspark(speed=100)
    with watch(s=simulator) as board:
        ids = [submit(simulator, model=f"m{n % 2}") for n in range(5)]
        ledger = wait_for_end(simulator, *ids)
        wait_until(lambda: len(asked(board, "/api/feed")["entries"]) == 5, "five runs in the feed")
        feed = asked(board, "/api/feed")
        assert feed["models"] == ["m0", "m1"]
        ends = [entry["run"]["finished_at"] for entry in feed["entries"]]
        assert ends == sorted(ends, reverse=True)
        for entry in feed["entries"]:
            run = ledger[entry["run"]["id"]]
            assert (entry["run"]["status"], entry["run"]["tokens_out"]) == (run["status"], run["tokens_out"])
            if run["status"] == "completed":
                assert entry["snippet"]
                assert entry["agent"] not in ("supervisor", "system", "finish")
    with watch(s=simulator) as board:
        assert asked(board, "/api/feed")["entries"] == feed["entries"]
        first = asked(board, "/api/feed", "?limit=2")
        rest = asked(board, "/api/feed", f"?limit=9&before={first['next']}")
        assert [*first["entries"], *rest["entries"]] == feed["entries"]
        assert len(asked(board, "/api/feed", "?model=m1")["entries"]) == 2
        assert asked(board, "/api/feed", "?q=nothing+like+that")["entries"] == []
        for query in ("?status=running", "?limit=0", "?before=x"):
            assert board.get(f"/api/feed{query}")[0] == 400


def test_machines_and_queues_are_told_live_and_on_their_routes(watch, make_bobspark) -> None:
    simulator = make_bobspark(speed=1)
    for _ in range(10):
        submit(simulator, queued=True, sim={"iterations": 200, "rate": 1})
    simulator.set_faults("http-500:/api/system/linux/stats")
    with watch(s=simulator) as board:
        follower = board.follow(topics=("nodes", "queue"))
        nodes, queues = listed(follower, "nodes", "nodes"), listed(follower, "queue", "queues")
        follower.until(lambda: set(nodes()) == {"s:spark", "s:linux"}, "both machines")
        follower.until(lambda: queues().get("s", {}).get("depth") == 2, "two that wait")
        follower.until(lambda: queues()["s"]["running"] == 8, "eight that run")
        follower.until(lambda: (queues()["s"]["active_job"] or {}).get("id") == "job_1", "the active job")
        for heard in follower.heard:
            if heard.name in ("node.changed", "queue.changed"):
                body = {name: value for name, value in heard.payload.items() if name in ("nodes", "queues")}
                check(SHAPES["GET", "/api/nodes" if "nodes" in body else "/api/queue"], body)
        assert {node["key"] for node in asked(board, "/api/nodes")["nodes"]} == set(nodes())
        assert asked(board, "/api/queue")["queues"][0]["depth"] == 2
        assert nodes()["s:linux"]["level"] == "offline"
        assert nodes()["s:spark"]["level"] in ("ok", "warn", "critical")


def test_commands_go_to_the_server_and_its_refusals_come_back_in_words(watch, make_bobspark) -> None:
    simulator = make_bobspark(speed=1)
    for _ in range(10):
        submit(simulator, queued=True, config={"node": "spark"}, sim={"iterations": 200, "rate": 1})
    with watch(s=simulator) as board:
        follower = board.follow(topics=("queue",))
        queues = listed(follower, "queue", "queues")
        follower.until(lambda: queues().get("s", {}).get("depth") == 2, "two that wait")
        key = queues()["s"]["items"][0]["key"]
        status, answer = post(board, "/api/queue/cancel", {"keys": [key]})
        check(SHAPES["POST", "/api/queue/cancel"], answer)
        assert (status, answer["cancelled"]) == (200, 1)
        follower.until(lambda: queues()["s"]["depth"] == 1, "one that waits")
        assert post(board, "/api/queue/cancel", {})[1]["cancelled"] == 1
        follower.until(lambda: queues()["s"]["depth"] == 0, "none that waits")

        status, answer = post(board, "/api/coordinator/s/add-node", {"node": "linux", "job": "job_1"})
        check(SHAPES["POST", "/api/coordinator/<source>/add-node"], answer)
        assert status == 200
        status, answer = post(board, "/api/coordinator/s/add-node", {"node": "linux", "job": "job_1"})
        assert status == 409
        assert "Node linux works on this job already" in answer["error"]
        path = "/api/coordinator/s/jobs/job_1/nodes/linux"
        for deed in ("pause", "resume"):
            status, answer = post(board, f"{path}/{deed}", method="PUT")
            check(SHAPES["PUT", f"/api/coordinator/<source>/jobs/<id>/nodes/<name>/{deed}"], answer)
            assert status == 200
        states = {node["name"]: node["status"] for node in queues()["s"]["active_job"]["nodes"]}
        assert states["spark"] == "running"
        assert post(board, "/api/coordinator/s/jobs/job_9/nodes/linux/pause", method="PUT")[0] == 404
        assert post(board, "/api/coordinator/t/jobs/job_1/nodes/linux/pause", method="PUT")[0] == 404
        simulator.set_faults(f"http-500:{path.replace('/s/', '/')}/*")
        status, answer = post(board, f"{path}/pause", method="PUT")
        assert status == 502
        assert "answered 500" in answer["error"]


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/api/queue/cancel", [], "send a JSON object"),
        ("/api/queue/cancel", {"keys": "s:run_1"}, "keys is a list"),
        ("/api/queue/cancel", {"keys": [1]}, "keys is a list"),
        ("/api/queue/cancel", {"keys": ["s:x"] * 1001}, "keys is a list"),
        ("/api/queue/cancel", {"source": 3}, "source is missing"),
        ("/api/coordinator/s/add-node", {"node": "linux"}, "job is missing"),
        ("/api/coordinator/s/add-node", {"node": "a\nb", "job": "j"}, "node is missing"),
    ],
)
def test_what_is_no_command_is_refused_with_a_sentence(small_board: Board, path: str, body: object, said: str) -> None:
    status, answer = post(small_board, path, body)
    assert status == 400
    assert said in answer["error"]


def test_a_server_that_nobody_watches_is_named_in_the_refusal(small_board: Board) -> None:
    for path in ("/api/analytics?source=x", "/api/datasets/x:1/stats"):
        status, answer = small_board.get(path)
        assert status == 404
        assert "no BobSpark server named x is watched; watched are: none" in answer["error"]
    assert post(small_board, "/api/queue/cancel", {}) == (200, {"results": [], "cancelled": 0, "failed": 0})


def test_pages_read_on_demand_have_their_shapes(watch, make_bobspark) -> None:
    simulator, other = make_bobspark(speed=100), make_bobspark(speed=100, faults=["http-500"])
    wait_for_end(simulator, *(submit(simulator) for _ in range(3)))
    with watch(s=simulator, t=other) as board:
        for query in ("", "?range=24h", "?range=30d", "?range=all", "?source=s"):
            page = asked(board, "/api/analytics", query)
            assert page["totals"]["runs"] == 3
        assert [trouble["source"] for trouble in asked(board, "/api/analytics")["troubles"]] == ["t", "t"]
        datasets = asked(board, "/api/datasets")
        assert {trouble["source"] for trouble in datasets["troubles"]} == {"t"}
        key = datasets["datasets"][0]["key"]
        for part in ("stats", "examples", "provenance"):
            status, body = board.get(f"/api/datasets/{key}/{part}")
            assert status == 200
            check(SHAPES["GET", f"/api/datasets/<key>/{part}"], body)
        assert board.get("/api/datasets/s:none/stats")[0] == 404
        assert board.get("/api/datasets/t:none/stats")[0] == 502
        assert asked(board, "/api/models")["models"]
        assert asked(board, "/api/qa")["entries"]
        assert board.get("/api/analytics?range=1y")[0] == 400


def test_hostile_texts_stay_texts(watch, make_bobspark) -> None:
    simulator = make_bobspark(speed=100)
    run_id = submit(simulator, sim={"outcome": "completed"})
    simulator.set_faults("hostile")
    with watch(s=simulator) as board:
        wait_for_end(simulator, run_id)
        wait_until(lambda: asked(board, "/api/feed")["entries"], "the run in the feed")
        datasets = asked(board, "/api/datasets")["datasets"]
        assert any("<script>" in dataset["name"] + dataset["description"] for dataset in datasets)
        examples = board.get(f"/api/datasets/{datasets[0]['key']}/examples")[1]["examples"]
        assert all(len(example) <= 600 for example in examples)
        asked(board, "/api/models")
        asked(board, "/api/qa")


def test_without_telemetry_all_that_is_live_works_and_history_says_that_it_is_off(watch, make_bobspark) -> None:
    simulator = make_bobspark(speed=1)
    for _ in range(9):
        submit(simulator, queued=True, sim={"iterations": 200, "rate": 1})
    with watch(telemetry=False, s=simulator) as board:
        follower = board.follow(topics=("nodes", "queue"))
        queues = listed(follower, "queue", "queues")
        follower.until(lambda: len(listed(follower, "nodes", "nodes")()) == 2, "both machines")
        follower.until(lambda: queues().get("s", {}).get("running") == 8, "what runs")
        card = queues()["s"]
        assert (card["depth"], card["completed_today"], card["tokens_out_total"]) == (1, None, None)
        assert asked(board, "/api/analytics", "?range=24h")["totals"]["runs"] == 9
        assert asked(board, "/api/datasets")["datasets"][0]["growth"]
        assert asked(board, "/api/models")["models"]
        assert post(board, "/api/queue/cancel", {})[1]["cancelled"] == 1
        status, answer = board.get("/api/feed")
        assert status == 503
        assert "Telemetry is off" in answer["error"]
