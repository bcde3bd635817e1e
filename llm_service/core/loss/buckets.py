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


def fold(steps: Iterable[Step], width: int) -> Iterator[Bucket]:
    """Steps in order to buckets."""
    for _, inside in groupby(steps, lambda step: step[0] // width):
        yield _bucket(list(inside))


def merge(buckets: Iterable[Bucket], width: int) -> Iterator[Bucket]:
    """Narrower buckets in order to wider ones."""
    place, wide = -1, None
    for bucket in buckets:
        if wide is not None and bucket[0] // width == place:
            wide = joined(wide, bucket)
            continue
        if wide is not None:
            yield wide
        place, wide = bucket[0] // width, bucket
    if wide is not None:
        yield wide


def joined(one: Bucket, other: Bucket) -> Bucket:
    """Two neighbours, in order, as one."""
    # Taken apart once: charts of two thousand buckets are made of twice as many, while somebody waits.
    step, _, first, last, least, least_step, most, most_step, bad, held, _, lr = one
    _, last_step, first2, last2, least2, least_step2, most2, most_step2, bad2, held2, at_ms, lr2 = other
    if least is None or (least2 is not None and least2 < least):
        least, least_step = least2, least_step2
    if most is None or (most2 is not None and most2 > most):
        most, most_step = most2, most_step2
    return Bucket(
        step,
        last_step,
        first2 if first is None else first,
        last if last2 is None else last2,
        least,
        least_step,
        most,
        most_step,
        bad + bad2,
        held + held2,
        at_ms,
        lr if lr2 is None else lr2,
    )


def _bucket(steps: Sequence[Step]) -> Bucket:
    first = last = least = most = lr = None
    least_step = most_step = None
    bad = 0
    for number, loss, rate, _ in steps:
        if rate is not None:
            lr = rate
        if loss is None:
            bad += 1
            continue
        last = loss
        if least is None or most is None:
            first = least = most = loss
            least_step = most_step = number
        elif loss < least:
            least, least_step = loss, number
        elif loss > most:
            most, most_step = loss, number
    return Bucket(
        *(steps[0][0], steps[-1][0], first, last, least, least_step, most, most_step),
        *(bad, len(steps), steps[-1][3], lr),
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
