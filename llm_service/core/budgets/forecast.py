"""When a budget will be used up at the present rate.

The rate is the last hour's, mixed with the period's mean: `rate = w·recent + (1-w)·mean`, where
`w = 6 h / (6 h + what is left at the recent rate)`. Near the end the last hour decides; far from it the mean does, or
one busy hour of an agent that works eight hours a day would be carried through the night and through the month.
The mean is taken over at least an hour, so that the first minutes of a day do not count as its measure; a budget
without an end takes it over the last seven days.
Nothing is foretold while the last hour has fewer than three calls, which are no rate, or once the limit is reached.
"""

from __future__ import annotations

from typing import NamedTuple

from llm_service.core.budgets.budget import DAY_MS, HOUR_MS, Standing

NEAR_MS = 6 * HOUR_MS
HORIZON_MS = 7 * DAY_MS
"""How far ahead, and how far back for the mean, a budget without an end is looked at."""
EDGE_PERCENT = 2
"""A crossing that falls into the last part of the period is shown, but no reason for an alert."""
BEYOND_PERCENT = 10
"""How far beyond the period's end the crossing must have moved before the alert is taken back."""
LEAST_PERCENT = 20
"""Below this use no alert is raised."""
LEAST_CALLS = 3
MOST_MS = 400 * DAY_MS
"""Beyond this nothing is foretold, and times stay within what calendars know."""


class Forecast(NamedTuple):
    """`crossing_ms` is None when next to nothing is used at present; it may lie beyond the period's end."""

    crossing_ms: int | None
    end_ms: int
    length_ms: int

    @property
    def within_ms(self) -> int | None:
        """The crossing, where it lies inside the period: what is shown."""
        crossing_ms = self.crossing_ms
        return crossing_ms if crossing_ms is not None and crossing_ms < self.end_ms else None

    @property
    def threatens(self) -> bool:
        """Whether the crossing lies well inside the period."""
        edge_ms = self.end_ms - self.length_ms * EDGE_PERCENT // 100
        return self.crossing_ms is not None and self.crossing_ms <= edge_ms

    @property
    def is_over(self) -> bool:
        """Whether the danger has passed: nothing is used any more, or the crossing lies well beyond the end."""
        beyond_ms = self.end_ms + self.length_ms * BEYOND_PERCENT // 100
        return self.crossing_ms is None or self.crossing_ms > beyond_ms


def forecast(standing: Standing) -> Forecast:
    """When `standing` reaches its limit, by the rule above."""
    start_ms, end_ms = standing.window
    if end_ms is None:
        return Forecast(_crossing_ms(standing), standing.now_ms + HORIZON_MS, HORIZON_MS)
    return Forecast(_crossing_ms(standing), end_ms, end_ms - start_ms)


def _crossing_ms(standing: Standing) -> int | None:
    left = standing.budget.limit - standing.used
    recent = standing.recent.of(standing.budget.unit)
    unseen = standing.recent.unpriced_invocations if standing.budget.unit == "usd" else 0
    if left <= 0 or recent <= 0 or standing.recent.calls - unseen < LEAST_CALLS:
        return None
    mean = standing.steady.of(standing.budget.unit) / max(HOUR_MS, standing.now_ms - standing.steady_since_ms)
    per_ms = recent / HOUR_MS
    weight = NEAR_MS / (NEAR_MS + left / per_ms)
    rate = weight * per_ms + (1 - weight) * mean
    return standing.now_ms + min(MOST_MS, int(left / rate))
