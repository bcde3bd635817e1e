"""A simulated BobSpark for tests: started, asked in one line, and its ledger waited for."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from llm_service.simulators.bobspark import Bobspark
from llm_service.simulators.skill_training import SkillTraining
from tests.kit.waiting import wait_until

ENDED = ("completed", "failed", "cancelled", "vanished")


def ask(url: str, method: str = "GET", body: object = None, timeout_s: float = 10.0) -> Any:
    """The JSON of an answer; a body is sent as JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=timeout_s) as response:
        return json.load(response)


def submit(bobspark: Bobspark, **more: Any) -> str:
    """Start a run through the API and return its id; sim={"outcome": …, "iterations": …, "updates": …, "rate": …}
    decides what it does."""
    config = {"type": "qa", "domain": "AWS IAM", **more.pop("config", {})}
    if sim := more.pop("sim", None):
        config["sim"] = sim
    body = {
        "task": "Generate 100 Q&A Pairs examples for domain: AWS IAM",
        "model": "claude-3-5-sonnet",
        "max_iter": 20,
        "queued": False,
        "config": config,
        **more,
    }
    return str(ask(bobspark.url + "/api/runs", "POST", body)["run_id"])


def wait_for_end(bobspark: Bobspark, *run_ids: str, deadline_s: float = 20.0) -> dict[str, Any]:
    """The ledger's runs, once those named (or all) have ended."""

    def ended() -> dict[str, Any] | None:
        runs = bobspark.ledger()["runs"]
        wanted = run_ids or tuple(runs)
        return runs if all(runs[name]["status"] in ENDED for name in wanted) else None

    runs = wait_until(ended, f"the end of {run_ids or 'all runs'}", deadline_s)
    assert runs is not None
    return runs


@pytest.fixture
def make_bobspark() -> Iterator[Callable[..., Bobspark]]:
    """Makes started simulators that end with the test: make_bobspark(dialect="b", speed=20, faults=["drop"], …)."""
    made: list[Bobspark] = []

    def make(**options: Any) -> Bobspark:
        made.append(Bobspark(**{"speed": 10.0, "seed": 1, **options}).start())
        return made[-1]

    yield make
    for simulator in made:
        simulator.stop()


@pytest.fixture
def bobspark(make_bobspark: Callable[..., Bobspark]) -> Bobspark:
    """One simulator at ten times the natural speed, seed 1, no faults."""
    return make_bobspark()


@pytest.fixture
def make_skills() -> Iterator[Callable[..., SkillTraining]]:
    """Makes started skill-training APIs that end with the test."""
    made: list[SkillTraining] = []

    def make(**options: Any) -> SkillTraining:
        made.append(SkillTraining(**{"speed": 10.0, "seed": 1, **options}).start())
        return made[-1]

    yield make
    for simulator in made:
        simulator.stop()
