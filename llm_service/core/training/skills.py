"""Skill training: the list of jobs, the status of a skill and the older endpoint, which alone moves a job on."""

from __future__ import annotations

from typing import Any, NamedTuple

from llm_service.core.training import fields
from llm_service.core.training.log_lines import lines_of, skill_log
from llm_service.core.training.reports import LossStep, Report, status_of, told
from llm_service.core.training.shapes import Gpu

LISTS = ("jobs", "training_jobs")


class Listed(NamedTuple):
    """A row of `/api/training-jobs`."""

    skill: str
    report: Report


class SkillStatus(NamedTuple):
    """How a skill stands. `idle`: no job. `trouble`: the server could not tell; then the job stays as it was."""

    report: Report | None
    idle: bool = False
    trouble: str = ""


def listed(value: object) -> list[Listed]:
    """The jobs of the list; each skill has one, the newest."""
    found = []
    for row in fields.rows(value, *LISTS):
        skill, job_id = fields.text(row, "skill_id"), fields.text(row, "job_id", "id")
        if skill and job_id:
            found.append(Listed(skill, Report("skill", job_id, _common(row, skill))))
    return found


def status_answer(value: object, skill: str) -> SkillStatus:
    """`GET /api/training/status/<skill>`."""
    if not isinstance(value, dict):
        return SkillStatus(None, trouble="the answer is no object")
    word = fields.text(value, "status") or ""
    if word == "idle":
        return SkillStatus(None, idle=True)
    if word == "error" or value.get("success") is False:
        return SkillStatus(None, trouble=fields.text(value, "error", "message") or "no reason is given")
    job_id = fields.text(value, "job_id", "id")
    if job_id is None:
        return SkillStatus(None, trouble="the answer names no job")
    return SkillStatus(Report("skill", job_id, _status_told(value, skill), _history(value)))


def legacy_answer(value: object, skill: str) -> Report | None:
    """`GET /api/training-job/<skill>`: only asking it makes the server look whether the job has ended."""
    if not isinstance(value, dict):
        return None
    job_id = fields.text(value, "job_id", "id")
    if job_id is None:
        return None
    lines = lines_of(value.get("logs"))
    log = skill_log(lines)
    result = value["result"] if isinstance(value.get("result"), dict) else {}
    return Report(
        "skill",
        job_id,
        {
            **_common(value, skill),
            **told(
                steps=log.steps,
                examples=fields.whole(result, "training_examples") or log.examples,
                elapsed_s=fields.number(result, "training_time_seconds"),
                loss=fields.number(result, "final_loss"),
            ),
        },
        {"": log.losses} if log.losses else {},
        log_lines=tuple(lines),
    )


def _common(row: fields.Fields, skill: str) -> dict[str, Any]:
    return told(
        status=status_of(fields.text(row, "status")),
        name=fields.text(row, "skill_name"),
        started_at=fields.moment(row, "started_at", "created_at"),
        finished_at=fields.moment(row, "completed_at", "finished_at"),
        error=fields.text(row, "error"),
        config={"skill_id": skill},
    )


def _status_told(row: fields.Fields, skill: str) -> dict[str, Any]:
    steps, step = fields.whole(row, "total_steps") or None, fields.whole(row, "current_step")
    preview = row["current_example_preview"] if isinstance(row.get("current_example_preview"), dict) else {}
    config = row["config"] if isinstance(row.get("config"), dict) else {}
    more = told(
        # Before the first step the server's progress and its time left are guesses from a clock of ten minutes; after
        # it the progress is that of the steps, but never more than 95.
        step=step if steps else None,
        steps=steps,
        epoch=fields.number(row, "current_epoch"),
        epochs=fields.number(row, "total_epochs"),
        loss=fields.number(row, "current_loss"),
        first_loss=fields.number(row, "starting_loss"),
        eta_s=fields.number(row, "eta_seconds") if steps and step else None,
        elapsed_s=fields.number(row, "elapsed_seconds"),
        examples=fields.whole(row, "total_examples"),
        learning_rate=fields.number(config, "learning_rate"),
        gpu=_gpu(row.get("gpu_metrics")),
        preview_in=fields.text(preview, "input"),
        preview_out=fields.text(preview, "output"),
    )
    both = _common(row, skill)
    return {**both, **more, "config": {**fields.left_over(config, ()), "skill_id": skill}}


def _gpu(value: object) -> Gpu | None:
    if not isinstance(value, dict):
        return None
    return {
        "name": fields.text(value, "name"),
        "used_gb": fields.number(value, "memory_used_gb"),
        "total_gb": fields.number(value, "memory_total_gb"),
        "percent": fields.number(value, "utilization_percent"),
        "made_up": True,
    }


def _history(row: fields.Fields) -> dict[str, list[LossStep]]:
    found = []
    for entry in fields.rows(row.get("loss_history")):
        step, loss = fields.whole(entry, "step"), fields.loss(entry, "loss")
        if step is not None and loss is not None:
            rate, epoch = fields.number(entry, "learning_rate", "lr"), fields.number(entry, "epoch")
            found.append(LossStep(step, loss, rate, epoch))
    if not found:
        step, loss = fields.whole(row, "current_step"), fields.loss(row, "current_loss")
        if step and loss is not None:
            found = [LossStep(step, loss, None, fields.number(row, "current_epoch"))]
    return {"": found} if found else {}
