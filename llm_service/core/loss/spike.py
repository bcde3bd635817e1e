"""A loss far above those just before it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from llm_service.core.loss.divergence import BEGINNING
from llm_service.core.loss.points import Point
from llm_service.core.loss.thresholds import Thresholds
from llm_service.core.loss.verdicts import Cleared, Raised, Verdict, number
from llm_service.core.loss.window import Window, deviation

_WORTH = 0.25
"""The part of the first losses that a jump must make up: near zero a curve jumps by factors that mean nothing."""
_ABSURD = 3.0
"""Times the first losses, above which no untrained model is: half the deviations are enough then."""
FEWEST = 20
"""Losses before a step without which nothing is said."""
_LR_ROSE = 1.5
_HELD = 0.5
"""The part of a jump that must be left for it to have been a step to another level."""


class Spike:
    """Compares with the median of the window before, in robust deviations.

    Of positive losses the logarithms are compared: those of batches are skewed, and a heavy tail that is usual for
    this curve is no spike. A jump that comes with a higher learning rate is the schedule's.
    """

    def __init__(self, limits: Thresholds, state: Mapping[str, Any]) -> None:
        self._limits = limits
        self._window = Window(limits.spike_window, state.get("window", ()))
        self._high = Window(limits.spike_window, state.get("high", ()))
        self._start = Window(BEGINNING, state.get("start", ()))
        self._calm: int | None = state.get("calm")
        self._least_lr: float | None = state.get("least_lr")
        self._lr_age = int(state.get("lr_age", 0))
        self._jump: tuple[int, float, float] | None = _jump_of(state.get("jump"))
        """Where the alarm was raised: the step, its loss, and the median before."""
        self._since = int(state.get("since", 0))
        """Steps after it, while it stands, and the newest of them."""
        self._newest = Window(limits.spike_clear, state.get("newest", ()))

    def state(self) -> dict[str, Any]:
        return {
            "window": self._window.rows,
            "high": self._high.rows,
            "start": self._start.rows,
            "calm": self._calm,
            "least_lr": self._least_lr,
            "lr_age": self._lr_age,
            "jump": self._jump,
            "since": self._since,
            "newest": self._newest.rows,
        }

    def feed(self, point: Point) -> Iterator[Verdict]:
        """Judge one step."""
        if not math.isfinite(point.loss):
            return
        if not self._start.full:
            self._start.add(point.step, point.loss)
        if self._calm is not None:
            self._since += 1
            self._newest.add(point.step, point.loss)
        scheduled = self._schedule(point.lr)
        far = self._far(point.loss)
        if far is None:
            self._settle(point)
            if self._calm is not None:
                self._calm += 1
                if self._calm >= self._limits.spike_clear:
                    yield Cleared("spike", point.at_ms, self._level())
                    self.settle()
            return
        if self._calm is None and scheduled:
            self._settle(point)
            return
        if self._calm is None:
            yield self._raise(point, far)
            self._jump = point.step, point.loss, self._window.median
        self._calm = 0
        self._high.add(point.step, point.loss)
        if self._high.full:
            # So many in a row are no spike any more but where the loss lies now.
            self._window, self._high = self._high, Window(self._limits.spike_window)

    def settle(self) -> None:
        """What stood is over: if it is still so, it is raised again."""
        self._calm, self._jump, self._since = None, None, 0
        self._newest.clear()

    def back_to(self, step: int) -> None:
        """The training went back before this step."""
        self._newest.back_to(step)
        self._window.back_to(step)
        self._high.back_to(step)

    def _settle(self, point: Point) -> None:
        self._window.add(point.step, point.loss)
        self._high.clear()

    def _schedule(self, lr: float | None) -> bool:
        """Whether the learning rate is well above what it was at its lowest within the window."""
        if lr is None:
            return False
        self._lr_age += 1
        if self._least_lr is None or lr <= self._least_lr:
            self._least_lr, self._lr_age = lr, 0
        rose = lr > _LR_ROSE * self._least_lr
        if self._lr_age > self._limits.spike_window:
            self._least_lr, self._lr_age = lr, 0
        return rose

    def _far(self, loss: float) -> float | None:
        """How many robust deviations a loss lies above the median, where that is too many."""
        window, limits = self._window, self._limits
        if len(window) < FEWEST or loss <= window.most:
            return None
        middle, began = window.median, abs(self._start.median)
        if loss - middle < _WORTH * began:
            return None
        # A curve that began near zero, or lies above its beginning, tells nothing of what an untrained model does.
        absurd = window.least > 0 and middle <= began and loss > _ABSURD * began
        times = limits.spike_times / 2 if absurd else limits.spike_times
        if window.least > 0:
            above = math.log(loss / middle)
            least = math.log(limits.spike_ratio)
            # Most steps end here: the deviation is only worked out for those that stand out.
            if above < least:
                return None
            usual = _scatter([(step, math.log(each)) for step, each in window.rows], math.log(middle))
        else:
            above = loss - middle
            least = (limits.spike_ratio - 1) * max(abs(middle), 1e-12)
            if above < least:
                return None
            usual = _scatter(window.rows, middle)
        if usual <= 0:
            return math.inf
        return above / usual if above >= times * usual else None

    def _level(self) -> str:
        """What is said of a jump that did not come back: what counts as usual now lies half as high. "" for a spike."""
        if self._jump is None or self._since < FEWEST:
            return ""
        step, loss, before = self._jump
        level = self._newest.median
        if level - before < _HELD * (loss - before):
            return ""
        return (
            f"The loss went to another level at step {step:,}: from about {number(before)} to about {number(level)},"
            f" where it still was {self._since} logged steps later."
        )

    def _raise(self, point: Point, far: float) -> Raised:
        middle, count = self._window.median, len(self._window)
        sentence = (
            f"The loss jumped to {number(point.loss)} at step {point.step:,};"
            f" it was about {number(middle)} over the {count} logged steps before."
        )
        numbers: dict[str, float | int | str | None] = {
            "loss": point.loss,
            "median": middle,
            "deviations": round(far, 2) if math.isfinite(far) else None,
            "threshold": self._limits.spike_times,
        }
        return Raised("spike", point.step, point.at_ms, sentence, numbers)


def _jump_of(kept: Sequence[float] | None) -> tuple[int, float, float] | None:
    return (int(kept[0]), kept[1], kept[2]) if kept else None


def _scatter(rows: Sequence[tuple[int, float]], middle: float) -> float:
    """The deviation around the median; where the window falls steeply, around the line that it falls along."""
    values = [value for _, value in rows]
    half = len(values) // 2
    before, after = (sorted(part)[len(part) // 2] for part in (values[:half], values[-half:]))
    slope = (after - before) / (len(values) - half)
    if slope >= 0:
        return deviation(values, middle)
    along = [value - slope * place for place, value in enumerate(values)]
    return min(deviation(values, middle), deviation(along, sorted(along)[len(along) // 2]))
