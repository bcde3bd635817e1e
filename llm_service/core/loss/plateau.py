"""A loss that does not fall and never has."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from llm_service.core.loss.divergence import BEGINNING
from llm_service.core.loss.points import Point
from llm_service.core.loss.thresholds import Thresholds
from llm_service.core.loss.verdicts import Cleared, Raised, Verdict, number
from llm_service.core.loss.window import Window, deviation

PARTS = 8
"""Parts of the window whose medians are compared."""
_OF_A_MEDIAN = 1.2533
"""The standard error of a median of normal values against that of their mean."""
_SURE = 1.0
"""Standard errors between the halves that are taken for progress: learning that noise nearly hides is quiet."""
_LITTLE = 0.01
"""The least part of the first losses whose fall counts as learning."""
_SURELY = 4.0
"""Standard errors between the first part and a later one that scatter does not explain."""


class Plateau:
    """Compares the first half of the window with the second, and both with the beginning, by medians of its parts.

    A curve that fell once and is flat now has converged, which is no fault: it fires only where the loss is still
    within `plateau_fall` of where it began and above `plateau_loss`, no part ever lay surely below the first one, and
    the halves do not differ. Steps of a warm-up,
    with a learning rate above every one before, do not count.
    """

    def __init__(self, limits: Thresholds, state: Mapping[str, Any]) -> None:
        self._limits = limits
        self._start = Window(BEGINNING, state.get("start", ()))
        self._part = Window(limits.plateau_window // PARTS, state.get("part", ()))
        self._parts: list[tuple[float, float]] = [tuple(part) for part in state.get("parts", ())]
        self._best: float | None = state.get("best")
        self._most_lr: float | None = state.get("most_lr")
        self._level: float | None = state.get("level")
        self._first: tuple[float, float] | None = tuple(state["first"]) if state.get("first") else None
        self._fell = bool(state.get("fell", False))

    def state(self) -> dict[str, Any]:
        return {
            "start": self._start.rows,
            "part": self._part.rows,
            "parts": self._parts,
            "best": self._best,
            "most_lr": self._most_lr,
            "level": self._level,
            "first": self._first,
            "fell": self._fell,
        }

    def feed(self, point: Point) -> Iterator[Verdict]:
        """Judge one step."""
        if not math.isfinite(point.loss):
            return
        if not self._start.full:
            self._start.add(point.step, point.loss)
        if self._warms_up(point.lr):
            self._forget()
            return
        self._part.add(point.step, point.loss)
        if self._part.full:
            self._close_part()
            yield from self._judge(point)

    def settle(self) -> None:
        """What stood is over: if it is still so, it is raised again."""
        self._level = None

    def back_to(self, step: int) -> None:
        """The training went back before this step."""
        self._forget()
        self._start.back_to(step)
        if not self._start.full:
            self._best = self._first = None
            self._fell = False

    def _warms_up(self, lr: float | None) -> bool:
        if lr is None:
            return False
        rises = self._most_lr is not None and lr > self._most_lr
        self._most_lr = lr if self._most_lr is None else max(lr, self._most_lr)
        return rises

    def _forget(self) -> None:
        self._parts = []
        self._part.clear()

    def _close_part(self) -> None:
        middle = self._part.median
        error = _OF_A_MEDIAN * deviation(self._part.losses, middle) / math.sqrt(len(self._part))
        self._best = middle if self._best is None else min(middle, self._best)
        self._first = self._first or (middle, error)
        self._fell = self._fell or self._below_first(middle, error)
        self._parts.append((middle, error))
        del self._parts[:-PARTS]
        self._part.clear()

    def _below_first(self, middle: float, error: float) -> bool:
        """A model that was trained before may have little left to learn: less than `plateau_fall`, yet surely."""
        first, first_error = self._first or (middle, error)
        fell = first - middle
        return fell > _LITTLE * abs(first) and fell > _SURELY * math.hypot(error, first_error)

    def _judge(self, point: Point) -> Iterator[Verdict]:
        newest = self._parts[-1][0]
        if self._level is not None:
            if newest < self._level - self._limits.plateau_fall / 2 * abs(self._level):
                self._level = None
                yield Cleared("plateau", point.at_ms)
            return
        if len(self._parts) < PARTS or not self._start.full:
            return
        level = sorted(middle for middle, _ in self._parts)[PARTS // 2]
        began = self._start.median
        far = self._limits.plateau_fall * abs(began)
        learned = (self._best is not None and self._best < began - far) or self._fell
        if not learned and level <= began + far and level > self._limits.plateau_loss and not self._progress():
            self._level = level
            yield self._raise(point, level, began)

    def _progress(self) -> bool:
        """Whether the second half of the window lies below the first."""
        half = PARTS // 2
        before, after = (sum(middle for middle, _ in some) / half for some in (self._parts[:half], self._parts[half:]))
        error = math.sqrt(sum(error * error for _, error in self._parts)) / half
        return before - after > _SURE * error

    def _raise(self, point: Point, level: float, began: float) -> Raised:
        count = self._limits.plateau_window // PARTS * PARTS
        sentence = (
            f"The loss has not fallen over the last {count} logged steps:"
            f" it is about {number(level)} and began at about {number(began)}."
        )
        numbers: dict[str, float | int | str | None] = {"level": level, "began_at": began, "steps": count}
        return Raised("plateau", point.step, point.at_ms, sentence, numbers)
