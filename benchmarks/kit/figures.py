"""Figures: percentiles, and the rows of the report with their goals."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report. The goal is `most`, an upper bound, or `least`, a lower one, in the row's unit."""

    what: str
    value: float
    unit: str
    most: float | None = None
    remark: str = ""
    least: float | None = None

    @property
    def met(self) -> bool | None:
        """None where there is no goal."""
        if self.least is not None:
            return self.value >= self.least
        return None if self.most is None else self.value <= self.most


def shown(value: float) -> str:
    """Three digits that matter, whole numbers whole."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1 else f"{value:.2f}"
