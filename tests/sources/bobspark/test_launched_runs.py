"""Workers launched from here: every number on every card is the server's own at the end."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from llm_service.core.pricing.gpu_hours import GpuHour
from llm_service.simulators.bobspark import Bobspark
from tests.kit.boards import Board
from tests.kit.run_follower import RunFollower, post
from tests.kit.waiting import wait_until

FORM = {"batch": "b1", "model": "claude-3-5-sonnet", "domain": "AWS IAM", "type": "qa", "workers": 18}


def assert_equals_ledger(runs: dict[str, dict[str, Any]], ledger: dict[str, Any], source: str = "a") -> None:
    """Everything that a card and the server's ledger both tell."""
    assert runs.keys() == {f"{source}:{run_id}" for run_id in ledger}
    for run_id, told in ledger.items():
        card = runs[f"{source}:{run_id}"]
        equal = ("status", "tokens_in", "tokens_out", "model", "task", "created_at", "duration_s", "max_iter")
        assert {name: card[name] for name in equal} == {name: told[name] for name in equal}, run_id
        assert card["iteration"] == told["iterations"] or told["iterations"] == 0


def rows_of_telemetry(board: Board) -> list[tuple[Any, ...]]:
    """The calls that telemetry has of runs."""
    path = next((board.root.parent / "state").rglob("telemetry.db"))
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return db.execute(
            "SELECT session, input_tokens, output_tokens FROM invocations WHERE tool = 'bobspark' ORDER BY session"
        ).fetchall()


@pytest.mark.parametrize("dialect", ["a", "b"])
def test_eighteen_workers_end_as_the_servers_ledger_says(
    make_bobspark: Callable[..., Bobspark], watch: Callable[..., Board], dialect: str
) -> None:
    server = make_bobspark(dialect=dialect, speed=20, slots=18, failing=0.4)
    board = watch(server)
    client = RunFollower(board).connect()
    status, answer = post(board, "/api/runs", FORM)
    assert (status, answer["batch"]["state"], answer["batch"]["wanted"]) == (202, "sending", 18)
    client.until(lambda: client.batches and client.batches[0]["state"] == "done", "a sent batch")
    assert len(client.batches[0]["started"]) == 18
    runs = client.ended(18)
    client.until(lambda: client.fleet["running"] == 0, "a fleet at rest")
    ledger = server.ledger()["runs"]
    # What a silent server knows better is asked for once more, a second later at most.
    wait_until(lambda: not _differences(runs, ledger), "cards that equal the ledger")
    assert_equals_ledger(runs, ledger)
    assert {run["status"] for run in runs.values()} == {"completed", "failed"}
    assert client.fleet["tokens_out"] == sum(told["tokens_out"] for told in ledger.values())
    assert all(run["batch"] == "b1" and run["badge"] in ("DONE", "ERROR") for run in runs.values())
    assert client.holes == client.lost == 0


def _differences(runs: dict[str, dict[str, Any]], ledger: dict[str, Any]) -> list[str]:
    return [
        run_id
        for run_id, told in ledger.items()
        for name in ("status", "tokens_in", "tokens_out", "duration_s", "max_iter")
        if runs[f"a:{run_id}"][name] != told[name]
    ]


def test_every_event_is_kept_once_and_can_be_asked_for(bobspark: Bobspark, watch: Callable[..., Board]) -> None:
    board = watch(bobspark)
    client = RunFollower(board).connect()
    post(board, "/api/runs", {**FORM, "workers": 3})
    runs = client.ended(3)
    ledger = bobspark.ledger()["runs"]
    for key, run in runs.items():
        _assert_all_kept(board, key, run["id"], ledger[run["id"]]["events"])


def _assert_all_kept(board: Board, key: str, run_id: str, count: int) -> None:
    def events() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = board.get(f"/api/runs/{key}/events?limit=2000")[1]["events"]
        return found

    wait_until(lambda: len(events()) == count, f"all {count} events")
    assert len({event["id"] for event in events()} - {None}) == count
    assert [event["n"] for event in events()] == list(range(1, count + 1))
    detail = board.get(f"/api/runs/{run_id}")[1]
    assert detail["run"]["key"] == key
    assert detail["events"] == events()


def test_token_use_is_in_telemetry_once_a_run(bobspark: Bobspark, watch: Callable[..., Board]) -> None:
    board = watch(bobspark)
    client = RunFollower(board).connect()
    post(board, "/api/runs", {**FORM, "workers": 4, "node": "linux"})
    client.ended(4)
    expected = sorted(
        (f"a:{i}", told["tokens_in"], told["tokens_out"]) for i, told in bobspark.ledger()["runs"].items()
    )
    wait_until(lambda: rows_of_telemetry(board) == expected, "rows that equal the ledger")
    (machine,) = board.get("/api/costs?range=24h&by=node")[1]["nodes"]
    assert (machine["name"], machine["invocations"]) == ("linux", 4)
    assert len(board.get("/api/telemetry/invocations?node=linux")[1]["rows"]) == 4
    client.until(lambda: all(run["cost_usd"] for run in client.runs.values()), "costs on the cards")


def test_a_local_model_costs_its_time(bobspark: Bobspark, watch: Callable[..., Board]) -> None:
    board = watch(bobspark, gpu_hours=(GpuHour("spark", 360 * 10**9),))
    client = RunFollower(board).connect()
    post(board, "/api/runs", {**FORM, "workers": 1, "model": "local/spark-model"})
    (run,) = client.ended(1).values()
    ((_, told),) = bobspark.ledger()["runs"].items()
    cost = pytest.approx(told["duration_s"] / 10)
    client.until(lambda: client.runs[run["key"]]["cost_usd"] == cost, "0.1 USD a second")


def test_one_batch_id_is_one_batch_however_often_it_is_sent(bobspark: Bobspark, watch: Callable[..., Board]) -> None:
    board = watch(bobspark)
    answers: list[tuple[int, Any]] = []
    form = {**FORM, "workers": 3}
    threads = [threading.Thread(target=lambda: answers.append(post(board, "/api/runs", form))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _ in answers} == {202}
    wait_until(lambda: board.get("/api/batches/b1")[1]["batch"]["state"] == "done", "a sent batch")
    assert post(board, "/api/runs", form)[1]["batch"]["state"] == "done"
    assert len(bobspark.ledger()["runs"]) == 3


def test_a_wrong_form_is_told_field_by_field_and_sends_nothing(bobspark: Bobspark, watch: Callable[..., Board]) -> None:
    board = watch(bobspark)
    status, answer = post(board, "/api/runs", {**FORM, "workers": 19, "temperature": "hot"})
    assert status == 400
    assert set(answer["fields"]) == {"workers", "temperature"}
    assert post(board, "/api/runs", "no form")[0] == 400
    assert board.get("/api/batches/b1")[0] == 404
    assert bobspark.ledger()["runs"] == {}


def test_a_batch_that_fails_half_way_says_so_and_offers_the_rest(
    bobspark: Bobspark, watch: Callable[..., Board]
) -> None:
    board = watch(bobspark)
    client = RunFollower(board).connect()
    post(board, "/api/runs", {**FORM, "workers": 5})
    client.until(lambda: client.batches and len(client.batches[0]["started"]) >= 2, "two started workers")
    bobspark.set_faults("http-500:/api/runs")
    client.until(lambda: client.batches[0]["state"] == "stopped", "a stopped batch")
    batch = client.batches[0]
    assert len(batch["started"]) + batch["rest"] == 5
    assert batch["rest"] >= 1
    (failure,) = batch["failed"]
    assert not failure["maybe"]
    assert "500" in failure["error"]
    assert "/api/runs" in failure["error"]
    bobspark.set_faults()
    status, answer = post(board, "/api/batches/b1/rest")
    assert (status, answer["batch"]["state"]) == (202, "sending")
    client.until(lambda: client.batches[0]["state"] == "done", "the rest")
    assert len(client.batches[0]["started"]) == len(bobspark.ledger()["runs"]) == 5


def test_an_answer_that_never_came_may_have_started_a_run(bobspark: Bobspark, watch: Callable[..., Board]) -> None:
    board = watch(bobspark)
    bobspark.set_faults("html:/api/runs")
    post(board, "/api/runs", {**FORM, "workers": 2})

    def batch() -> Any:
        return board.get("/api/batches/b1")[1]["batch"]

    wait_until(lambda: batch()["state"] == "stopped", "a stopped batch")
    assert [failure["maybe"] for failure in batch()["failed"]] == [True]
    assert batch()["rest"] == 1, "what may be there already is not sent again"


def test_cancelling_is_asked_of_the_server_and_told_as_the_server_tells_it(
    bobspark: Bobspark, watch: Callable[..., Board]
) -> None:
    board = watch(bobspark)
    client = RunFollower(board).connect()
    post(board, "/api/runs", {**FORM, "workers": 2})
    client.until(lambda: len(client.runs) == 2, "two runs")
    first = next(iter(client.runs))
    status, answer = post(board, f"/api/runs/{first}", method="DELETE")
    assert (status, answer["run"]["key"]) == (202, first)
    runs = client.ended(2)
    assert (runs[first]["status"], runs[first]["badge"]) == ("cancelled", "CANCELLED")
    assert bobspark.ledger()["runs"][runs[first]["id"]]["status"] == "cancelled"
    assert post(board, "/api/runs/nothing", method="DELETE")[0] == 404
