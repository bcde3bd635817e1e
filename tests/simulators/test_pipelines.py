"""Pipelines of the simulated BobSpark: both versions, their stages in order, and the stream of their events."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable

import pytest

from llm_service.simulators.bobspark import Bobspark
from llm_service.simulators.pipelines import STAGES, STEP_OF
from tests.kit.simulator import ask
from tests.kit.waiting import wait_until
from tests.simulators.test_faithfulness import MAYBE_NUMBER, MAYBE_TEXT, TEXT, WHOLE, misfit
from tests.simulators.test_streams import events

Make = Callable[..., Bobspark]
FIRST = {
    "model_name": "qwen",
    "model_backend": "ollama",
    "eval_suite": "aws",
    "target_pass_rate": 99,
    "max_iterations": 2,
}
SECOND = {"model_id": "m_01", "backend": "ollama", "node": "spark", "eval_suite": "aws", "target_score": 0.6}


def begin(bobspark: Bobspark, body: dict) -> str:
    return ask(bobspark.url + "/api/pipeline/start", "POST", body)["pipeline_id"]


def test_version_1_counts_to_100_and_keeps_every_iteration(make_bobspark: Make) -> None:
    bobspark = make_bobspark(speed=100)
    begin(bobspark, FIRST)
    row = wait_until(
        lambda: (rows := ask(bobspark.url + "/api/pipeline/"))[0]["status"] != "running" and rows[0], "its end"
    )
    advice = {
        "summary": TEXT,
        "priority_services": dict,
        "datagen_services": TEXT,
        "datagen_count": WHOLE,
        "suggested_actions": [TEXT],
        "trend_analysis": TEXT,
    }
    iteration = {
        "pass_rate": float,
        "reeval_pass_rate": float,
        "reeval_run_id": TEXT,
        "datagen_job_id": TEXT,
        "finetune_job_id": TEXT,
        "advisor_result": advice,
    }
    shape = {
        "pipeline_id": TEXT,
        "model_name": TEXT,
        "model_backend": TEXT,
        "eval_suite": TEXT,
        "current_step": TEXT,
        "current_iteration": WHOLE,
        "max_iterations": WHOLE,
        "target_pass_rate": float,
        "started_at": TEXT,
        "completed_at": MAYBE_TEXT,
        "iterations": [iteration],
    }
    assert misfit(shape, row) == []
    assert (row["status"], row["current_step"], len(row["iterations"])) == ("max_iterations_reached", "complete", 2)
    assert 50 < row["iterations"][0]["pass_rate"] < row["iterations"][1]["reeval_pass_rate"] <= 99


@pytest.mark.parametrize("dialect", ["a", "b"])
def test_version_2_streams_its_stages_and_losses(make_bobspark: Make, dialect: str) -> None:
    bobspark = make_bobspark(speed=100, dialect=dialect)
    key = begin(bobspark, SECOND)
    with urllib.request.urlopen(f"{bobspark.url}/api/pipeline/{key}/events", timeout=20) as stream:
        told = events(stream.read())
    assert {name for name, _ in told} == (
        {"stage_update", "training_update", "advisor_result", "analysis_complete", "pipeline_end"}
        if dialect == "a"
        else {""}
    )
    stages = list(dict.fromkeys(data["stage"] for _, data in told))
    assert [stage for stage in STAGES if stage in stages] == stages
    losses = [data for _, data in told if data["type"] == "training_update" and data["iteration"] == 1]
    account = bobspark.ledger()["jobs"][key]
    assert [[data["step"], data["loss"]] for data in losses] == account["losses"]["1"]
    assert told[-1][1]["status"] == "target_reached"
    shape = {"target_score": float, "final_score": MAYBE_NUMBER, "iterations_completed": WHOLE, "duration_s": float}
    assert misfit(shape, ask(bobspark.url + "/api/pipeline/")[0]) == []


def test_one_without_auto_advance_waits_for_a_hand_after_every_stage(make_bobspark: Make) -> None:
    bobspark = make_bobspark(speed=100)
    key = begin(bobspark, {**FIRST, "auto_advance": False, "max_iterations": 1})
    where, pipeline = f"{bobspark.url}/api/pipeline/{key}", bobspark.pipelines.all[key]
    for stage in STAGES[:-1]:
        wait_until(lambda: pipeline.waits, f"its waiting after {stage}")
        assert (pipeline.stage, ask(where)["current_step"]) == (stage, STEP_OF[stage][1])
        ask(where + "/advance", "POST", {"step": ask(where)["current_step"]})
    wait_until(lambda: ask(where)["status"] == "max_iterations_reached", "its end, which needs no hand")


def test_an_advance_is_refused_where_it_makes_no_sense(make_bobspark: Make) -> None:
    bobspark = make_bobspark(speed=100)
    key = begin(bobspark, {**FIRST, "auto_advance": False})
    where = f"{bobspark.url}/api/pipeline/{key}/advance"
    wait_until(lambda: bobspark.pipelines.all[key].waits, "its waiting")
    assert refused(where, {}) == 422
    assert refused(where, {"step": "deploying"}) == 409, "there are four stages between"
    with bobspark.pipelines.lock:
        pipeline = bobspark.pipelines.all[key]
        assert bobspark.pipelines.go_on(pipeline, "ANALYZE") == ""
        assert "not waiting" in bobspark.pipelines.go_on(pipeline, "ANALYZE")
    ask(f"{bobspark.url}/api/pipeline/{key}/cancel", "POST")
    assert ask(f"{bobspark.url}/api/pipeline/{key}")["status"] == "cancelled"
    assert refused(where, {"step": "analyzing"}) == 409


def refused(where: str, body: dict) -> int:
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(where, "POST", body)
    return caught.value.code
