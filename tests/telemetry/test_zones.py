"""Where hours, days, weeks and months begin, worked out by hand around changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_service.core.zones import DAY_MS, HOUR_MS, Zone

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe")


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def shown(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize(
    ("zone", "at", "hour", "day"),
    [
        ("UTC", "2026-11-21T12:34", "2026-11-21T12:00", "2026-11-21T00:00"),
        ("Europe/Berlin", "2026-11-21T12:34", "2026-11-21T12:00", "2026-11-20T23:00"),
        ("Europe/Berlin", "2026-07-01T22:30", "2026-07-01T22:00", "2026-07-01T22:00"),
        # India's hours begin at the half hour of UTC, Nepal's at the quarter.
        ("Asia/Kolkata", "2026-11-21T12:34", "2026-11-21T12:30", "2026-11-20T18:30"),
        ("Asia/Kathmandu", "2026-11-21T12:14", "2026-11-21T11:15", "2026-11-20T18:15"),
        # Clocks go forward at 02:00, 01:00 UTC: 03:30 there is the hour after 01:00.
        ("Europe/Berlin", "2026-03-29T01:30", "2026-03-29T01:00", "2026-03-28T23:00"),
        # Clocks go back at 03:00, 01:00 UTC: the two hours called 02:00 are two hours.
        ("Europe/Berlin", "2026-10-25T00:30", "2026-10-25T00:00", "2026-10-24T22:00"),
        ("Europe/Berlin", "2026-10-25T01:30", "2026-10-25T01:00", "2026-10-24T22:00"),
        # Lord Howe moves by half an hour, at 02:00 (15:30 UTC): 02:30 begins with the change, not before it.
        ("Australia/Lord_Howe", "2026-10-03T15:45", "2026-10-03T15:30", "2026-10-03T13:30"),
        ("Australia/Lord_Howe", "2026-04-04T15:10", "2026-04-04T15:00", "2026-04-04T13:00"),
        # Beirut's clocks skip midnight, Havana's day begins at 01:00 for the same reason.
        ("Asia/Beirut", "2026-03-28T22:10", "2026-03-28T22:00", "2026-03-28T22:00"),
        ("America/Havana", "2026-03-08T05:10", "2026-03-08T05:00", "2026-03-08T05:00"),
        # The Azores have two midnights that night; the day begins with the first.
        ("Atlantic/Azores", "2026-10-25T01:30", "2026-10-25T01:00", "2026-10-25T00:00"),
    ],
)
def test_hours_and_days_begin_where_the_clock_on_the_wall_says(zone: str, at: str, hour: str, day: str) -> None:
    found = Zone(zone)
    assert [shown(start) for start in found.hour_and_day(utc(at))] == [hour, day]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("UTC", date(2026, 3, 1), 24),
    ],
)
def test_a_day_has_as_many_hours_as_the_calendar_gives_it(zone: str, day: date, hours: int) -> None:
    found = Zone(zone)
    start = found.start_of(day)
    assert found.next_day_ms(start + HOUR_MS) - start == hours * HOUR_MS
    starts = {found.hour_start_ms(start + minute * 60_000) for minute in range(hours * 60)}
    assert len(starts) == hours


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    berlin = Zone("Europe/Berlin")
    at = utc("2026-11-01T10:00")  # a Sunday, a week after the clocks went back
    assert shown(berlin.week_start_ms(at)) == "2026-10-25T23:00"
    assert shown(berlin.next_week_ms(at)) == "2026-11-01T23:00"
    assert shown(berlin.month_start_ms(at)) == "2026-10-31T23:00"
    assert shown(berlin.next_month_ms(at)) == "2026-11-30T23:00"
    assert shown(berlin.next_month_ms(utc("2026-12-31T22:30"))) == "2026-12-31T23:00"


def test_the_day_after_one_that_a_country_skipped() -> None:
    samoa = Zone("Pacific/Apia")  # went from 29 to 31 December 2011
    before = utc("2011-12-30T09:00")
    after = samoa.next_day_ms(before)
    assert [samoa.day_of(before), samoa.day_of(after)] == [date(2011, 12, 29), date(2011, 12, 31)]
    assert shown(after) == "2011-12-30T10:00"


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        Zone("Europe/Atlantis")


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ZONES), st.integers(utc("1990-01-01T00:00"), utc("2037-01-01T00:00")))
def test_starts_hold_their_moment_and_leave_no_gap(zone: str, at_ms: int) -> None:
    found = Zone(zone)
    hour, day = found.hour_and_day(at_ms)
    assert day <= hour <= at_ms < found.next_hour_ms(at_ms) <= hour + HOUR_MS
    assert at_ms < found.next_day_ms(at_ms) <= day + DAY_MS + HOUR_MS
    assert found.hour_start_ms(hour) == hour
    assert found.hour_start_ms(hour - 1) < hour
    local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(ZoneInfo(zone))
    assert found.day_of(day) == local.date()
    assert found.day_of(day - 1) < local.date()


def test_what_is_remembered_is_what_is_worked_out() -> None:
    remembering = Zone("Australia/Lord_Howe")
    for minute in range(0, 3 * 24 * 60, 7):
        at = utc("2026-04-03T12:00") + minute * 60_000
        assert remembering.hour_and_day(at) == Zone("Australia/Lord_Howe").hour_and_day(at)
