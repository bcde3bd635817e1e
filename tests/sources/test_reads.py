"""What is read on demand from simulated servers: every list fails alone and is remembered for a moment."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from llm_service.clients.errors import NotThere
from llm_service.clients.web import Client
from llm_service.core.no_such_source import NoSuchSource
from llm_service.core.times import iso_seconds
from llm_service.core.zones import Zone
from llm_service.errors import LlmServiceError
from llm_service.simulators.bobspark import Bobspark
from llm_service.sources.bobspark_ops.operations import Operations
from llm_service.sources.bobspark_ops.remembered import FAILED_S, Remembered
from llm_service.telemetry.load_store import LoadStore
from llm_service.upstreams import Upstream
from tests.kit.kept_nowhere import KeptNowhere
from tests.kit.raw_server import Exchange, RawServer
from tests.kit.simulator import submit, wait_for_end
from tests.kit.store import DAY_MS, Clock, open_database, recording
from tests.kit.waiting import wait_until


@pytest.fixture
def reading() -> Iterator[Callable[..., Operations]]:
    """Operations over simulators by name; nothing is kept unless `loads` is given."""
    clients: list[Client] = []

    def make(loads: Any = None, clock: Clock | None = None, **simulators: Bobspark) -> Operations:
        operations = Operations(
            lambda _: None,
            loads or KeptNowhere(),
            KeptNowhere(),
            running=lambda _: None,
            watched=lambda _: True,
            zone=Zone("UTC"),
            now_ms=clock or Clock(),
        )
        for name, one in simulators.items():
            clients.append(Client(Upstream(name, one.url)))
            operations.watch(clients[-1])
        return operations

    yield make
    for client in clients:
        client.close()


class Now:
    """This moment, as the simulator has it too."""

    def __call__(self) -> int:
        from time import time

        return round(time() * 1000)


FAULTS = [(), ("aliases",), ("aliases:2",), ("bare-lists",)]


@pytest.mark.parametrize("faults", FAULTS)
def test_datasets_are_read_in_every_form(make_bobspark, reading, faults) -> None:
    page = reading(s=make_bobspark(faults=faults)).datasets.page()
    assert page["troubles"] == []
    assert len(page["datasets"]) > 3
    first = page["datasets"][0]
    assert first["key"] == f"s:{first['id']}"
    assert isinstance(first["examples"], int)
    assert first["tags"]


@pytest.mark.parametrize("faults", FAULTS)
def test_the_parts_of_a_dataset_are_read_in_every_form(make_bobspark, reading, faults) -> None:
    datasets = reading(s=make_bobspark(faults=faults)).datasets
    key = datasets.page()["datasets"][0]["key"]
    assert datasets.part(key, "stats")["stats"]
    examples = datasets.part(key, "examples")["examples"]
    assert 0 < len(examples) <= 5
    assert all(0 < len(example) <= 600 for example in examples)
    steps = datasets.part(key, "provenance")["steps"]
    assert all(step["operation"] for step in steps)


def test_the_other_family_of_addresses_is_taken_where_the_first_is_not_there(reading) -> None:
    answers = {
        "/api/datasets": [{"id": "a/b", "example_count": 3}],
        "/api/datasets/a%2Fb/stats": {"rows": 3},
        "/api/datasets/a%2Fb/examples?limit=20": ["x"] * 20,
    }

    def answer(exchange: Exchange) -> None:
        if exchange.path in answers:
            exchange.answer(json.dumps(answers[exchange.path]))
        else:
            exchange.answer('{"detail": "Not Found"}', status="404 Not Found")

    server = RawServer(answer)
    try:
        datasets = reading(s=server).datasets
        page = datasets.page()
        assert (page["datasets"][0]["key"], page["troubles"]) == ("s:a/b", [])
        assert datasets.part("s:a/b", "stats")["stats"] == {"rows": 3}
        assert datasets.part("s:a/b", "examples")["examples"] == ["x"] * 5
        # Of both refusals the one of the usual address is told.
        with pytest.raises(NotThere, match="/api/data/datasets/a%2Fb/provenance answered 404"):
            datasets.part("s:a/b", "provenance")
        with pytest.raises(NoSuchSource):
            datasets.part("t:nothing", "stats")
    finally:
        server.stop()


def test_a_server_that_does_not_answer_is_a_trouble_and_hides_no_other(make_bobspark, reading) -> None:
    broken = make_bobspark(faults=["html"])
    operations = reading(s=make_bobspark(), t=broken)
    page = operations.datasets.page()
    assert {dataset["source"] for dataset in page["datasets"]} == {"s"}
    assert [trouble["source"] for trouble in page["troubles"]] == ["t"]
    assert "a web page" in page["troubles"][0]["error"]
    assert operations.analytics.page("7d", None)["troubles"]
    assert {model["source"] for model in operations.models.page()["models"]} == {"s"}


def test_datasets_grow_day_by_day_as_they_are_seen(make_bobspark, reading, tmp_path: Path) -> None:
    clock = Clock()
    database = open_database(tmp_path, clock)
    with recording(database, clock) as recorder:
        loads = LoadStore(database, recorder)
        for _ in range(3):
            # Each time anew, as what was read is remembered for half a minute.
            page = reading(loads, clock, s=make_bobspark()).datasets.page()
            recorder.write(lambda _: None)
            clock.at_ms += DAY_MS
    days = [day for day, _ in page["datasets"][0]["growth"]]
    assert days == ["2026-11-21", "2026-11-22", "2026-11-23"]


@pytest.mark.parametrize("faults", FAULTS)
def test_models_are_read_in_every_form(make_bobspark, reading, faults) -> None:
    page = reading(s=make_bobspark(faults=faults)).models.page()
    assert (page["missing"], page["troubles"]) == ([], [])
    assert [model["rank"] for model in page["models"]] == list(range(1, len(page["models"]) + 1))
    assert any(model["evals"] for model in page["models"])
    assert all(0 <= (one["score"] or 0) <= 1 for one in page["evals"])
    assert {model["node"] for model in page["local"]} == {"spark", "linux"}
    assert all(model["size"] for model in page["local"])


def test_a_list_of_models_that_fails_fails_alone_and_a_missing_one_is_named(make_bobspark, reading) -> None:
    faults = ["http-404:/api/evals", "http-500:/api/models/registry/leaderboard", "http-404:/api/models/linux"]
    page = reading(s=make_bobspark(faults=faults)).models.page()
    assert page["missing"] == ["evals"]
    assert len(page["troubles"]) == 1
    assert "leaderboard answered 500" in page["troubles"][0]["error"]
    assert page["models"]
    assert {model["node"] for model in page["local"]} == {"spark"}


@pytest.mark.parametrize("faults", FAULTS)
def test_questions_are_read_in_every_form(make_bobspark, reading, faults) -> None:
    simulator = make_bobspark(speed=100)
    run_id, other = (submit(simulator, sim={"iterations": 2, "outcome": "completed"}) for _ in range(2))
    wait_for_end(simulator, run_id, other)
    simulator.set_faults(*faults)
    qa = reading(s=simulator).qa
    assert len(qa.page("")["entries"]) == 4
    assert len(qa.page(f"s:{run_id}")["entries"]) == len(qa.page(run_id)["entries"]) == 2
    entry = qa.page("")["entries"][0]
    assert entry["difficulty"] in ("easy", "medium", "hard")
    assert entry["grounding"] in ("high", "medium", "low")
    assert entry["citations"]


def test_where_no_server_has_questions_they_are_hidden(make_bobspark, reading) -> None:
    without = make_bobspark(faults=["http-404:/api/datagen/*"])
    assert reading(s=without).qa.page("") == {"hidden": True, "entries": [], "troubles": []}
    assert reading(s=without, t=make_bobspark()).qa.page("")["hidden"] is False
    assert reading().qa.page("")["hidden"] is True


@pytest.mark.parametrize("faults", [(), ("aliases",)])
def test_analytics_are_the_servers_own(make_bobspark, reading, faults) -> None:
    simulator = make_bobspark(speed=100)
    wait_for_end(simulator, *(submit(simulator) for _ in range(4)))
    simulator.set_faults(*faults)
    page = reading(s=simulator, clock=Now()).analytics.page("all", "s")
    ledger = simulator.ledger()["runs"].values()
    assert set(page["origins"].values()) == {"server"}
    assert page["synthesised"] is False
    assert page["totals"]["runs"] == len(ledger)
    assert page["totals"]["tokens_out"] == sum(run["tokens_out"] for run in ledger)
    assert sum(day["value"] or 0 for day in page["runs_per_day"]) == len(ledger)


@pytest.mark.parametrize("faults", [(), ("bare-lists",), ("aliases",)])
def test_analytics_are_counted_from_runs_where_the_server_has_none(make_bobspark, reading, faults) -> None:
    simulator = make_bobspark(speed=100)
    wait_for_end(simulator, *(submit(simulator, model=f"m{n % 2}") for n in range(6)))
    simulator.set_faults("http-404:/api/runs/analytics", *faults)
    page = reading(s=simulator, clock=Now()).analytics.page("7d", None)
    ledger = list(simulator.ledger()["runs"].values())
    assert (page["synthesised"], page["troubles"]) == (True, [])
    totals = page["totals"]
    assert totals["runs"] == 6
    for status in ("completed", "failed"):
        assert totals[status] == sum(run["status"] == status for run in ledger)
    assert totals["tokens_out"] == sum(run["tokens_out"] for run in ledger)
    assert totals["tokens"] == sum(run["tokens_in"] + run["tokens_out"] for run in ledger)
    assert {row["model"]: row["runs"] for row in page["by_model"]} == {"m0": 3, "m1": 3}


def test_a_server_whose_analytics_fail_has_a_trouble_and_what_its_runs_say(make_bobspark, reading) -> None:
    simulator = make_bobspark(speed=100)
    wait_for_end(simulator, submit(simulator))
    simulator.set_faults("http-500:/api/runs/analytics")
    page = reading(s=simulator, clock=Now()).analytics.page("30d", None)
    assert page["totals"]["runs"] == 1
    assert page["synthesised"] is False
    assert "answered 500" in page["troubles"][0]["error"]
    with pytest.raises(NoSuchSource):
        reading(s=simulator).analytics.page("7d", "t")


def test_times_are_by_our_clock_though_the_servers_is_an_hour_ahead(make_bobspark, reading) -> None:
    simulator = make_bobspark(speed=100, faults=["skew:3600"])
    wait_for_end(simulator, submit(simulator))
    operations = reading(s=simulator, clock=Now())
    now = iso_seconds(Now()() / 1000 + 60)
    assert [
        entry["created_at"] for entry in operations.qa.page("")["entries"] if (entry["created_at"] or "") > now
    ] == []
    page = operations.analytics.page("24h", None)
    assert page["totals"]["runs"] == 1
    assert (page["known_from"] or "") < now


def test_a_page_with_a_trouble_is_made_again_soon(make_bobspark, reading) -> None:
    simulator = make_bobspark(faults=["http-500:/api/runs/analytics"])
    operations = reading(s=simulator)
    assert operations.analytics.page("7d", None)["troubles"]
    simulator.set_faults()
    wait_until(
        lambda: not operations.analytics.page("7d", None)["troubles"], "a page without troubles", 2 * FAILED_S + 1
    )


def test_what_was_read_is_good_for_its_time_and_read_once_by_many() -> None:
    now_s = [0.0]
    remembered = Remembered(lambda: now_s[0])
    begun, go_on = threading.Event(), threading.Event()
    readings: list[int] = []

    def read() -> int:
        begun.set()
        assert go_on.wait(10)
        readings.append(1)
        return len(readings)

    found: list[int] = []
    readers = [threading.Thread(target=lambda: found.append(remembered.get("x", 30.0, read))) for _ in range(8)]
    for reader in readers:
        reader.start()
    assert begun.wait(10)
    go_on.set()
    for reader in readers:
        reader.join(10)
    assert found == [1] * 8
    now_s[0] = 29.9
    assert remembered.get("x", 30.0, read) == 1
    now_s[0] = 30.1
    assert remembered.get("x", 30.0, read) == 2
    assert remembered.get("y", 30.0, read) == 3


def test_a_failure_is_told_again_for_a_short_time_and_then_tried_again() -> None:
    now_s = [0.0]
    remembered = Remembered(lambda: now_s[0])
    tries: list[int] = []

    def fail() -> int:
        tries.append(1)
        raise LlmServiceError("no")

    for at_s, count in ((0.0, 1), (FAILED_S - 0.1, 1), (FAILED_S + 0.1, 2)):
        now_s[0] = at_s
        with pytest.raises(LlmServiceError, match="no"):
            remembered.get("x", 60.0, fail)
        assert len(tries) == count
    now_s[0] = 20.0
    assert remembered.get("x", 60.0, lambda: 5) == 5
