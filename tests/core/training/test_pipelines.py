"""Pipelines of both versions and their live events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llm_service.core.training.pipeline_events import heard
from llm_service.core.training.pipeline_fold import folded_pipeline
from llm_service.core.training.pipelines import pipeline_report, pipeline_reports, stage_of

FIRST = {
    "pipeline_id": "pl_7",
    "model_name": "m",
    "model_backend": "ollama",
    "eval_suite": "aws",
    "status": "running",
    "current_step": "generating",
    "current_iteration": 2,
    "max_iterations": 5,
    "target_pass_rate": 85,
    "started_at": "2026-03-01T14:00:00Z",
    "completed_at": None,
    "iterations": [
        {
            "pass_rate": 61.0,
            "reeval_pass_rate": 70.5,
            "datagen_job_id": "dg",
            "finetune_job_id": "ft",
            "advisor_result": {"summary": "Weak.", "suggested_actions": ["More"], "trend_analysis": "Up."},
        },
        {"pass_rate": None},
    ],
}
SECOND = {
    "id": "pl_8",
    "model_id": "m",
    "status": "target_reached",
    "stage": "RE-EVAL",
    "iterations_completed": 2,
    "target_score": 0.85,
    "final_score": 0.9,
    "duration_s": 99.5,
    "iterations": [{"iteration": 1, "score": 0.6, "reeval_score": 0.7}],
}


def test_version_one_counts_to_a_hundred_and_is_told_to_one() -> None:
    report = pipeline_report(FIRST)
    assert report is not None
    pipeline = folded_pipeline(None, report.told["pipeline"])
    assert (pipeline["stage"], pipeline["step"], pipeline["iteration"]) == ("GENERATE", "generating", 2)
    assert (pipeline["target"], pipeline["score"], pipeline["suite"], pipeline["outcome"]) == (0.85, 0.705, "aws", None)
    first, second = pipeline["iterations"]
    assert (first["pass_rate"], first["after_pass_rate"]) == (0.61, 0.705)
    assert (first["advice"], first["suggested"]) == ("Weak. Up.", ["More"])
    assert (first["datagen_job"], first["finetune_job"], second["n"], second["pass_rate"]) == ("dg", "ft", 2, None)
    assert report.told["config"] == {"model_backend": "ollama"}


def test_version_two_counts_to_one() -> None:
    report = pipeline_report(SECOND)
    assert report is not None
    pipeline = folded_pipeline(None, report.told["pipeline"])
    assert (pipeline["target"], pipeline["score"], pipeline["iteration"]) == (0.85, 0.9, 2)
    assert (report.told["status"], pipeline["outcome"], report.told["elapsed_s"]) == (
        "completed",
        "target_reached",
        99.5,
    )
    assert (pipeline["iterations"][0]["pass_rate"], pipeline["iterations"][0]["after_pass_rate"]) == (0.6, 0.7)


@pytest.mark.parametrize("value", [[FIRST], {"pipelines": [FIRST]}, {"items": [FIRST, "x", {}]}])
def test_a_list_of_pipelines_may_be_bare_or_wrapped(value: object) -> None:
    assert [report.id for report in pipeline_reports(value)] == ["pl_7"]


@pytest.mark.parametrize(
    ("word", "stage"),
    [
        ("idle", None),
        ("evaluating", "EVALUATE"),
        ("eval_started", "EVALUATE"),
        ("analyzing", "ANALYZE"),
        ("analysis_complete", "ANALYZE"),
        ("generating", "GENERATE"),
        ("generation_started", "GENERATE"),
        ("fine_tuning", "FINE-TUNE"),
        ("finetune_started", "FINE-TUNE"),
        ("FINE-TUNE", "FINE-TUNE"),
        ("DEPLOY", "DEPLOY"),
        ("re_evaluating", "RE-EVAL"),
        ("reeval_started", "RE-EVAL"),
        ("RE-EVAL", "RE-EVAL"),
        ("complete", None),
        ("dancing", None),
        (None, None),
    ],
)
def test_every_step_belongs_to_one_of_six_stages(word: str | None, stage: str | None) -> None:
    assert stage_of(word) == stage


TRAINING = {"type": "training_update", "stage": "FINE-TUNE", "iteration": 2, "step": 120, "loss": 0.8123}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("training_update", TRAINING),
        ("message", TRAINING),
        (
            "",
            {
                "event_type": "training_update",
                "data": {"current_stage": "FINE-TUNE", "iter": 2, "step": 120, "loss": 0.8123},
            },
        ),
    ],
)
def test_named_unnamed_and_enveloped_events_say_the_same(name: str, body: dict[str, Any]) -> None:
    found = heard("pl", name, json.dumps(body))
    assert found is not None
    assert (found.name, found.known, found.ended) == ("training_update", True, False)
    assert [(step.step, step.loss) for step in found.report.losses["iter-2"]] == [(120, 0.8123)]
    assert found.report.told["pipeline"]["stage"] == "FINE-TUNE"


def test_the_end_says_how_it_ended() -> None:
    found = heard("pl", "pipeline_end", '{"status": "max_iterations_reached", "score": 0.7}')
    assert found is not None
    assert found.ended
    assert (found.report.told["status"], found.report.told["pipeline"]["outcome"]) == (
        "completed",
        "max_iterations_reached",
    )
    silent = heard("pl", "pipeline_end", "{}")
    assert silent is not None
    assert silent.ended
    assert "status" not in silent.report.told


def test_the_word_of_a_stage_does_not_end_the_pipeline() -> None:
    found = heard("pl", "stage_update", '{"stage": "EVALUATE", "status": "completed", "msg": "done"}')
    assert found is not None
    assert (found.ended, found.report.told["status"], found.report.told["pipeline"]["message"]) == (
        False,
        "running",
        "done",
    )


def test_advice_belongs_to_its_iteration() -> None:
    found = heard("pl", "advisor_result", '{"iteration": 3, "summary": "Weak.", "suggested_actions": ["a", "b"]}')
    assert found is not None
    (entry,) = found.report.told["pipeline"]["iterations"]
    assert (entry["n"], entry["advice"], entry["suggested"]) == (3, "Weak.", ["a", "b"])


@pytest.mark.parametrize(
    ("stage", "name"), [("EVALUATE", "pass_rate"), ("RE-EVAL", "after_pass_rate"), ("reeval", "after_pass_rate")]
)
def test_the_score_of_an_evaluation_is_its_iterations_own(stage: str, name: str) -> None:
    found = heard("pl", "stage_update", json.dumps({"stage": stage, "iteration": 2, "score": 0.71}))
    assert found is not None
    (entry,) = found.report.told["pipeline"]["iterations"]
    assert (entry["n"], entry[name]) == (2, 0.71)


@pytest.mark.parametrize(
    "body", [{"stage": "DEPLOY", "iteration": 2}, {"stage": "reeval_started", "iteration": 2}, {"stage": "RE-EVAL"}]
)
def test_a_score_told_at_another_time_belongs_to_no_iteration(body: dict[str, Any]) -> None:
    found = heard("pl", "stage_update", json.dumps({**body, "score": 0.71}))
    assert found is not None
    assert "iterations" not in found.report.told["pipeline"]
    assert found.report.told["pipeline"]["score"] == 0.71


def test_the_last_iteration_of_a_pipeline_that_is_through_came_to_its_final_score() -> None:
    going = {"score": 0.8, "iterations": [{"n": 1, "pass_rate": 0.6, "after_pass_rate": 0.7}, {"n": 2}]}
    before = folded_pipeline(None, going)
    assert before["iterations"][-1]["after_pass_rate"] is None
    through = folded_pipeline(before, {"score": 0.9, "outcome": "target_reached"})
    assert [entry["after_pass_rate"] for entry in through["iterations"]] == [0.7, 0.9]
    assert folded_pipeline(before, {"outcome": "failed"})["iterations"][-1]["after_pass_rate"] is None
    assert before["iterations"][-1]["after_pass_rate"] is None


def test_an_unknown_event_is_told_to_be_one_and_what_it_says_is_taken() -> None:
    found = heard("pl", "hiccup", '{"stage": "DEPLOY"}')
    assert found is not None
    assert (found.known, found.report.told["pipeline"]["stage"]) == (False, "DEPLOY")


@pytest.mark.parametrize("data", ["", "{", "[]", "7", "null", "[" * 100_000])
def test_an_event_without_an_object_is_broken(data: str) -> None:
    assert heard("pl", "stage_update", data) is None


def test_what_a_pipeline_is_not_told_again_stays() -> None:
    report = pipeline_report(FIRST)
    assert report is not None
    before = folded_pipeline(None, report.told["pipeline"])
    after = folded_pipeline(before, {"stage": "DEPLOY", "iterations": [{"n": 1, "series": "k/iter-1"}, {"n": 3}]})
    assert (after["stage"], after["target"], before["stage"]) == ("DEPLOY", 0.85, "GENERATE")
    assert [entry["n"] for entry in after["iterations"]] == [1, 2, 3]
    assert (after["iterations"][0]["advice"], after["iterations"][0]["series"]) == ("Weak. Up.", "k/iter-1")


@pytest.mark.parametrize(
    ("stage", "iteration", "shown"),
    [
        ("FINE-TUNE", 2, ("DEPLOY", 2)),
        ("RE-EVAL", 1, ("DEPLOY", 2)),
        (None, 2, ("DEPLOY", 2)),
        ("RE-EVAL", 2, ("RE-EVAL", 2)),
        ("EVALUATE", 3, ("EVALUATE", 3)),
    ],
)
def test_a_list_that_is_older_than_the_stream_takes_no_pipeline_back(
    stage: str | None, iteration: int, shown: tuple[str, int]
) -> None:
    before = folded_pipeline(None, {"stage": "DEPLOY", "step": "DEPLOY", "iteration": 2})
    told = {"stage": stage, "iteration": iteration, "score": 0.7} if stage else {"score": 0.7}
    after = folded_pipeline(before, told, listed=True)
    assert ((after["stage"], after["iteration"]), after["score"]) == (shown, 0.7)
    assert folded_pipeline(before, {"stage": "EVALUATE"})["stage"] == "EVALUATE", "what the stream says is so"


def test_what_was_said_of_a_stage_goes_with_it() -> None:
    before = folded_pipeline(None, {"stage": "FINE-TUNE", "iteration": 1, "message": "FINE-TUNE of iteration 1"})
    assert folded_pipeline(before, {"score": 0.7})["message"] == "FINE-TUNE of iteration 1"
    assert folded_pipeline(before, {"stage": "EVALUATE", "iteration": 1}, listed=True)["message"] != ""
    assert folded_pipeline(before, {"stage": "RE-EVAL", "iteration": 1}, listed=True)["message"] == ""
    assert folded_pipeline(before, {"outcome": "failed"})["message"] == ""
    assert folded_pipeline(before, {"outcome": "failed", "message": "out of memory"})["message"] == "out of memory"


def test_that_an_analysis_is_complete_is_no_advice() -> None:
    def told(**data: Any) -> Any:
        found = heard("p", "analysis_complete", json.dumps({"iteration": 2, **data}))
        assert found is not None
        return found.report.told["pipeline"].get("iterations")

    assert told(message="Analysis complete") is None
    (with_summary,) = told(message="Analysis complete", summary="IAM is weak.")
    assert with_summary["advice"] == "IAM is weak."
