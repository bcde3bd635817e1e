"""Training jobs in a running dashboard: routes, the topic, the feed, restarts; against simulators."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import TypeAdapter

from llm_service.core.page_links import job_link
from llm_service.core.training import shapes as shapes
from llm_service.upstreams import Upstream
from tests.kit.boards import Board, running_board
from tests.kit.simulator import ask
from tests.kit.waiting import wait_until

Make = Callable[..., Any]
FINETUNE = {"kind": "finetune", "epochs": 3, "batch_size": 4, "lr": 0.0002}


def watching(start_board: Make, bobsparks: list[Any], skills: list[Any] = [], **more: Any) -> Board:  # noqa: B006
    return start_board(  # type: ignore[no-any-return]
        bobspark=tuple(Upstream(f"box-{n}", one.url) for n, one in enumerate(bobsparks)),
        skill_training=tuple(Upstream(f"skills-{n}", one.url) for n, one in enumerate(skills)),
        **more,
    )


def send(board: Board, method: str, path: str, body: object = None) -> tuple[int, Any]:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {board.token}"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(board.url.rstrip("/") + path, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.loads(refused.read())


def jobs(board: Board, query: str = "") -> list[dict[str, Any]]:
    status, body = board.get(f"/api/training{query}")
    assert status == 200
    TypeAdapter(shapes.JobList).validate_python(body, strict=True)
    return list(body["jobs"])


def test_a_start_is_told_on_the_topic_and_in_the_feed_and_a_second_one_attaches(
    start_board: Make, make_bobspark: Make
) -> None:
    board = watching(start_board, [make_bobspark(speed=10)])
    follower = board.follow(topics=("training", "activity"))
    follower.wait_for("training.snapshot")

    def heard(name: str) -> list[Any]:
        return [each for each in follower.heard if each.name == name]

    status, body = send(board, "POST", "/api/training", FINETUNE)
    assert status == 202
    key = body["job"]["key"]
    assert key == "box-0:ft_01"
    told = follower.wait_for("job.started")
    TypeAdapter(shapes.JobCard).validate_python(told["job"], strict=True)
    assert (told["job"]["key"], told["was"]) == (key, None)
    href = job_link(key)
    follower.until(lambda: href in [each.payload["entry"].get("href") for each in heard("activity.added")], "its line")
    status, body = send(board, "POST", "/api/training", FINETUNE)
    assert (status, body["job"]) == (409, key)
    assert [one["key"] for one in jobs(board, "?kind=finetune&status=running&source=box-0")] == [key]
    assert jobs(board, "?kind=skill") == []


def test_what_cannot_be_used_is_400_with_its_fields(start_board: Make, bobspark: Any) -> None:
    board = watching(start_board, [bobspark])
    status, body = send(board, "POST", "/api/training", {**FINETUNE, "epochs": 0, "lr": 7})
    assert (status, set(body["fields"])) == (400, {"epochs", "learning_rate"})
    assert send(board, "POST", "/api/training", {"kind": "skill", "skill_id": "x"})[0] == 400
    assert send(board, "POST", "/api/training", [])[0] == 400
    assert board.get("/api/training?kind=cake")[0] == 400
    assert board.get("/api/training?before=cake")[0] == 400
    assert board.get("/api/training/nobody")[0] == 404
    assert send(board, "DELETE", "/api/training/nobody")[0] == 404
    assert bobspark.ledger()["jobs"] == {}


def test_equal_ids_of_two_servers_need_their_key(start_board: Make, make_bobspark: Make) -> None:
    servers = [make_bobspark(speed=1), make_bobspark(speed=1)]
    for server in servers:
        ask(server.url + "/api/finetune/start", "POST", {"epochs": 3})
    board = watching(start_board, servers)
    wait_until(lambda: len(jobs(board, "?kind=finetune")) == 2, "both")
    status, body = board.get("/api/training/ft_01")
    assert (status, body["keys"]) == (409, ["box-0:ft_01", "box-1:ft_01"])
    status, body = board.get("/api/training/box-1:ft_01")
    assert (status, body["source"]) == (200, "box-1")
    status, body = send(board, "POST", "/api/training", FINETUNE)
    assert (status, list(body["fields"])) == (400, ["source"])


def test_jobs_survive_a_restart_and_nothing_is_announced_again(tmp_path: Path, make_bobspark: Make) -> None:
    server = make_bobspark(speed=30)
    (tmp_path / "work").mkdir()
    settings = {"bobspark": (Upstream("box-0", server.url),)}
    with running_board(tmp_path / "work", tmp_path / "state", **settings) as board:
        send(board, "POST", "/api/training", FINETUNE)
        (done,) = wait_until(lambda: jobs(board, "?status=completed"), "the end", 40.0)
    server.stop()
    with running_board(tmp_path / "work", tmp_path / "state", **settings) as board:
        (kept,) = wait_until(lambda: jobs(board), "the kept job")
        names = ("key", "status", "loss", "rating", "started_at", "finished_at", "best_loss", "first_loss", "series")
        assert {name: kept[name] for name in names} == {name: done[name] for name in names}
        wait_until(lambda: board.follow(topics=("training",)).wait_for("training.snapshot")["jobs"], "it is listed")
        follower = board.follow(topics=("training", "activity"))
        (listed,) = follower.wait_for("training.snapshot")["jobs"]
        assert listed["key"] == "box-0:ft_01"
        entries = follower.wait_for("activity.snapshot")["entries"]
        assert not [entry for entry in entries if entry["event"].startswith("job.")]
        _, body = board.get("/api/training/adapters")
        TypeAdapter(shapes.Adapters).validate_python(body, strict=True)
        assert [(one["key"], one["job"]) for one in body["adapters"]] == [("box-0:ft_01", "box-0:ft_01")]
        assert [trouble["source"] for trouble in body["troubles"]] == ["box-0"]


def test_skill_training_ends_by_itself_in_the_dashboard(start_board: Make, make_skills: Make) -> None:
    board = watching(start_board, [], [make_skills(speed=20)])
    follower = board.follow(topics=("training",))
    follower.wait_for("training.snapshot")
    status, body = send(board, "POST", "/api/training", {"kind": "skill", "skill_id": "electrician"})
    assert status == 202
    told = follower.wait_for("job.finished")
    assert (told["job"]["key"], told["was"], told["job"]["status"]) == (body["job"]["key"], "running", "completed")
    assert told["job"]["rating"] is not None
    status, _ = send(board, "DELETE", f"/api/training/{quote(body['job']['key'])}")
    assert status == 409


def test_without_a_watched_server_the_routes_answer(start_board: Make) -> None:
    board = start_board()
    assert jobs(board) == []
    assert board.get("/api/training/adapters") == (200, {"adapters": [], "troubles": []})
    status, body = send(board, "POST", "/api/training", FINETUNE)
    assert (status, list(body["fields"])) == (400, ["source"])


def test_all_that_lives_works_without_telemetry(start_board: Make, make_bobspark: Make) -> None:
    board = watching(start_board, [make_bobspark(speed=5)], telemetry=False)
    status, body = send(board, "POST", "/api/training", FINETUNE)
    assert status == 202
    wait_until(lambda: board.get(f"/api/training/{body['job']['key']}")[1]["step"], "a step")
    assert len(jobs(board)) == 1
