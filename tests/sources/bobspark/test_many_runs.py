"""Several servers, long lists, restarts of ours."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llm_service.simulators.bobspark import Bobspark
from llm_service.sources.bobspark import ended_runs, run_watch
from llm_service.upstreams import Upstream
from tests.kit.boards import Board, Folder, running_board
from tests.kit.run_follower import RunFollower, post
from tests.kit.simulator import submit, wait_for_end
from tests.kit.waiting import wait_until
from tests.sources.bobspark.test_launched_runs import rows_of_telemetry


def test_two_servers_with_equal_ids_are_told_apart(
    make_bobspark: Callable[..., Bobspark], watch: Callable[..., Board]
) -> None:
    one, other = make_bobspark(speed=20), make_bobspark(speed=20, dialect="b")
    board = watch(one, other)
    client = RunFollower(board).connect()
    run_id = submit(one, model="gpt-4o")
    assert submit(other, model="gpt-4o-mini") == run_id
    runs = client.ended(2)
    assert {run["model"] for run in runs.values()} == {"gpt-4o", "gpt-4o-mini"}
    status, refusal = board.get(f"/api/runs/{run_id}")
    assert (status, refusal["keys"]) == (409, [f"a:{run_id}", f"b:{run_id}"])
    assert run_id in refusal["error"]
    assert post(board, f"/api/runs/{run_id}", method="DELETE")[0] == 409
    for key, ledger in ((f"a:{run_id}", one.ledger()), (f"b:{run_id}", other.ledger())):
        wait_until(
            lambda key=key, ledger=ledger: runs[key]["tokens_out"] == ledger["runs"][run_id]["tokens_out"], "tokens"
        )
        assert board.get(f"/api/runs/{key}")[1]["run"]["source"] == key[0]
    status, refusal = post(board, "/api/runs", {"batch": "x", "model": "m", "domain": "d"})
    assert (status, "a, b" in refusal["fields"]["source"]) == (400, True)


def test_a_list_of_five_thousand_runs_is_read_and_kept(
    make_bobspark: Callable[..., Bobspark], watch: Callable[..., Board], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = make_bobspark(past_runs=5_000, faults=["bare-lists"])
    monkeypatch.setattr(run_watch, "FIRST_LIMIT", 6_000)
    monkeypatch.setattr(run_watch, "LIMIT", 6_000)
    board = watch(server)
    client = RunFollower(board).connect()

    def kept() -> int:
        return len(_all_runs(board))

    wait_until(lambda: kept() == 5_000, f"5,000 kept runs, there are {kept()}")
    live = submit(server, sim={"outcome": "completed"})
    client.until(lambda: client.runs.get(f"a:{live}", {}).get("status") == "completed", "the new run")
    assert len(client.runs) < 100, "what ended long ago is no live run"
    assert board.get("/api/runs?limit=1")[1]["runs"][0]["id"] == live
    lines = _csv(board)
    assert lines[0] == "RUN ID,TYPE,DOMAIN,NODE,TOKENS,ITERS,DURATION,STATUS"
    assert len(lines) == 5_002


def test_a_restart_of_ours_settles_what_ended_meanwhile_and_goes_on_with_what_runs(
    make_bobspark: Callable[..., Bobspark], folder: Folder, tmp_path: Path
) -> None:
    server = make_bobspark(speed=4)
    settings = {"bobspark": (Upstream("a", server.url),), "agent_logs": False}
    plans = {"short": (3, 4), "long": (5, 10), "gone": (8, 40)}
    with running_board(folder.root, tmp_path / "state", **settings) as board:
        client = RunFollower(board).connect()
        ids = {
            name: submit(server, sim={"outcome": "completed", "iterations": iterations, "updates": updates})
            for name, (iterations, updates) in plans.items()
        }
        client.until(lambda: len(client.runs) == 3 and all(run["tokens_out"] for run in client.runs.values()), "tokens")
    wait_for_end(server, ids["short"])
    server.runs.all.pop(ids["gone"])
    with running_board(folder.root, tmp_path / "state", **settings) as board:
        client = RunFollower(board).connect()
        runs = client.ended(3, within_s=40)
        assert runs[f"a:{ids['gone']}"]["status"] == "vanished"
        for name in ("short", "long"):
            _assert_settled(board, client, server, ids[name])
        kept = [("a:" + i, told["tokens_in"], told["tokens_out"]) for i, told in server.ledger()["runs"].items()]
        gone = f"a:{ids['gone']}"
        wait_until(lambda: [row for row in rows_of_telemetry(board) if row[0] != gone] == sorted(kept), "each row once")


def test_the_end_of_a_run_is_told_once_although_we_restart(
    make_bobspark: Callable[..., Bobspark], folder: Folder, tmp_path: Path
) -> None:
    server = make_bobspark()
    settings = {"bobspark": (Upstream("a", server.url),), "agent_logs": False}
    with running_board(folder.root, tmp_path / "state", **settings) as board:
        client = RunFollower(board).connect()
        before = f"a:{submit(server, sim={'outcome': 'completed', 'iterations': 1})}"
        assert client.until(lambda: _ends_told(client), "its end", 20) == [before]
        wait_until(lambda: board.get("/api/runs?status=completed")[1]["runs"], "a run that is kept")
    with running_board(folder.root, tmp_path / "state", **settings) as board:
        client = RunFollower(board).connect()
        client.until(lambda: client.runs.get(before, {}).get("status") == "completed", "the run of before")
        after = f"a:{submit(server, sim={'outcome': 'failed', 'iterations': 1})}"
        # The list that told of the second run told of the first one too.
        assert client.until(lambda: _ends_told(client), "the end of the run of after", 20) == [after]


def _ends_told(client: RunFollower) -> list[str]:
    return [heard.payload["run"]["key"] for heard in client.heard if heard.name == "run.finished"]


def _assert_settled(board: Board, client: RunFollower, server: Bobspark, run_id: str) -> None:
    told, key = server.ledger()["runs"][run_id], f"a:{run_id}"
    client.until(lambda: client.runs[key]["tokens_out"] == told["tokens_out"], "the ledger's tokens")
    assert client.runs[key]["status"] == "completed"

    def events() -> list[dict[str, Any]]:
        return [
            event for event in board.get(f"/api/runs/{key}/events?limit=2000")[1]["events"] if event["type"] != "gap"
        ]

    wait_until(lambda: len(events()) == told["events"], f"{told['events']} events, there are {len(events())}")


def test_without_telemetry_everything_live_works(
    make_bobspark: Callable[..., Bobspark], watch: Callable[..., Board]
) -> None:
    server = make_bobspark(speed=20)
    board = watch(server, telemetry=False)
    client = RunFollower(board).connect()
    post(board, "/api/runs", {"batch": "b", "model": "m", "domain": "d", "workers": 2})
    runs = client.ended(2)
    page = board.get("/api/runs?limit=1")[1]
    assert len(page["runs"]) == 1
    assert page["next"] is not None
    (second,) = board.get(f"/api/runs?before={page['next']}")[1]["runs"]
    assert {page["runs"][0]["key"], second["key"]} == set(runs)

    def whole() -> bool:
        events = board.get(f"/api/runs/{second['key']}/events")[1]
        return events["complete"] and len(events["events"]) == server.ledger()["runs"][second["id"]]["events"]

    wait_until(whole, "every event of the ledger")
    assert board.get("/api/runs?q=nothing")[1]["runs"] == []
    assert board.get("/api/runs?status=asleep")[0] == 400
    assert board.get("/api/runs?before=strange")[0] == 400


def _all_runs(board: Board) -> list[str]:
    keys, before = [], ""
    while before is not None:
        status, page = board.get(f"/api/runs?limit=500&before={before}")
        assert status == 200
        keys += [run["key"] for run in page["runs"]]
        before = page["next"]
    assert len(keys) == len(set(keys))
    return keys


def _csv(board: Board) -> list[str]:

    request = urllib.request.Request(
        board.url + "api/runs/export.csv", headers={"Authorization": f"Bearer {board.token}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode().splitlines()


def test_runs_that_wait_show_their_place_and_are_no_streams(
    make_bobspark: Callable[..., Bobspark], watch: Callable[..., Board]
) -> None:
    server = make_bobspark(slots=1, speed=2)
    for _ in range(3):
        submit(server, queued=True)
    board = watch(server)
    client = RunFollower(board).connect()
    client.until(lambda: sorted(run["queue_position"] or 0 for run in client.runs.values()) == [0, 1, 2], "places")
    waiting = [run for run in client.runs.values() if run["status"] == "queued"]
    assert [run["badge"] for run in waiting] == ["QUEUED", "QUEUED"]
    assert all(run["line"]["state"] == "none" for run in waiting)
    client.until(lambda: (client.fleet["running"], client.fleet["queued"]) == (1, 2), "the fleet's counts")


def test_what_ended_an_hour_ago_leaves_the_live_list(
    make_bobspark: Callable[..., Bobspark], watch: Callable[..., Board], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = make_bobspark(speed=20)
    board = watch(server)
    client = RunFollower(board).connect()
    run_id = submit(server, sim={"outcome": "completed"})
    client.until(lambda: client.runs.get(f"a:{run_id}", {}).get("status") == "completed", "the end")
    # Not before: on a busy machine a run may be seen for the first time when it is over for longer than that.
    monkeypatch.setattr(ended_runs, "LISTED_AFTER_END_MS", 0)
    client.until(lambda: not client.runs, "an empty list")
    assert board.get(f"/api/runs/{run_id}")[1]["run"]["status"] == "completed", "it is kept"
    assert board.runtime.hub.ask(lambda state: dict(state.rows("runs"))) == {}
