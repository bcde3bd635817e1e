"""How quickly a job makes steps, from what was seen of it."""

from __future__ import annotations

from collections import deque

WINDOW_MS = 120_000
LEAST_MS = 1_000
"""Shorter spans say more about when we looked than about the job."""
MOST_SAMPLES = 120


class Pace:
    """Steps a second over the last two minutes in which the step moved."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, int]] = deque(maxlen=MOST_SAMPLES)

    def saw(self, step: int, at_ms: int) -> None:
        """The job was at this step at this moment. A step that fell begins anew."""
        if self._seen and step < self._seen[-1][0]:
            self._seen.clear()
        if self._seen and step == self._seen[-1][0]:
            return
        self._seen.append((step, at_ms))
        while len(self._seen) > 2 and at_ms - self._seen[0][1] > WINDOW_MS:
            self._seen.popleft()

    def per_s(self) -> float | None:
        """Steps a second; None before two looks that are far enough apart."""
        if len(self._seen) < 2:
            return None
        (first, from_ms), (last, to_ms) = self._seen[0], self._seen[-1]
        return (last - first) * 1000 / (to_ms - from_ms) if to_ms - from_ms >= LEAST_MS else None
