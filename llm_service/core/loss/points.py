"""A step of a training with its loss, as sources hand it in."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

MOST_STEP = 2**53
"""Steps above cannot be told exactly in JSON."""
_MOST_MS = 253_402_300_799_000
"""The end of the year 9999."""


class Point(NamedTuple):
    """One step. `loss` may be NaN or infinite; `at_ms` is when it was made or heard of."""

    step: int
    loss: float
    lr: float | None = None
    epoch: float | None = None
    at_ms: int = 0


def bad_word(loss: float) -> str | None:
    """ "NaN", "+inf" or "-inf"; None for a number."""
    if math.isfinite(loss):
        return None
    return "NaN" if math.isnan(loss) else "+inf" if loss > 0 else "-inf"


def value_of(loss: float | None, word: str | None) -> float:
    """The loss as it was before it was marked with a word."""
    return loss if loss is not None else {"+inf": math.inf, "-inf": -math.inf}.get(word or "NaN", math.nan)


def sound(points: Iterable[Point]) -> tuple[list[Point], int]:
    """The points that can be kept, each step once with its last value, in order of steps; and how many cannot."""
    found: dict[int, Point] = {}
    refused = 0
    for point in points:
        good = _sound(point)
        if good is None:
            refused += 1
        else:
            found[good.step] = good
    return [found[step] for step in sorted(found)], refused


def _sound(point: Point) -> Point | None:
    step, loss, at_ms = point.step, point.loss, point.at_ms
    if type(step) is not int or not 0 <= step <= MOST_STEP or not _is_number(loss):
        return None
    if type(at_ms) is not int or not 0 <= at_ms <= _MOST_MS:
        return None
    return Point(step, float(loss), _finite(point.lr), _finite(point.epoch), at_ms)


def _is_number(value: object) -> bool:
    if isinstance(value, float):
        return True
    # A whole number that no float can hold is no loss.
    return type(value) is int and abs(value) < 1e308


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and _is_number(value) and math.isfinite(value) else None
