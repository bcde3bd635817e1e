"""How things stand now: the day, the month, the last thirty days, and how fast it goes."""

from __future__ import annotations

from datetime import timedelta
from sqlite3 import Connection

from llm_service.core.costs import burn
from llm_service.core.costs import shapes as cost_shapes
from llm_service.core.money import usd
from llm_service.core.zones import HOUR_MS, Zone
from llm_service.telemetry import newest
from llm_service.telemetry.read_sums import NOTHING, Used, over_time

TREND_DAYS = 30
PACE_DAYS = 7
PACE_HOURS = 3
COUNTED_ONE_BY_ONE = 20_000
"""Up to so many invocations in the last two hours of the clock, those of the last 60 minutes are summed one by one."""


class Days:
    """The days that the month, the trend and the pace of the month are made of."""

    def __init__(self, connection: Connection, zone: Zone, now_ms: int) -> None:
        self._zone = zone
        self._today_ms = zone.day_start_ms(now_ms)
        self.month_ms = zone.month_start_ms(now_ms)
        self._date = zone.day_of(now_ms)
        first_ms = min(self.month_ms, zone.start_of(self._date - timedelta(days=TREND_DAYS - 1)))
        self._days = dict(over_time(connection, "day", first_ms, zone.next_day_ms(now_ms)))

    @property
    def today(self) -> Used:
        return self._days.get(self._today_ms, NOTHING)

    @property
    def month(self) -> Used:
        return self.since(self.month_ms)

    def since(self, start_ms: int) -> Used:
        """The sums of all days from `start_ms` on."""
        total = NOTHING
        for day_ms, used in self._days.items():
            total = total.plus(used) if day_ms >= start_ms else total
        return total

    def pace_start_ms(self) -> int:
        """The first of the days whose pace the month goes on at."""
        return self._zone.start_of(self._date - timedelta(days=PACE_DAYS - 1))

    def costs(self, whole: Used) -> cost_shapes.CostTotals:
        return {
            "today": usd(self.today.cost_nano),
            "month": usd(self.month.cost_nano),
            "total": usd(whole.cost_nano),
        }

    def trend(self) -> list[cost_shapes.DayCost]:
        dates = [self._date - timedelta(days=back) for back in range(TREND_DAYS - 1, -1, -1)]
        return [
            {
                "date": date.isoformat(),
                "cost_usd": usd(self._days.get(self._zone.start_of(date), NOTHING).cost_nano),
            }
            for date in dates
        ]


class Pace:
    """How fast it goes now, from the last hours."""

    def __init__(self, connection: Connection, zone: Zone, now_ms: int) -> None:
        self._zone = zone
        self._now_ms = now_ms
        hours = self._hours = dict(over_time(connection, "hour", now_ms - (PACE_HOURS + 1) * HOUR_MS, now_ms + 1))
        self._first_ms = newest.first_ms(connection)
        self._hour_ms = zone.hour_start_ms(now_ms)
        this, before = hours.get(self._hour_ms, NOTHING), hours.get(zone.hour_start_ms(self._hour_ms - 1), NOTHING)
        if this.invocations + before.invocations <= COUNTED_ONE_BY_ONE:
            self._last_hour = newest.used_between(connection, now_ms - HOUR_MS, now_ms)
        else:
            into_ms = now_ms - self._hour_ms
            self._last_hour = newest.LastHour(
                burn.in_last_hour(this.cost_nano, before.cost_nano, into_ms),
                burn.in_last_hour(this.total_tokens, before.total_tokens, into_ms),
            )

    def burn(self) -> cost_shapes.Burn:
        if self._first_ms is None:
            return burn.UNKNOWN
        return burn.burn(*self._last_hour, self._now_ms - self._first_ms)

    def projection(self, days: Days) -> cost_shapes.Projection:
        """See `core.burn.projected` for the rule."""
        if self._first_ms is None:
            return {"day_usd": None, "month_usd": None}
        start_ms = self._hour_ms
        for _ in range(PACE_HOURS - 1):
            start_ms = self._zone.hour_start_ms(start_ms - 1)
        lately = sum(used.cost_nano for hour_ms, used in self._hours.items() if hour_ms >= start_ms)
        day = burn.projected(
            days.today.cost_nano,
            lately,
            self._known_since(start_ms),
            self._zone.next_day_ms(self._now_ms) - self._now_ms,
            burn.DAY_NEEDS_MS,
        )
        month = burn.projected(
            days.month.cost_nano,
            days.since(days.pace_start_ms()).cost_nano,
            self._known_since(days.pace_start_ms()),
            self._zone.next_month_ms(self._now_ms) - self._now_ms,
            burn.MONTH_NEEDS_MS,
        )
        return {"day_usd": usd(day), "month_usd": usd(month)}

    def _known_since(self, start_ms: int) -> int:
        assert self._first_ms is not None
        return self._now_ms - max(start_ms, self._first_ms)
