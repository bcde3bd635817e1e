"""The queue of a simulated server: what waits, what is counted, what changed, its minutes, and the active job."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from llm_service.clients.errors import ClientError
from llm_service.clients.web import Client
from llm_service.core.observations import Announced
from llm_service.core.zones import Zone
from llm_service.simulators.bobspark import Bobspark
from llm_service.sources.bobspark_ops.queue_watch import QueueWatch
from llm_service.telemetry.load_store import LoadStore
from llm_service.telemetry.run_store import RunStore
from llm_service.upstreams import Upstream
from tests.kit.kept_nowhere import KeptNowhere
from tests.kit.raw_server import RawServer
from tests.kit.run_cards import run_card
from tests.kit.simulator import submit
from tests.kit.store import NOON_MS, ZONE, Clock, open_database, recording
from tests.kit.waiting import wait_until

SLOTS = 8


class Watching:
    """A watch whose questions the test asks."""

    def __init__(self, url: str, loads: Any, runs: Any, clock: Clock) -> None:
        self.told: list[Announced] = []
        self.seen = False
        self.client = Client(Upstream("s", url))
        watch = QueueWatch(
            self.client,
            self.told.append,
            loads,
            runs,
            running=lambda _: 3,
            seen=lambda: self.seen,
            zone=Zone(ZONE),
            now_ms=clock,
        )
        self.questions = {question.name: question for question in watch.questions()}

    def ask(self, name: str = "queue") -> dict[str, Any]:
        self.questions[name].ask()
        return self.card

    @property
    def card(self) -> dict[str, Any]:
        (card,) = self.told[-1].body["queues"]  # type: ignore[misc]
        assert self.told[-1].rows == {"s": card}
        return card


@pytest.fixture
def watching() -> Iterator[Callable[..., Watching]]:
    made: list[Watching] = []

    def make(bobspark: Bobspark, loads: Any = None, runs: Any = None, clock: Clock | None = None) -> Watching:
        made.append(Watching(bobspark.url, loads or KeptNowhere(), runs or KeptNowhere(), clock or Clock()))
        return made[-1]

    yield make
    for one in made:
        one.client.close()


def fill(simulator: Bobspark, waiting: int) -> None:
    """Let all slots be busy for long, and so many runs wait."""
    for _ in range(SLOTS + waiting):
        submit(simulator, queued=True, sim={"iterations": 200, "rate": 1})
    wait_until(lambda: sum(run["status"] == "running" for run in simulator.ledger()["runs"].values()) == SLOTS, "slots")


@pytest.mark.parametrize("faults", [(), ("aliases",), ("aliases:2",), ("bare-lists",)])
def test_what_waits_is_shown_in_its_order(make_bobspark, watching, faults) -> None:
    simulator = make_bobspark(speed=1)
    fill(simulator, 3)
    simulator.set_faults(*faults)
    card = watching(simulator).ask()
    waiting = [run_id for run_id, run in simulator.ledger()["runs"].items() if run["status"] == "queued"]
    assert [item["id"] for item in card["items"]] == waiting
    assert [item["position"] for item in card["items"]] == [1, 2, 3]
    assert (card["depth"], card["running"], card["reason"]) == (3, 3, "")
    assert card["items"][0]["key"] == f"s:{waiting[0]}"


def test_it_is_told_only_when_something_changed_and_waiting_alone_is_no_change(make_bobspark, watching) -> None:
    simulator = make_bobspark(speed=1)
    fill(simulator, 2)
    watch = watching(simulator)
    first = watch.ask()["items"][0]["wait_s"]
    wait_until(lambda: (watch.client.get("/api/runs/queue").value["queue"][0]["wait_s"]) > first, "a longer wait")
    for _ in range(5):
        watch.ask()
    assert len(watch.told) == 1
    watch.client.delete(f"/api/runs/{watch.card['items'][0]['id']}")
    watch.ask()
    assert len(watch.told) == 2
    assert watch.card["depth"] == 1


def test_counts_are_of_the_kept_runs_and_of_the_day_of_the_time_zone(bobspark, watching, tmp_path: Path) -> None:
    clock = Clock()
    database = open_database(tmp_path, clock)
    midnight_ms = NOON_MS - 12 * 3_600_000
    with recording(database, clock) as recorder:
        runs = RunStore(database, recorder, clock)
        runs.keep([run_card("a"), run_card("b", status="failed"), run_card("c", midnight_ms - 120_000)])
        recorder.write(lambda _: None)
        card = watching(bobspark, LoadStore(database, recorder), runs, clock).ask()
    assert (card["completed_today"], card["failed_today"], card["tokens_out_total"]) == (1, 1, 15_000)


def test_without_kept_runs_their_counts_are_not_known(bobspark, watching) -> None:
    card = watching(bobspark).ask()
    assert (card["completed_today"], card["failed_today"], card["tokens_out_total"]) == (None, None, None)
    assert card["history"][0]["finished"] is None
    assert card["depth"] == 0


def test_before_the_first_runs_are_known_nothing_is_called_zero(bobspark, watching, tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with recording(database) as recorder:
        watch = watching(bobspark, LoadStore(database, recorder), RunStore(database, recorder, Clock()))
        assert watch.questions["queue"].every_s() == 2.0
        assert watch.ask()["completed_today"] is None
        for _ in range(3):
            watch.ask()
        assert watch.card["completed_today"] == 0
        assert watch.questions["queue"].every_s() == 6.0


def test_each_minute_has_its_depth_and_what_ended_in_it_also_after_a_restart(
    bobspark, watching, tmp_path: Path
) -> None:
    clock = Clock()
    database = open_database(tmp_path, clock)
    with recording(database, clock) as recorder:
        loads, runs = LoadStore(database, recorder), RunStore(database, recorder, clock)
        runs.keep([run_card("a", NOON_MS)])  # ends a minute after noon
        recorder.write(lambda _: None)
        watch = watching(bobspark, loads, runs, clock)
        for _ in range(30):
            watch.ask()
            clock.at_ms += 6_000
        assert [point["finished"] for point in watch.card["history"]] == [0, 0, 1]
        recorder.write(lambda _: None)
        again = watching(bobspark, loads, runs, clock).ask()
        assert again["history"][:3] == watch.card["history"]
        assert len(again["history"]) == 4


def test_a_queue_that_cannot_be_read_says_why_and_keeps_what_was_seen_last(make_bobspark, watching) -> None:
    simulator = make_bobspark(speed=1)
    fill(simulator, 1)
    watch = watching(simulator)
    watch.ask()
    simulator.set_faults("http-500:/api/runs/queue")
    with pytest.raises(ClientError):
        watch.questions["queue"].ask()
    assert "answered 500" in watch.card["reason"]
    assert watch.card["depth"] == 1
    simulator.set_faults()
    assert watch.ask()["reason"] == ""


def test_the_active_job_is_asked_for_only_while_somebody_looks_and_hidden_where_there_is_none(
    make_bobspark, watching
) -> None:
    simulator = make_bobspark(speed=1)
    watch = watching(simulator)
    assert watch.questions["active-job"].every_s() is None
    watch.seen = True
    assert watch.questions["active-job"].every_s() == 5.0
    assert watch.ask("active-job")["active_job"] is None
    submit(simulator, sim={"iterations": 200, "rate": 1})
    job = watch.ask("active-job")["active_job"]
    assert job["id"] == "job_1"
    assert [node["status"] for node in job["nodes"]] == ["running"]


def test_of_a_very_long_queue_the_first_are_shown_and_all_are_counted(watching) -> None:
    rows = [{"run_id": f"r{n}", "status": "queued", "task": "x" * 900, "wait_s": "soon"} for n in range(5_000)]
    server = RawServer(lambda exchange: exchange.answer(json.dumps({"queue": [*rows, {"status": "queued"}, None]})))
    try:
        card = watching(server).ask()
    finally:
        server.stop()
    assert (card["depth"], len(card["items"])) == (5_000, 500)
    assert {(len(item["task"]), item["wait_s"], item["position"]) for item in card["items"]} == {(300, None, None)}


@pytest.mark.parametrize("body", ["<html>login</html>", "{}", "3", '{"queue": "none"}', "null"])
def test_what_is_no_queue_is_a_failure_and_not_an_empty_queue(watching, body: str) -> None:
    server = RawServer(lambda exchange: exchange.answer(body))
    try:
        watch = watching(server)
        with pytest.raises(ClientError):
            watch.questions["queue"].ask()
    finally:
        server.stop()
    assert watch.card["depth"] is None
    assert server.url in watch.card["reason"] or "s: GET /api/runs/queue" in watch.card["reason"]
