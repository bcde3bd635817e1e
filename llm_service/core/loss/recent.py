"""The newest steps of a curve as they were told: what is told again is no news."""

from __future__ import annotations

from collections.abc import Sequence

from llm_service.core.loss.points import Point

KEPT = 1024


class Recent:
    """Remembers the loss of the last steps that were told. Older ones are taken to be known."""

    def __init__(self) -> None:
        self._losses: dict[int, str] = {}
        self._forgotten_to = -1

    def news(self, points: Sequence[Point]) -> tuple[list[Point], list[Point]]:
        """Of points in order: steps not known before, and known ones with another loss; from now on they are known."""
        new, rewritten = [], []
        for point in points:
            # As text: NaN is like nothing, not even itself.
            said = repr(point.loss)
            known = self._losses.get(point.step)
            if known is None and point.step > self._forgotten_to:
                new.append(point)
            elif known is not None and known != said:
                rewritten.append(point)
            else:
                continue
            self._losses[point.step] = said
        self._forget()
        return new, rewritten

    def _forget(self) -> None:
        over = len(self._losses) - KEPT
        if over > 0:
            for step in sorted(self._losses)[:over]:
                del self._losses[step]
                self._forgotten_to = max(self._forgotten_to, step)
