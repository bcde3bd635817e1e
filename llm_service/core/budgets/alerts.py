"""Which alerts a budget raises, as a pure fold: how it stands and what was told in this period, in; alerts, out.

What was told is the only memory, and it lies in the database: a restart changes nothing, a new period begins with none.

- Each threshold once a period. A jump over several is one alert, of the highest; the lower count as passed.
- Within a budget's cooldown further alerts wait and become one; reaching 100 % never waits.
- The forecast alert comes once, when the crossing lies well inside the period. It is taken back ("cleared") when the
  crossing moved well beyond the end or nothing is used any more, and can come again half an hour after that.
- When the limit is changed, a marker ("limit", shown to nobody) notes which thresholds count as passed under the new
  one: after a raise those that are still reached, so the others can ring again; after a cut those that had rung.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from llm_service.core.budgets.budget import FULL_PERCENT, Standing
from llm_service.core.budgets.forecast import LEAST_PERCENT, forecast

Kind = Literal["threshold", "forecast", "over", "cleared", "limit"]

AGAIN_AFTER_MS = 30 * 60_000
_LEVELS = ("threshold", "over", "limit")
_RINGING = ("threshold", "over", "forecast")


class Told(NamedTuple):
    """An alert that was raised; `of` is what the budget measured then, `limit` what it allowed."""

    at_ms: int
    kind: Kind
    threshold: int
    limit: int
    of: str


def judge(standing: Standing, told: Sequence[Told]) -> list[Told]:
    """The alerts to raise now, in order. `told` are those of this budget in this period, oldest first."""
    known = [one for one in told if one.of == standing.budget.of]
    raised: list[Told] = []
    passed, marker = _passed(standing, known)
    if marker:
        raised.append(_alert(standing, "limit", passed))
    crossed = highest_reached(standing)
    if crossed > passed and not _must_wait(standing, known, urgent=passed < FULL_PERCENT <= crossed):
        raised.append(_alert(standing, "over" if crossed >= FULL_PERCENT else "threshold", crossed))
    raised.extend(_foretell(standing, [*known, *raised]))
    return raised


def highest_reached(standing: Standing) -> int:
    """The highest threshold that the use has reached; 0 for none."""
    return max((percent for percent in standing.budget.thresholds if standing.reached(percent)), default=0)


def forecast_is_told(told: Sequence[Told], of: str) -> bool:
    """Whether the last word about the forecast, for a budget that measures `of`, was a warning."""
    words = [one.kind for one in told if one.of == of and one.kind in ("forecast", "cleared")]
    return bool(words) and words[-1] == "forecast"


def _passed(standing: Standing, known: Sequence[Told]) -> tuple[int, bool]:
    """Up to which threshold everything is told, and whether the limit changed since."""
    levels = [one for one in known if one.kind in _LEVELS]
    if not levels:
        return 0, False
    since = max((index for index, one in enumerate(levels) if one.kind == "limit"), default=0)
    passed = max(one.threshold for one in levels[since:])
    before, now = levels[-1].limit, standing.budget.limit
    if now == before:
        return passed, False
    return (min(passed, highest_reached(standing)) if now > before else passed), True


def _must_wait(standing: Standing, known: Sequence[Told], *, urgent: bool) -> bool:
    if urgent:
        return False
    last_ms = max((one.at_ms for one in known if one.kind in _RINGING), default=None)
    # A clock that was set back makes nothing wait.
    return last_ms is not None and 0 <= standing.now_ms - last_ms < standing.budget.cooldown_ms


def _foretell(standing: Standing, known: Sequence[Told]) -> list[Told]:
    if standing.state == "over":
        return []
    seen = forecast(standing)
    if forecast_is_told(known, standing.budget.of):
        return [_alert(standing, "cleared", FULL_PERCENT)] if seen.is_over else []
    if not seen.threatens or not standing.reached(LEAST_PERCENT):
        return []
    cleared_ms = max((one.at_ms for one in known if one.kind == "cleared"), default=None)
    if cleared_ms is not None and 0 <= standing.now_ms - cleared_ms < AGAIN_AFTER_MS:
        return []
    return [] if _must_wait(standing, known, urgent=False) else [_alert(standing, "forecast", FULL_PERCENT)]


def _alert(standing: Standing, kind: Kind, threshold: int) -> Told:
    return Told(standing.now_ms, kind, threshold, standing.budget.limit, standing.budget.of)
