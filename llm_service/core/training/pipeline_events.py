"""A pipeline's live events, named (`stage_update`, `training_update`, …) or unnamed with an envelope."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from llm_service.core.training import fields
from llm_service.core.training.pipelines import advice_text, new_iteration, stage_of
from llm_service.core.training.reports import LossStep, Report, status_of, told

KNOWN = frozenset({"stage_update", "training_update", "advisor_result", "analysis_complete", "pipeline_end"})


_ADVICE = ("summary", "advice", "trend_analysis", "suggested_actions")


class Heard(NamedTuple):
    """An event as a report on the pipeline. `ended`: the stream has nothing more. `known`: by its name."""

    report: Report
    ended: bool
    known: bool
    name: str


def heard(pipeline_id: str, name: str, data: str) -> Heard | None:
    """What an event tells; None where its data is no JSON object, which is counted as broken."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    inner = body.get("data") if isinstance(body.get("data"), dict) else body
    kind = name if name not in ("", "message") else fields.text(body, "type", "event_type") or "message"
    row: dict[str, Any] = {**body, **(inner or {})}
    ended = kind == "pipeline_end"
    return Heard(_report(pipeline_id, kind, row, ended=ended), ended, kind in KNOWN, kind)


def _report(pipeline_id: str, kind: str, row: fields.Fields, *, ended: bool) -> Report:
    iteration = fields.whole(row, "iteration", "iter", "current_iteration") or None
    stage = fields.text(row, "stage", "current_stage")
    step = fields.whole(row, "step", "global_step")
    loss = fields.loss(row, "loss", "train_loss")
    rate = fields.number(row, "lr", "learning_rate")
    epoch = fields.number(row, "epoch", "current_epoch")
    score = fields.share(row, ("score", "final_score"), ("pass_rate",))
    word = fields.text(row, "status", "state")
    losses = {}
    if step is not None and loss is not None:
        losses[f"iter-{iteration or 1}"] = [LossStep(step, loss, rate, epoch)]
    pipeline = told(
        stage=stage_of(stage),
        step=stage,
        iteration=iteration,
        score=score,
        message=fields.text(row, "message", "msg"),
        outcome=word if ended else None,
        iterations=_advice(kind, row, iteration) or _rate(row, iteration, stage, score),
    )
    # The end of one stage is told with the same words as the end of all: only the last event says how it ended.
    status = (status_of(word) if word else None) if ended else "running"
    return Report(
        "pipeline",
        pipeline_id,
        told(
            status=status,
            step=step,
            epoch=epoch,
            learning_rate=rate,
            error=fields.text(row, "error"),
            pipeline=pipeline or None,
        ),
        losses,
    )


def _rate(row: fields.Fields, iteration: int | None, stage: str | None, score: float | None) -> list[Any] | None:
    """A score that a stage of evaluation ends with is the iteration's own; where it begins it is the one before."""
    if iteration is None or score is None or fields.loss(row, "loss", "train_loss") is not None:
        return None
    name = stage_of(stage)
    if name not in ("EVALUATE", "RE-EVAL") or "start" in (stage or "").lower():
        return None
    entry = new_iteration(iteration)
    entry["after_pass_rate" if name == "RE-EVAL" else "pass_rate"] = score
    return [entry]


def _advice(kind: str, row: fields.Fields, iteration: int | None) -> list[Any] | None:
    if kind not in ("advisor_result", "analysis_complete"):
        return None
    parts = (row.get(part) for part in ("advisor_result", "result", "analysis"))
    # Among the event's own fields a message that the analysis is complete is no advice.
    own = row if kind == "advisor_result" else {name: row[name] for name in _ADVICE if name in row}
    nested: fields.Fields = next((part for part in parts if isinstance(part, dict)), own)
    entry = new_iteration(iteration or 1)
    entry["advice"] = advice_text(nested)
    entry["suggested"] = fields.texts(nested.get("suggested_actions"), 20)
    return [entry] if entry["advice"] or entry["suggested"] else None
