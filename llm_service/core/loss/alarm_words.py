"""Alarms as they leave the house, and their lines in the activity feed."""

from __future__ import annotations

import math

from llm_service.core.loss.verdicts import Raised
from llm_service.core.page_links import job_link
from llm_service.core.shapes import ActivityEntry
from llm_service.core.times import iso_seconds
from llm_service.core.training.shapes import Alarm, AlarmKind

_OVER: dict[AlarmKind, str] = {
    "nan": "The loss is finite again.",
    "plateau": "The loss is falling again.",
    "divergence": "The loss is back where it was.",
    "throughput": "Training is as fast as before.",
    "stalled": "Steps are coming again.",
}
"""A spike is over within steps: that is not worth a line, but where it was the step to another level."""


def alarm_of(raised: Raised, job: str, series: str) -> Alarm:
    """A verdict as an alarm of a series."""
    numbers = {name: _told(value) for name, value in raised.numbers.items()}
    return {
        "id": f"{series}/{raised.kind}/{raised.at_ms}/{raised.step or 0}",
        "kind": raised.kind,
        "job": job,
        "series": series,
        "step": raised.step,
        "at": iso_seconds(raised.at_ms / 1000),
        "cleared_at": None,
        "sentence": raised.sentence,
        "numbers": numbers,
    }


def over(alarm: Alarm, at: str, sentence: str) -> Alarm:
    """The alarm as it is when it is over; `sentence` where it was a step to another level after all."""
    if not sentence:
        return {**alarm, "cleared_at": at}
    return {**alarm, "cleared_at": at, "sentence": sentence, "numbers": {**alarm["numbers"], "became": "level"}}


def raised_line(alarm: Alarm, name: str, at: str) -> ActivityEntry:
    """The line of an alarm that is raised."""
    return _line("alarm.raised", alarm, f"{name}: {alarm['sentence']}", at)


def cleared_line(alarm: Alarm, name: str, at: str, sentence: str = "") -> ActivityEntry | None:
    """The line of an alarm that is over, `sentence` where that was said of it; None where that is not worth one."""
    said = sentence or _OVER.get(alarm["kind"])
    return _line("alarm.cleared", alarm, f"{name}: {said}", at) if said else None


def _line(event: str, alarm: Alarm, text: str, at: str) -> ActivityEntry:
    return {"event": event, "at": at, "text": text, "href": job_link(alarm["job"])}


def _told(value: float | int | str | None) -> float | int | str | None:
    return None if isinstance(value, float) and not math.isfinite(value) else value
