"""Machines of a simulated server: their bars, OFFLINE where they do not answer, and an hour that outlives a restart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from llm_service.clients.errors import ClientError
from llm_service.clients.web import Client
from llm_service.core.observations import Announced
from llm_service.simulators.bobspark import Bobspark
from llm_service.sources.bobspark_ops.node_watch import NodeWatch
from llm_service.telemetry.load_store import LoadStore
from llm_service.upstreams import Upstream
from tests.kit.kept_nowhere import KeptNowhere
from tests.kit.raw_server import RawServer
from tests.kit.simulator import submit
from tests.kit.store import Clock, ask, open_database, recording


class Watching:
    """A watch whose questions the test asks."""

    def __init__(self, url: str, loads: Any, clock: Clock) -> None:
        self.told: list[Announced] = []
        self.seen = False
        self.client = Client(Upstream("s", url))
        watch = NodeWatch(self.client, self.told.append, loads, seen=lambda: self.seen, now_ms=clock)
        self.questions = {question.name: question for question in watch.questions()}

    def ask(self, name: str) -> dict[str, Any]:
        """Ask once; the card that followed."""
        self.questions[name].ask()
        return self.card

    def fail(self, name: str) -> dict[str, Any]:
        with pytest.raises(ClientError):
            self.questions[name].ask()
        return self.card

    @property
    def card(self) -> dict[str, Any]:
        last = [told for told in self.told if told.topic == "nodes"][-1]
        (card,) = last.body["nodes"]  # type: ignore[misc]
        assert last.rows == {card["key"]: card}
        return card

    @property
    def lines(self) -> list[str]:
        return [told.body["entry"]["text"] for told in self.told if told.topic == "activity"]  # type: ignore[index]


@pytest.fixture
def watching() -> Iterator[Callable[..., Watching]]:
    made: list[Watching] = []

    def make(bobspark: Bobspark, loads: Any = None, clock: Clock | None = None) -> Watching:
        made.append(Watching(bobspark.url, loads or KeptNowhere(), clock or Clock()))
        return made[-1]

    yield make
    for one in made:
        one.client.close()


@contextmanager
def keeping(folder: Path, clock: Clock) -> Iterator[LoadStore]:
    database = open_database(folder, clock)
    with recording(database, clock) as recorder:
        yield LoadStore(database, recorder)


def test_a_machine_is_asked_every_30_s_and_every_8_while_somebody_looks(bobspark, watching) -> None:
    watch = watching(bobspark)
    assert {question.every_s() for question in watch.questions.values()} == {30.0}
    watch.seen = True
    assert {question.every_s() for question in watch.questions.values()} == {8.0}


@pytest.mark.parametrize("faults", [(), ("aliases",), ("aliases:2",)])
def test_bars_are_those_of_the_server_whatever_it_calls_them(make_bobspark, watching, faults) -> None:
    simulator = make_bobspark()
    submit(simulator, sim={"iterations": 50})
    simulator.set_faults(*faults)
    watch = watching(simulator)
    card = watch.ask("node-spark")
    assert (card["key"], card["source"], card["name"]) == ("s:spark", "s", "spark")
    assert all(0 < card[bar] <= 100 for bar in ("cpu", "gpu", "vram", "ram"))
    assert (card["level"], card["reason"], len(card["history"])) == ("ok", "", 1)
    card = watch.ask("node-linux")
    assert 0 < card["cpu"] <= 100
    assert card["gpu"] is None
    assert {disk["name"] for disk in card["disks"]} == {"root", "ubdrive", "ckpts"}


def test_what_only_the_metrics_page_knows_is_shown_too(bobspark, watching) -> None:
    clock = Clock()
    watch = watching(bobspark, clock=clock)
    assert watch.ask("node-spark")["uptime"] is None
    watch.questions["metrics"].ask()
    assert watch.ask("node-spark")["uptime"] == "2d 14h"
    clock.at_ms += 120_000
    assert watch.ask("node-spark")["uptime"] is None


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("http-500:/api/system/stats", "answered 500"),
        ("http-404:/api/system/stats", "answered 404"),
        ("html:/api/system/stats", "a web page"),
        ("redirect:/api/system/stats", "a redirect"),
    ],
)
def test_a_machine_that_does_not_answer_200_is_offline_and_the_other_is_not(bobspark, watching, fault, said) -> None:
    watch = watching(bobspark)
    watch.ask("node-spark")
    bobspark.set_faults(fault)
    card = watch.fail("node-spark")
    assert card["level"] == "offline"
    assert said in card["reason"]
    assert bobspark.url in card["reason"]
    assert [card[bar] for bar in ("cpu", "gpu", "vram", "ram")] == [None] * 4
    assert len(card["history"]) == 1
    assert watch.ask("node-linux")["level"] == "ok"
    assert len(watch.lines) == 1
    watch.fail("node-spark")
    assert len(watch.lines) == 1
    bobspark.set_faults()
    assert watch.ask("node-spark")["level"] == "ok"
    watch.ask("node-spark")
    assert watch.lines[1:] == ["spark of s answers again."]


def test_another_programs_json_is_no_machine_that_is_well(watching) -> None:
    server = RawServer(lambda exchange: exchange.answer('{"hello": "world"}'))
    try:
        watch = watching(server)
        for name in ("spark", "linux"):
            card = watch.fail(f"node-{name}")
            assert (card["level"], card["history"]) == ("offline", [])
            assert card["reason"].endswith("stats answered 200 without figures of a machine")
        watch.fail("metrics")
    finally:
        server.stop()


def test_a_server_that_is_away_makes_its_machines_offline_without_a_line_for_each(bobspark, watching) -> None:
    watch = watching(bobspark)
    watch.ask("node-spark")
    bobspark.stop()
    assert watch.fail("node-spark")["level"] == "offline"
    assert watch.lines == []


def test_the_last_hour_is_kept_in_half_minutes_and_outlives_a_restart(bobspark, watching, tmp_path: Path) -> None:
    clock = Clock()
    with keeping(tmp_path, clock) as loads:
        watch = watching(bobspark, loads, clock)
        for _ in range(30):
            card = watch.ask("node-spark")
            clock.at_ms += 8_000
        assert len(card["history"]) == 8
    assert ask(open_database(tmp_path), "SELECT count(*) FROM node_samples") == [(8,)]
    with keeping(tmp_path, clock) as loads:
        again = watching(bobspark, loads, clock).ask("node-spark")
        assert again["history"][:8] == card["history"]
        clock.at_ms += 3_600_001
        assert len(watching(bobspark, loads, clock).ask("node-spark")["history"]) == 1


def test_without_a_database_the_hour_is_that_of_this_process(bobspark, watching) -> None:
    clock = Clock()
    watch = watching(bobspark, clock=clock)
    for _ in range(200):
        watch.ask("node-spark")
        clock.at_ms += 30_000
    assert len(watch.card["history"]) == 120
