"""A pipeline's part of a job, brought up to date with what a list or a live event tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from llm_service.core.training.pipelines import new_iteration, new_pipeline
from llm_service.core.training.reports import status_of
from llm_service.core.training.shapes import Pipeline, PipelineIteration


def folded_pipeline(before: Pipeline | None, told: Mapping[str, Any]) -> Pipeline:
    """The pipeline as it stands after this; what is not told stays as it was. `before` is not changed."""
    after = dict(before or new_pipeline())
    after.update({name: value for name, value in told.items() if name != "iterations"})
    after["iterations"] = _iterations((before or new_pipeline())["iterations"], told.get("iterations") or [])
    _close_last(after)
    return cast(Pipeline, after)


def _close_last(pipeline: dict[str, Any]) -> None:
    """Of a pipeline that went to its end the final score is what its last iteration came to; some say only that."""
    if pipeline["iterations"] and pipeline["score"] is not None and status_of(pipeline["outcome"]) == "completed":
        last = pipeline["iterations"][-1]
        if last["after_pass_rate"] is None:
            last["after_pass_rate"] = pipeline["score"]


def _iterations(known: list[PipelineIteration], told: list[Mapping[str, Any]]) -> list[PipelineIteration]:
    by_number: dict[int, dict[str, Any]] = {entry["n"]: dict(entry) for entry in known}
    for entry in told:
        number = entry["n"]
        mine = by_number.setdefault(number, dict(new_iteration(number)))
        mine.update({name: value for name, value in entry.items() if value not in (None, "", [])})
    return [cast(PipelineIteration, by_number[number]) for number in sorted(by_number)]
