"""Commands to a simulated coordinator: what was done, what was refused and in whose words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic

import pytest

from llm_service.clients.errors import ClientError, Conflict, NotThere
from llm_service.clients.web import Client
from llm_service.core.no_such_source import NoSuchSource
from llm_service.simulators.bobspark import Bobspark
from llm_service.sources.bobspark_ops.commands import Commands
from llm_service.sources.bobspark_ops.site import Site
from llm_service.upstreams import Upstream
from tests.kit.simulator import submit
from tests.kit.waiting import wait_until

SLOTS = 8


class Commanding:
    """Commands over simulators by name; `asked` are the questions that were wanted sooner."""

    def __init__(self, **simulators: Bobspark) -> None:
        self.asked: list[str] = []
        self.clients = {name: Client(Upstream(name, one.url)) for name, one in simulators.items()}
        self.commands = Commands({name: Site(name, one, self.asked.append) for name, one in self.clients.items()})

    def close(self) -> None:
        for client in self.clients.values():
            client.close()


@pytest.fixture
def commanding() -> Iterator[Callable[..., Commanding]]:
    made: list[Commanding] = []

    def make(**simulators: Bobspark) -> Commanding:
        made.append(Commanding(**simulators))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def busy(make_bobspark) -> Bobspark:
    """A server whose slots are taken for long, with three runs that wait."""
    simulator = make_bobspark(speed=1)
    for _ in range(SLOTS + 3):
        submit(simulator, queued=True, sim={"iterations": 200, "rate": 1})
    wait_until(lambda: len(by_status(simulator, "running")) == SLOTS, "busy slots")
    return simulator


def by_status(simulator: Bobspark, status: str) -> list[str]:
    return [run_id for run_id, run in simulator.ledger()["runs"].items() if run["status"] == status]


def test_all_that_wait_are_cancelled_a_tenth_of_a_second_apart_and_none_that_runs(busy, commanding) -> None:
    one = commanding(s=busy)
    waiting = by_status(busy, "queued")
    began_s = monotonic()
    answer = one.commands.cancel(None, None)
    assert monotonic() - began_s >= 0.2
    assert answer == {
        "results": [{"key": f"s:{run_id}", "ok": True, "error": None} for run_id in waiting],
        "cancelled": 3,
        "failed": 0,
    }
    assert by_status(busy, "cancelled") == waiting
    assert len(by_status(busy, "running")) == SLOTS
    assert one.asked == ["queue"]


def test_one_is_cancelled_and_one_that_has_begun_is_not(busy, commanding) -> None:
    one = commanding(s=busy)
    running, waiting = by_status(busy, "running")[0], by_status(busy, "queued")[1]
    answer = one.commands.cancel([f"s:{running}", f"s:{waiting}", "s:none"], "s")
    assert [result["ok"] for result in answer["results"]] == [False, True, False]
    assert "no longer waits" in (answer["results"][0]["error"] or "")
    assert by_status(busy, "cancelled") == [waiting]
    assert one.commands.cancel([], None) == {"results": [], "cancelled": 0, "failed": 0}


def test_each_server_answers_for_itself(busy, make_bobspark, commanding) -> None:
    broken = make_bobspark()
    broken.set_faults("http-500:/api/runs/queue")
    one = commanding(s=busy, t=broken)
    answer = one.commands.cancel(None, None)
    assert (answer["cancelled"], answer["failed"]) == (3, 1)
    assert answer["results"][-1]["key"] == "t:*"
    assert "answered 500" in (answer["results"][-1]["error"] or "")
    with pytest.raises(NoSuchSource, match="no BobSpark server named u is watched; watched are: s, t"):
        one.commands.cancel(["u:run_1"], None)
    with pytest.raises(NoSuchSource):
        one.commands.cancel(None, "u")


def test_what_a_server_refuses_is_said_in_its_words(busy, commanding) -> None:
    waiting = by_status(busy, "queued")
    busy.set_faults(f"http-500:/api/runs/{waiting[0]}", f"http-404:/api/runs/{waiting[1]}")
    answer = commanding(s=busy).commands.cancel(None, "s")
    errors = [result["error"] for result in answer["results"]]
    assert errors[0] is not None
    assert f"DELETE {busy.url}/api/runs/{waiting[0]} answered 500" in errors[0]
    assert errors[1:] == ["the server no longer knows this run", None]


def test_while_the_dashboard_stops_nobody_waits_for_a_long_row(busy, commanding) -> None:
    one = commanding(s=busy)
    one.commands.stop()
    answer = one.commands.cancel(None, None)
    assert [result["error"] for result in answer["results"]] == [None, *["the dashboard is stopping"] * 2]


def test_a_machine_is_added_paused_and_goes_on(make_bobspark, commanding) -> None:
    simulator = make_bobspark(speed=1)
    submit(simulator, config={"node": "spark"}, sim={"iterations": 200, "rate": 1})
    one = commanding(s=simulator)

    def states() -> dict[str, str]:
        job = one.clients["s"].get("/api/coordinator/jobs/active").value
        return {node["name"]: node["status"] for node in job["nodes"]}

    assert states() == {"spark": "running"}
    assert one.commands.add_node("s", "linux", "job_1") == {
        "ok": True,
        "source": "s",
        "text": "linux now works on job_1.",
    }
    assert one.commands.switch("s", "job_1", "linux", pause=True)["text"] == "linux pauses."
    assert states() == {"spark": "running", "linux": "paused"}
    assert one.commands.switch("s", "job_1", "linux", pause=False)["text"] == "linux goes on."
    assert states() == {"spark": "running", "linux": "running"}
    assert one.asked == ["active-job"] * 3
    with pytest.raises(Conflict, match="Node linux works on this job already"):
        one.commands.add_node("s", "linux", "job_1")
    with pytest.raises(NotThere, match="Node vlad not found"):
        one.commands.switch("s", "job_1", "vlad", pause=True)


@pytest.mark.parametrize("name", ["../../runs", "..", "a/b?c#d", "ünï", "."])
def test_a_name_cannot_lead_a_command_elsewhere(make_bobspark, commanding, name: str) -> None:
    simulator = make_bobspark(speed=1)
    submit(simulator, sim={"iterations": 200, "rate": 1})
    one = commanding(s=simulator)
    with pytest.raises(ClientError, match=r"(Job|Node .*) not found|answered 404"):
        one.commands.switch("s", name, name, pause=True)
    assert len(by_status(simulator, "running")) == 1
