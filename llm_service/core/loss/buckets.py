"""The pyramid over a curve: buckets of equal width that begin at multiples of it, so that appending moves none.

A bucket keeps its extremes with their steps, so that no spike is lost however far out one looks. Stored widths are
`floor` times powers of `BASE`; a chart is given any power of two, made from the next narrower stored ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

BASE = 4
NARROWEST = 4
"""The narrowest bucket that is stored, in strides of the series."""


class Bucket(NamedTuple):
    """What lies in one bucket. Extremes, `first` and `last` are of finite values; None where there are none."""

    step: int
    last_step: int
    first: float | None
    last: float | None
    min: float | None
    min_step: int | None
    max: float | None
    max_step: int | None
    bad: int
    held: int
    """How many steps."""
    at_ms: int
    """Of the last step."""
    lr: float | None
    """The last one known."""


class Step(NamedTuple):
    """A kept step; `loss` None is not finite."""

    step: int
    loss: float | None
    lr: float | None
    at_ms: int


def fold(steps: Iterable[Step], width: int) -> Iterator[tuple[int, Bucket]]:
    """Steps in order to buckets with their starts."""
    for place, inside in groupby(steps, lambda step: step[0] // width):
        yield place * width, _bucket(list(inside))


def merge(buckets: Iterable[tuple[int, Bucket]], width: int) -> Iterator[tuple[int, Bucket]]:
    """Narrower buckets in order to wider ones."""
    for place, inside in groupby(buckets, lambda pair: pair[0] // width):
        some = [bucket for _, bucket in inside]
        yield place * width, some[0] if len(some) == 1 else joined(some)


def joined(some: Sequence[Bucket]) -> Bucket:
    """Neighbours, in order, as one."""
    least = min((one for one in some if one.min is not None), key=lambda one: one.min or 0.0, default=None)
    most = max((one for one in some if one.max is not None), key=lambda one: one.max or 0.0, default=None)
    return Bucket(
        step=some[0].step,
        last_step=some[-1].last_step,
        first=next((one.first for one in some if one.first is not None), None),
        last=next((one.last for one in reversed(some) if one.last is not None), None),
        min=least.min if least else None,
        min_step=least.min_step if least else None,
        max=most.max if most else None,
        max_step=most.max_step if most else None,
        bad=sum(one.bad for one in some),
        held=sum(one.held for one in some),
        at_ms=some[-1].at_ms,
        lr=next((one.lr for one in reversed(some) if one.lr is not None), None),
    )


def _bucket(steps: Sequence[Step]) -> Bucket:
    good = [step for step in steps if step[1] is not None]
    least = min(good, key=lambda step: step[1] or 0.0, default=None)
    most = max(good, key=lambda step: step[1] or 0.0, default=None)
    return Bucket(
        step=steps[0].step,
        last_step=steps[-1].step,
        first=good[0].loss if good else None,
        last=good[-1].loss if good else None,
        min=least.loss if least else None,
        min_step=least.step if least else None,
        max=most.loss if most else None,
        max_step=most.step if most else None,
        bad=len(steps) - len(good),
        held=len(steps),
        at_ms=steps[-1].at_ms,
        lr=next((step.lr for step in reversed(steps) if step.lr is not None), None),
    )


def alone(step: Step) -> Bucket:
    """A step as a bucket of its own."""
    number, loss, lr, at_ms = step
    at = None if loss is None else number
    return Bucket(number, number, loss, loss, loss, at, loss, at, int(loss is None), 1, at_ms, lr)


def floor_for(first_step: int, last_step: int, count: int) -> int:
    """Width of the narrowest stored buckets, such that each holds a few steps however far apart those are."""
    stride = (last_step - first_step) / max(1, count - 1)
    width = NARROWEST
    while width < 2 * stride:
        width *= BASE
    return width


def widths(floor: int, last_step: int) -> Iterator[int]:
    """The stored widths, narrowest first; the widest has all steps in its one bucket."""
    width = floor
    yield width
    while width <= last_step:
        width *= BASE
        yield width


def width_for(from_step: int, to_step: int, points: int) -> int:
    """The narrowest power of two with at most `points` (2 or more) buckets over a window, both ends included."""
    width = 1
    while to_step // width - from_step // width + 1 > points:
        width *= 2
    return width


def stored_for(width: int, floor: int) -> int | None:
    """The widest stored width that `width` can be made from; None where only the steps will do."""
    if width < floor:
        return None
    stored = floor
    while stored * BASE <= width:
        stored *= BASE
    return stored


def runs(starts: Sequence[int], width: int) -> Iterator[tuple[int, int]]:
    """Neighbouring starts, in order, as spans: the first start and the end of the last bucket."""
    begin = end = None
    for start in starts:
        if begin is not None and start == end:
            end = start + width
            continue
        if begin is not None and end is not None:
            yield begin, end
        begin, end = start, start + width
    if begin is not None and end is not None:
        yield begin, end
