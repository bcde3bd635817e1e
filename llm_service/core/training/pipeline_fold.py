"""A pipeline's part of a job, brought up to date with what a list or a live event tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from llm_service.core.training.pipelines import STAGES, new_iteration, new_pipeline
from llm_service.core.training.reports import status_of
from llm_service.core.training.shapes import Pipeline, PipelineIteration


def folded_pipeline(before: Pipeline | None, told: Mapping[str, Any], *, listed: bool = False) -> Pipeline:
    """The pipeline as it stands after this; what is not told stays as it was. `before` is not changed.

    A list is older than what the stream told while it was on its way, and lists of version 1 have no word for a
    deployment: what is `listed` never takes a pipeline back to where it was.
    """
    known = before or new_pipeline()
    after: dict[str, Any] = dict(known)
    after.update({name: value for name, value in told.items() if name != "iterations"})
    if listed and _place(after) < _place(known):
        after.update({"stage": known["stage"], "step": known["step"], "iteration": known["iteration"]})
    elif "message" not in told and (_place(after), after["outcome"]) != (_place(known), known["outcome"]):
        # What was said belongs to where it was.
        after["message"] = ""
    after["iterations"] = _iterations(known["iterations"], told.get("iterations") or [])
    _close_last(after)
    return cast(Pipeline, after)


def with_iteration(pipeline: Pipeline, number: int, **changed: Any) -> Pipeline:
    """The pipeline with some of an iteration's fields as they are given, whatever they were."""
    entries = _iterations(pipeline["iterations"], [{"n": number}])
    return {**pipeline, "iterations": [{**one, **changed} if one["n"] == number else one for one in entries]}  # type: ignore[typeddict-item]


def is_past_training(pipeline: Pipeline, number: int, *, ended: bool) -> bool:
    """Whether the fine-tune of an iteration is over, so that no more of its steps will come."""
    now = pipeline["iteration"] or 0
    return ended or number < now or (number == now and pipeline["stage"] in ("DEPLOY", "RE-EVAL"))


def _place(pipeline: Mapping[str, Any]) -> tuple[int, int]:
    """How far it has come: its iteration, and the stage in it."""
    stage = pipeline["stage"]
    return pipeline["iteration"] or 0, STAGES.index(stage) if stage in STAGES else -1


def _close_last(pipeline: dict[str, Any]) -> None:
    """Of a pipeline that went to its end the final score is what its last iteration came to; some say only that."""
    if pipeline["iterations"] and pipeline["score"] is not None and status_of(pipeline["outcome"]) == "completed":
        last = pipeline["iterations"][-1]
        if last["after_pass_rate"] is None:
            last["after_pass_rate"] = pipeline["score"]


def _iterations(known: list[PipelineIteration], told: list[Mapping[str, Any]]) -> list[PipelineIteration]:
    by_number: dict[int, dict[str, Any]] = {entry["n"]: {**new_iteration(entry["n"]), **entry} for entry in known}
    for entry in told:
        number = entry["n"]
        mine = by_number.setdefault(number, dict(new_iteration(number)))
        mine.update({name: value for name, value in entry.items() if value not in (None, "", [], False)})
    return [cast(PipelineIteration, by_number[number]) for number in sorted(by_number)]
