"""Where hours, days, weeks and months of a time zone begin, as milliseconds since 1970 UTC; true across clock changes.

A day is what the calendar calls one, so it has 23 or 25 hours when clocks change; its start is its first instant,
also where there is no midnight. Hours never overlap and leave no gap: an hour that a clock change cuts short starts
at the change, and an hour that comes twice is two hours.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
_QUARTER_MS = 900_000
_REMEMBERED = 200_000
"""Quarters of an hour whose starts are kept: more than five years of them."""


class Zone:
    """A time zone by its IANA name ("Europe/Berlin", "UTC"). Raises `zoneinfo.ZoneInfoNotFoundError` for others."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._zone = ZoneInfo(name)
        self._starts: dict[int, tuple[int, int]] = {}

    def hour_and_day(self, at_ms: int) -> tuple[int, int]:
        """Starts of the hour and of the day that hold `at_ms`; remembered, so that a million rows ask cheaply."""
        quarter = at_ms // _QUARTER_MS
        starts = self._starts.get(quarter)
        return starts if starts is not None else self._learn(quarter, at_ms)

    def hour_start_ms(self, at_ms: int) -> int:
        """The start of the hour that holds `at_ms`."""
        return self.hour_and_day(at_ms)[0]

    def day_start_ms(self, at_ms: int) -> int:
        """The first instant of the day that holds `at_ms`."""
        return self.hour_and_day(at_ms)[1]

    def week_start_ms(self, at_ms: int) -> int:
        """The first instant of the Monday of the week that holds `at_ms`."""
        day = self.day_of(at_ms)
        return self.start_of(day - timedelta(days=day.weekday()))

    def month_start_ms(self, at_ms: int) -> int:
        """The first instant of the month that holds `at_ms`."""
        return self.start_of(self.day_of(at_ms).replace(day=1))

    def next_hour_ms(self, at_ms: int) -> int:
        """The start of the hour after the one that holds `at_ms`."""
        start = self.hour_start_ms(at_ms)
        for step in range(1, 9):
            later = self.hour_start_ms(start + step * _QUARTER_MS)
            if later > start:
                return later
        return start + HOUR_MS

    def next_day_ms(self, at_ms: int) -> int:
        """The first instant of the day after the one that holds `at_ms`."""
        day, start = self.day_of(at_ms), self.day_start_ms(at_ms)
        later = self.start_of(day + timedelta(days=1))
        # Samoa had no 30 December 2011: the day after the 29th is the 31st.
        return later if later > start else self.start_of(day + timedelta(days=2))

    def next_week_ms(self, at_ms: int) -> int:
        """The first instant of the next Monday."""
        day = self.day_of(at_ms)
        return self.start_of(day + timedelta(days=7 - day.weekday()))

    def next_month_ms(self, at_ms: int) -> int:
        """The first instant of the next month."""
        return self.start_of((self.day_of(at_ms).replace(day=1) + timedelta(days=32)).replace(day=1))

    def day_of(self, at_ms: int) -> date:
        """The calendar day that `at_ms` falls on."""
        return self._local(at_ms).date()

    def start_of(self, day: date) -> int:
        """The first instant of a calendar day; of one that was skipped, the first instant after it."""
        midnight = _ms(datetime(day.year, day.month, day.day, tzinfo=self._zone))
        # A midnight that does not exist is told with the offset before the change, so the change is not before it
        # by more than the change's size.
        if self._local(midnight).date() >= day and self._local(midnight - 1).date() < day:
            return midnight
        return self._change_between(midnight - DAY_MS, midnight + DAY_MS)

    def _local(self, at_ms: int) -> datetime:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)).astimezone(self._zone)

    def _offset_ms(self, at_ms: int) -> int:
        offset = self._local(at_ms).utcoffset()
        assert offset is not None
        return round(offset.total_seconds() * 1000)

    def _change_between(self, low_ms: int, high_ms: int) -> int:
        """The first instant of the offset that holds at `high_ms`; `high_ms` itself where none other is before it."""
        offset = self._offset_ms(high_ms)
        if self._offset_ms(low_ms) == offset:
            return high_ms
        while high_ms - low_ms > 1:
            middle = (low_ms + high_ms) // 2
            if self._offset_ms(middle) == offset:
                high_ms = middle
            else:
                low_ms = middle
        return high_ms

    def _learn(self, quarter: int, at_ms: int) -> tuple[int, int]:
        offset = self._offset_ms(at_ms)
        hour = (at_ms + offset) // HOUR_MS * HOUR_MS - offset
        if self._offset_ms(hour) != offset:
            hour = self._change_between(hour, at_ms)
        starts = hour, self.start_of(self.day_of(at_ms))
        first = quarter * _QUARTER_MS
        # Offsets before 1972 are not always whole quarters of an hour: such a quarter holds two hours.
        if offset % _QUARTER_MS == 0 and self._offset_ms(first) == self._offset_ms(first + _QUARTER_MS - 1):
            if len(self._starts) >= _REMEMBERED:
                self._starts.clear()
            self._starts[quarter] = starts
        return starts


def _ms(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
