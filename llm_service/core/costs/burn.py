"""How fast money goes now, and where the day and the month end at that pace. Money in nano-dollars, time in ms."""

from __future__ import annotations

from llm_service.core.costs.shapes import Burn
from llm_service.core.money import usd
from llm_service.core.zones import DAY_MS, HOUR_MS

MINUTE_MS = 60_000
SHORTEST_MS = 5 * MINUTE_MS
"""A rate over less would make a dollar a minute of the first call."""
DAY_NEEDS_MS = 30 * MINUTE_MS
MONTH_NEEDS_MS = DAY_MS

UNKNOWN: Burn = {"usd_per_hour": None, "tokens_per_minute": None, "minutes": None}


def burn(spent_nano: int, tokens: int, known_ms: int) -> Burn:
    """The pace of the last hour, in which `spent_nano` and `tokens` were used.

    `known_ms` is how long ago the first invocation ever was. While that is less than an hour, the pace is taken over
    that time, but over no less than 5 minutes; `minutes` says over how many.
    """
    window_ms = min(max(known_ms, SHORTEST_MS), HOUR_MS)
    return {
        "usd_per_hour": usd(round(spent_nano * HOUR_MS / window_ms)),
        "tokens_per_minute": round(tokens * MINUTE_MS / window_ms, 3),
        "minutes": round(window_ms / MINUTE_MS),
    }


def in_last_hour(this_hour: int, hour_before: int, into_hour_ms: int) -> int:
    """What fell into the last 60 minutes, from the sums of two hours of the clock: of the older one, in proportion."""
    older = 1 - min(max(into_hour_ms, 0), HOUR_MS) / HOUR_MS
    return this_hour + round(hour_before * older)


def projected(spent_nano: int, lately_nano: int, over_ms: int, left_ms: int, needs_ms: int) -> int | None:
    """What a period will have cost at its end: what was spent, and what is left of it at the pace of late.

    The pace is `lately_nano` over `over_ms`; None while that is shorter than `needs_ms`. For the day, "of late" are
    the two full hours of the clock before now and the begun one: an afternoon's work is not carried into the night
    for longer than that. For the month it is today and the six days before: every day of the week is in it once.
    """
    if over_ms < needs_ms:
        return None
    return spent_nano + round(lately_nano * max(left_ms, 0) / over_ms)
