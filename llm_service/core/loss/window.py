"""The newest losses of a curve, with their median at hand."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence

ROBUST = 1.4826
"""What makes the median absolute deviation of a normal distribution its standard deviation."""


class Window:
    """At most `size` finite losses with their steps, in the order they came."""

    def __init__(self, size: int, rows: Sequence[Sequence[float]] = ()) -> None:
        self._size = size
        self._rows: list[tuple[int, float]] = []
        self._sorted: list[float] = []
        for step, loss in rows[-size:]:
            self.add(int(step), loss)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def rows(self) -> list[tuple[int, float]]:
        """Steps and losses, to be put away and taken up again."""
        return list(self._rows)

    @property
    def full(self) -> bool:
        return len(self._rows) >= self._size

    @property
    def median(self) -> float:
        """The middle one, the upper of two."""
        return self._sorted[len(self._sorted) // 2]

    @property
    def least(self) -> float:
        return self._sorted[0]

    @property
    def most(self) -> float:
        return self._sorted[-1]

    @property
    def losses(self) -> Sequence[float]:
        """In order of size."""
        return self._sorted

    @property
    def first_step(self) -> int:
        return self._rows[0][0]

    def add(self, step: int, loss: float) -> None:
        """Take one in; the oldest goes where there is no room."""
        if self.full:
            _, old = self._rows.pop(0)
            del self._sorted[bisect_left(self._sorted, old)]
        self._rows.append((step, loss))
        insort(self._sorted, loss)

    def back_to(self, step: int) -> None:
        """Forget this step and those after it: the training went back before it."""
        kept = [row for row in self._rows if row[0] < step]
        if len(kept) < len(self._rows):
            self._rows = kept
            self._sorted = sorted(loss for _, loss in kept)

    def clear(self) -> None:
        self._rows.clear()
        self._sorted.clear()


def deviation(values: Sequence[float], middle: float) -> float:
    """The robust standard deviation: 1.4826 times the median distance from the middle."""
    distances = sorted(abs(value - middle) for value in values)
    return ROBUST * distances[len(distances) // 2]
