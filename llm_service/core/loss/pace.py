"""Training that has become slow."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from llm_service.core.loss.points import Point
from llm_service.core.loss.thresholds import Thresholds
from llm_service.core.loss.verdicts import Cleared, Raised, Verdict
from llm_service.core.loss.window import deviation

NEWEST = 8
"""Samples whose median is the rate now."""
FEWEST = 24
"""Samples before them that tell what is usual."""
_KEPT = 128
_SURE = 5.0
"""Standard errors of a median below the usual rate."""
_OF_A_MEDIAN = 1.2533


class Pace:
    """Compares the steps a second of the newest eight samples with those before, by medians.

    A sample takes an eighth of `throughput_s` or longer. One long pause, as for an evaluation or a checkpoint, is one
    sample and moves no median.
    """

    def __init__(self, limits: Thresholds, state: Mapping[str, Any]) -> None:
        self._limits = limits
        self._rates: list[float] = list(state.get("rates", ()))
        self._from: tuple[int, int] | None = tuple(state["from"]) if state.get("from") else None
        self._usual: float | None = state.get("usual")

    def state(self) -> dict[str, Any]:
        return {"rates": self._rates, "from": self._from, "usual": self._usual}

    def feed(self, point: Point) -> Iterator[Verdict]:
        """Take one step in; one before the sample's own begins a new one, times that stand still are waited out."""
        if self._from is None or point.step < self._from[0]:
            self._from = (point.step, point.at_ms)
            return
        step, at_ms = self._from
        took_ms = point.at_ms - at_ms
        if took_ms < self._limits.throughput_s * 1000 / NEWEST:
            if took_ms < 0:
                self._from = (point.step, point.at_ms)
            return
        self._from = (point.step, point.at_ms)
        self._rates.append((point.step - step) / (took_ms / 1000))
        del self._rates[:-_KEPT]
        yield from self._judge(point)

    def settle(self) -> None:
        """What stood is over: if it is still so, it is raised again."""
        self._usual = None

    def _judge(self, point: Point) -> Iterator[Verdict]:
        if len(self._rates) < NEWEST + FEWEST:
            return
        now = _median(self._rates[-NEWEST:])
        if self._usual is not None:
            if now >= (1 + self._limits.throughput_share) / 2 * self._usual:
                self._usual = None
                yield Cleared("throughput", point.at_ms)
            return
        usual = _median(self._rates[:-NEWEST])
        if now < self._limits.throughput_share * usual and self._sure(now, usual):
            self._usual = usual
            yield self._raise(point, now, usual)

    def _sure(self, now: float, usual: float) -> bool:
        """Whether it is slower than the scatter of the samples before explains: some logs are simply uneven."""
        if now <= 0:
            return True
        before = [math.log(rate / usual) for rate in self._rates[:-NEWEST] if rate > 0]
        return math.log(usual / now) >= _SURE * _OF_A_MEDIAN * deviation(before, 0.0) / math.sqrt(NEWEST)

    def _raise(self, point: Point, now: float, usual: float) -> Raised:
        sentence = f"Training slowed down: {_rate(now)}, after {_rate(usual)} before."
        numbers: dict[str, float | int | str | None] = {"steps_per_s": now, "usual_steps_per_s": usual}
        return Raised("throughput", point.step, point.at_ms, sentence, numbers)


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _rate(per_s: float) -> str:
    if per_s >= 0.1 or not per_s:
        return f"{per_s:.3g} steps a second"
    return f"a step every {1 / per_s:.3g} s"
