"""A loss that has lost what it had gained."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from llm_service.core.loss.points import Point
from llm_service.core.loss.thresholds import Thresholds
from llm_service.core.loss.verdicts import Cleared, Raised, Verdict, number
from llm_service.core.loss.window import Window, deviation

BEGINNING = 16
"""Losses whose median is where the curve began."""
_SURE = 6.0
"""Standard errors between two medians that scatter does not explain: the best one is the least of very many."""
_SHOWS = 3.0
_OF_A_MEDIAN = 1.2533
"""The standard error of a median of normal values against that of their mean."""


class Divergence:
    """Compares the median of the newest losses with the best such median and with the beginning.

    It fires where the median has given back `divergence_share` of what was gained since the beginning, is
    `divergence_ratio` times the best one, and further above it than the scatter of losses then explains.
    """

    def __init__(self, limits: Thresholds, state: Mapping[str, Any]) -> None:
        self._limits = limits
        self._window = Window(limits.divergence_window, state.get("window", ()))
        self._start = Window(BEGINNING, state.get("start", ()))
        self._best: float | None = state.get("best")
        self._best_step: int | None = state.get("best_step")
        self._best_losses: list[float] = list(state.get("best_losses", ()))
        self._limit: float | None = state.get("limit")

    def state(self) -> dict[str, Any]:
        return {
            "window": self._window.rows,
            "start": self._start.rows,
            "best": self._best,
            "best_step": self._best_step,
            "best_losses": self._best_losses,
            "limit": self._limit,
        }

    @property
    def began_at(self) -> float | None:
        """The median of the first losses."""
        return self._start.median if self._start.full else None

    @property
    def median(self) -> float | None:
        """The median of the newest losses."""
        return self._window.median if self._window.full else None

    def feed(self, point: Point) -> Iterator[Verdict]:
        """Judge one step."""
        if not math.isfinite(point.loss):
            return
        if not self._start.full:
            self._start.add(point.step, point.loss)
        self._window.add(point.step, point.loss)
        if not self._window.full:
            return
        middle = self._window.median
        if self._best is None or middle < self._best:
            self._best, self._best_step = middle, point.step
            self._best_losses = list(self._window.losses)
        if self._limit is not None:
            if middle <= (self._best + self._limit) / 2:
                self._limit = None
                yield Cleared("divergence", point.at_ms)
            return
        limit = self._limit_now(self._best)
        if middle >= limit and self._sure(middle, self._best):
            self._limit = limit
            yield self._raise(point, middle, self._best)

    def settle(self) -> None:
        """What stood is over: if it is still so, it is raised again."""
        self._limit = None

    def back_to(self, step: int) -> None:
        """The training went back before this step: how good it was after it counts no more."""
        self._window.back_to(step)
        self._best = self._best_step = None
        self._start.back_to(step)

    def _limit_now(self, best: float) -> float:
        limits = self._limits
        gained = max(0.0, self._start.median - best)
        share = best + limits.divergence_share * gained
        ratio = best + (limits.divergence_ratio - 1) * abs(best)
        return max(share, ratio, best + 1e-9)

    def _sure(self, middle: float, best: float) -> bool:
        """Whether the medians differ by more than scatter; of positive losses the logarithms are compared."""
        losses = self._best_losses
        if losses[0] > 0 and middle > 0:
            away, spread = math.log(middle / best), deviation([math.log(loss) for loss in losses], math.log(best))
        else:
            # Around zero no ratio says anything: it must show above the scatter of single losses.
            away, spread = middle - best, deviation(losses, best)
            if away < _SHOWS * spread:
                return False
        return away >= _SURE * _OF_A_MEDIAN * spread / math.sqrt(len(losses))

    def _raise(self, point: Point, middle: float, best: float) -> Raised:
        count = len(self._window)
        sentence = (
            f"The loss is rising: about {number(middle)} over the last {count} logged steps,"
            f" after a best of about {number(best)} around step {self._best_step or 0:,}."
        )
        numbers: dict[str, float | int | str | None] = {
            "median": middle,
            "best": best,
            "best_step": self._best_step,
            "began_at": self._start.median,
            "threshold": self._limit,
        }
        return Raised("divergence", point.step, point.at_ms, sentence, numbers)
