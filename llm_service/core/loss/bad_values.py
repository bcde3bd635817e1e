"""Losses that are no numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from llm_service.core.loss.points import Point, bad_word
from llm_service.core.loss.thresholds import Thresholds
from llm_service.core.loss.verdicts import Cleared, Raised, Verdict, number


class BadValues:
    """Raised at the first NaN or infinity, cleared after enough finite losses in a row."""

    def __init__(self, limits: Thresholds, state: Mapping[str, Any]) -> None:
        self._limits = limits
        self._last: tuple[int, float] | None = tuple(state["last"]) if state.get("last") else None
        self._good: int | None = state.get("good")

    def state(self) -> dict[str, Any]:
        return {"last": self._last, "good": self._good}

    def feed(self, point: Point) -> Iterator[Verdict]:
        """Judge one step."""
        word = bad_word(point.loss)
        if word is None:
            self._last = (point.step, point.loss)
            if self._good is not None:
                self._good += 1
                if self._good >= self._limits.nan_clear:
                    self._good = None
                    yield Cleared("nan", point.at_ms)
            return
        if self._good is None:
            yield self._raise(point, word)
        self._good = 0

    def settle(self) -> None:
        """What stood is over: if it is still so, it is raised again."""
        self._good = None

    def back_to(self, step: int) -> None:
        """The training went back: whatever comes is judged as it comes."""

    def _raise(self, point: Point, word: str) -> Raised:
        what = "NaN" if word == "NaN" else "infinite"
        sentence = f"The loss is {what} at step {point.step:,}"
        last_step, last = self._last or (None, None)
        if last is None or last_step is None:
            sentence += "; there was no finite value before."
        else:
            sentence += f"; the last finite value was {number(last)} at step {last_step:,}."
        return Raised("nan", point.step, point.at_ms, sentence, {"value": word, "last": last, "last_step": last_step})
