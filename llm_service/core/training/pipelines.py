"""Pipelines of both versions, made one: rates from 0 to 1, six stages, one loss series an iteration.

Version 1 counts rates to 100 (`pass_rate`, `target_pass_rate`), version 2 to 1 (`score`, `target_score`,
`final_score`): the name of a field says which, its size never does.
"""

from __future__ import annotations

from typing import Any

from llm_service.core.training import fields
from llm_service.core.training.reports import Report, status_of, told
from llm_service.core.training.shapes import Pipeline, PipelineIteration

STAGES = ("EVALUATE", "ANALYZE", "GENERATE", "FINE-TUNE", "DEPLOY", "RE-EVAL")
LISTS = ("pipelines", "pipeline", "runs")
MOST_ITERATIONS = 200
_ITERATION = ("iteration", "iter", "current_iteration")
_ADVICE = ("advisor_result", "advisor", "advice", "analysis")

_STAGE_OF: dict[str, str] = {
    **dict.fromkeys(("evaluate", "evaluating", "eval", "eval_started", "evaluation", "baseline"), "EVALUATE"),
    **dict.fromkeys(("analyze", "analyse", "analyzing", "analysis", "analysis_complete", "advisor"), "ANALYZE"),
    **dict.fromkeys(("generate", "generating", "generation", "generation_started", "datagen"), "GENERATE"),
    **dict.fromkeys(
        ("fine_tune", "finetune", "fine_tuning", "finetuning", "finetune_started", "train", "training"), "FINE-TUNE"
    ),
    **dict.fromkeys(("deploy", "deploying", "deployment", "deploy_started"), "DEPLOY"),
    **dict.fromkeys(("re_eval", "reeval", "re_evaluate", "re_evaluating", "reeval_started", "reevaluate"), "RE-EVAL"),
}
_READ = (
    *("id", "pipeline_id", "status", "state", "model_name", "model_id", "model", "node", "started_at", "created_at"),
    *("completed_at", "finished_at", "duration_s", "error", "message", "msg", "current_step", "step", "current_stage"),
    *("stage", "current_iteration", "iteration", "iterations_completed", "max_iterations", "target_pass_rate"),
    *("target_score", "final_score", "score", "pass_rate", "eval_suite", "suite", "iterations", "loss", "epochs"),
)


def stage_of(word: str | None) -> str | None:
    """One of the six stages for a stage's or a step's word; None for "idle", "complete" and what is not known."""
    if word is None:
        return None
    return _STAGE_OF.get(word.strip().lower().replace("-", "_").replace(" ", "_"))


def pipeline_reports(value: object) -> list[Report]:
    """Each pipeline of a list, bare or wrapped."""
    found = (pipeline_report(row) for row in fields.rows(value, *LISTS))
    return [report for report in found if report is not None]


def pipeline_report(row: fields.Fields) -> Report | None:
    """One pipeline of either version; None where it has no id."""
    pipeline_id = fields.text(row, "pipeline_id", "id")
    if pipeline_id is None:
        return None
    pipeline = _pipeline(row)
    return Report(
        "pipeline",
        pipeline_id,
        told(
            status=status_of(fields.text(row, "status", "state")),
            name=fields.text(row, "name"),
            base_model=fields.text(row, "model_name", "model_id", "model"),
            node=fields.text(row, "node"),
            epochs=fields.number(row, "epochs"),
            started_at=fields.moment(row, "started_at", "created_at"),
            finished_at=fields.moment(row, "completed_at", "finished_at"),
            elapsed_s=fields.span_s(row.get("duration_s")),
            error=fields.text(row, "error"),
            config=fields.left_over(row, _READ) or None,
            pipeline=pipeline,
        ),
        listed=True,
    )


def new_pipeline() -> Pipeline:
    """A pipeline of which nothing is known."""
    return {
        "stage": None,
        "step": None,
        "iteration": None,
        "max_iterations": None,
        "target": None,
        "score": None,
        "outcome": None,
        "message": "",
        "suite": None,
        "iterations": [],
    }


def new_iteration(n: int) -> PipelineIteration:
    """An iteration of which nothing but its number is known."""
    return {
        "n": n,
        "pass_rate": None,
        "after_pass_rate": None,
        "advice": "",
        "suggested": [],
        "datagen_job": None,
        "finetune_job": None,
        "series": None,
        "loss": None,
        "cut": False,
    }


def _pipeline(row: fields.Fields) -> dict[str, Any]:
    step = fields.text(row, "current_step", "step", "current_stage", "stage")
    iterations = iterations_of(row.get("iterations"))
    score = fields.share(row, ("final_score", "score"), ("pass_rate", "final_pass_rate"))
    word = fields.text(row, "status", "state")
    return told(
        stage=stage_of(fields.text(row, "current_stage", "stage")) or stage_of(step),
        step=step,
        iteration=fields.whole(row, "current_iteration", "iteration", "iterations_completed") or None,
        max_iterations=fields.whole(row, "max_iterations", "max_iter"),
        target=fields.share(row, ("target_score",), ("target_pass_rate",)),
        score=score if score is not None else _last_score(iterations),
        outcome=word if status_of(word) in ("completed", "failed", "cancelled") else None,
        message=fields.text(row, "message", "msg"),
        suite=fields.text(row, "eval_suite", "suite"),
        iterations=iterations or None,
    )


def iterations_of(value: object) -> list[PipelineIteration]:
    """The rounds of a pipeline in their order; numbered by themselves where the server does not."""
    found = []
    for place, row in enumerate(fields.rows(value)[:MOST_ITERATIONS], start=1):
        entry = new_iteration(fields.whole(row, *_ITERATION, "n", "number") or place)
        advice: fields.Fields = next((row[name] for name in _ADVICE if isinstance(row.get(name), dict)), {})
        entry["pass_rate"] = fields.share(row, ("score", "baseline_score"), ("pass_rate", "baseline_pass_rate"))
        entry["after_pass_rate"] = fields.share(
            row, ("reeval_score", "final_score", "after_score"), ("reeval_pass_rate", "after_pass_rate")
        )
        entry["advice"] = advice_text(advice)
        entry["suggested"] = fields.texts(advice.get("suggested_actions"), 20)
        entry["datagen_job"] = fields.text(row, "datagen_job_id", "datagen_job")
        entry["finetune_job"] = fields.text(row, "finetune_job_id", "finetune_job")
        entry["loss"] = fields.number(row, "final_loss", "loss", "train_loss")
        found.append(entry)
    return found


def advice_text(advice: fields.Fields) -> str:
    """The advisor's own sentences: summary, then the trend."""
    parts = [fields.text(advice, "summary", "message", "advice"), fields.text(advice, "trend_analysis")]
    return " ".join(part for part in parts if part)


def _last_score(iterations: list[PipelineIteration]) -> float | None:
    for entry in reversed(iterations):
        for score in (entry["after_pass_rate"], entry["pass_rate"]):
            if score is not None:
                return score
    return None
