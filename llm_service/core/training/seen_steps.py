"""Which steps of a job's loss series are new, and when they were made.

Servers tell no times: steps that are found in one look are spread evenly since the look before it, the first ones
since the job began. A log that is written by the page comes in bursts: more steps than one look's time is usually
enough for are spread as far back as they usually take, at most to where some were found last.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from llm_service.core.loss.points import Point
from llm_service.core.training.reports import LossStep

REMEMBERED = 2_000
"""Steps of a series whose loss is remembered."""


class Span(NamedTuple):
    """From the look before to this one, in milliseconds; `step_ms` is what a step took of late, 0 where none knows."""

    since_ms: int
    now_ms: int
    found_ms: int = 0
    """When steps were found last."""
    step_ms: int = 0


class SeenSteps:
    """Remembers the last steps of every series."""

    def __init__(self) -> None:
        self._known: dict[str, dict[int, float]] = {}

    def news(self, series: str, steps: Sequence[LossStep], span: Span, known_step: int) -> list[Point]:
        """The steps that are new or have another loss now, in order; those after `known_step` were made in the span."""
        known = self._known.setdefault(series, {})
        fresh = sorted(
            (step for step in steps if not _same(known.get(step.step), step.loss)), key=lambda each: each.step
        )
        for step in fresh:
            known.pop(step.step, None)
            known[step.step] = step.loss
        while len(known) > REMEMBERED:
            del known[next(iter(known))]
        last_step = max((step.step for step in steps), default=0)
        return _timed(fresh, span, known_step, last_step)


def _timed(steps: Sequence[LossStep], span: Span, known_step: int, last_step: int) -> list[Point]:
    """Steps that nobody heard of take their share of the time as well: what is told may be the end of a long log."""
    length_ms, known = max(0, span.now_ms - span.since_ms), max(0, known_step)
    whole = max(1, last_step - known)
    length_ms = max(length_ms, min(span.now_ms - span.found_ms, whole * span.step_ms))
    if steps and steps[-1].step <= known_step:
        # All of them are told anew: they were made again just now.
        length_ms = 0
    return [
        Point(
            step.step,
            step.loss,
            step.lr,
            step.epoch,
            span.now_ms - length_ms * (whole - max(0, step.step - known)) // whole,
        )
        for step in steps
    ]


def _same(known: float | None, loss: float) -> bool:
    return known is not None and (known == loss or (math.isnan(known) and math.isnan(loss)))
