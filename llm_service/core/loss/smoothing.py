"""The smoothed curve: a debiased exponential moving average over every step, never over what happens to be drawn.

For a weight w and finite losses x1 … xn: a0 = 0, ai = w · a(i-1) + (1 - w) · xi, smoothed value ai / (1 - w^i), as
TensorBoard smooths. NaN and infinities are passed over. The average is not weighted by how far apart steps are.

To smooth a million steps within milliseconds the averages of a few weights, the stops of the slider, are kept at the
end of every chunk of steps; between two of them they are computed from the steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

STOPS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
KEPT = STOPS[1:]
"""Weights whose averages are kept; 0 is the loss itself."""


class Average(NamedTuple):
    """The biased averages of the weights `KEPT` after `losses` finite ones."""

    losses: int
    values: tuple[float, ...]


NOTHING = Average(0, (0.0,) * len(KEPT))


def nearest(weight: float) -> float:
    """The stop next to a weight, the lower one of two."""
    return min(STOPS, key=lambda stop: (abs(stop - weight), stop))


def advance(average: Average, losses: Iterable[float | None]) -> Average:
    """The averages after further losses; None stands for what is not finite."""
    a, b, c, d, e, f, g, h = average.values
    count = average.losses
    # Eight names instead of a list: this runs for every step of every curve.
    w1, w2, w3, w4, w5, w6, w7, w8 = KEPT
    v1, v2, v3, v4, v5, v6, v7, v8 = (1 - weight for weight in KEPT)
    for loss in losses:
        if loss is None:
            continue
        count += 1
        a = w1 * a + v1 * loss
        b = w2 * b + v2 * loss
        c = w3 * c + v3 * loss
        d = w4 * d + v4 * loss
        e = w5 * e + v5 * loss
        f = w6 * f + v6 * loss
        g = w7 * g + v7 * loss
        h = w8 * h + v8 * loss
    return Average(count, (a, b, c, d, e, f, g, h))


def debiased(biased: float, count: int, weight: float) -> float | None:
    """The smoothed value; None before the first finite loss."""
    return biased / (1 - weight**count) if count else None


def smooth(biased: float, count: int, losses: Sequence[float | None], weight: float) -> Iterator[float | None]:
    """The smoothed value after each of `losses`, going on from an average; at a gap the one before it."""
    fresh = 1 - weight
    bias = weight**count
    value = debiased(biased, count, weight)
    for loss in losses:
        if loss is not None:
            biased = weight * biased + fresh * loss
            bias *= weight
            value = biased / (1 - bias)
        yield value
