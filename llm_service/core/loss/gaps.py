"""Where steps are missing: told by the stride that a series itself has."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

from llm_service.core.loss.buckets import Bucket

_REGULAR = 0.8
"""The share of steps that lie exactly one stride apart in a series that is written regularly."""
_FAR = 4.0
"""How many times its usual longest distance an irregular series must jump."""
MOST = 500
_FEW = 4
_RHYTHM = 3
"""Equal jumps in a row: it is logged more seldom from there on."""


def between(found: Sequence[Bucket]) -> list[tuple[int, int]]:
    """Pairs of steps with nothing between them where the stride says there was something; at most the 500 longest.

    In a series whose steps are mostly one stride apart a single missing step is a gap; three equal jumps in a row
    are not, but another stride. In one that is seen by asking now and then, only a jump far beyond what is usual there.
    """
    if len(found) < _FEW:
        return []
    usual, most = _usual(found)
    pairs = [(one.last_step, other.step) for one, other in pairwise(found)]
    far: list[tuple[int, int]] = []
    for jump, run in groupby(pairs, key=lambda pair: pair[1] - pair[0]):
        equal = list(run)
        if jump > most and jump > usual and len(equal) < _RHYTHM:
            far += equal
    return sorted(sorted(far, key=lambda pair: pair[0] - pair[1])[:MOST])


def _usual(found: Sequence[Bucket]) -> tuple[float, float]:
    """The stride, and the distance above which a jump is a gap."""
    inside = [(one.last_step - one.step) / (one.held - 1) for one in found if one.held > 1]
    across: list[float] = [other.step - one.last_step for one, other in pairwise(found)]
    strides = sorted(inside if len(inside) > len(found) / 2 else across)
    usual = strides[len(strides) // 2]
    if sum(stride == usual for stride in strides) >= _REGULAR * len(strides):
        return usual, 1.5 * usual
    return usual, _FAR * strides[min(len(strides) - 1, int(0.9 * len(strides)))]
