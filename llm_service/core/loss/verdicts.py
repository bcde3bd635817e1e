"""What a detector says of a curve, and how numbers read in its sentences."""

from __future__ import annotations

from typing import NamedTuple

from llm_service.core.training.shapes import AlarmKind


class Raised(NamedTuple):
    """A fault that begins. `numbers` are those that fired it."""

    kind: AlarmKind
    step: int | None
    at_ms: int
    sentence: str
    numbers: dict[str, float | int | str | None]


class Cleared(NamedTuple):
    """That fault is over. `sentence` says what it was after all, where that is another thing; "" where it is not."""

    kind: AlarmKind
    at_ms: int
    sentence: str = ""


Verdict = Raised | Cleared


def number(value: float) -> str:
    """A loss as people read it: four significant digits."""
    return f"{value:.4g}"


def duration(seconds: float) -> str:
    """A time span in its largest fitting unit."""
    if seconds < 120:
        return f"{seconds:.3g} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"
