"""Alerts as a fold, with a clock that the test sets; what is expected is worked out by hand beside each case."""

from __future__ import annotations

import pytest

from llm_service.core.budgets.alerts import Told
from llm_service.core.budgets.budget import NANO
from tests.telemetry.budget_kit import HOUR_MS, MINUTE_MS, Ledger, Spent, Watched, at, dollars, steady

MONDAY = "2026-06-15"


def watched(limit: float = 10, **more: object) -> Watched:
    return Watched(Ledger(), dollars(limit, **more))


def spend(watch: Watched, text: str, usd: float) -> list[str]:
    """One call at a time of Monday; what it raised."""
    moment = at(f"{MONDAY} {text}")
    watch.ledger.add(Spent(moment, round(usd * NANO)))
    return [f"{one.kind} {one.threshold}" for one in watch.look(moment) if one.kind != "limit"]


def levels(watch: Watched, text: str, usd: float) -> list[str]:
    """The same without the forecast, where it is not what the test is about."""
    return [word for word in spend(watch, text, usd) if word.startswith(("threshold", "over"))]


def test_a_day_at_a_steady_rate_tells_each_threshold_when_it_is_reached_and_the_forecast_once() -> None:
    watch = watched(10)
    watch.run(steady(f"{MONDAY} 00:00", f"{MONDAY} 12:00", 1.0, every_min=6), at(f"{MONDAY} 23:55"))
    # $1 an hour of $10: the forecast may speak from 20 % on (02:00), then 50, 80, 95 and 100 % by the clock.
    assert watch.words() == [
        f"{MONDAY} 02:00 forecast 100",
        f"{MONDAY} 05:00 threshold 50",
        f"{MONDAY} 08:00 threshold 80",
        f"{MONDAY} 09:30 threshold 95",
        f"{MONDAY} 10:00 over 100",
    ]


def test_a_slow_day_that_fits_its_budget_foretells_nothing() -> None:
    watch = watched(10)
    watch.run(steady(f"{MONDAY} 00:00", f"{MONDAY} 23:55", 0.3), at(f"{MONDAY} 23:55"))
    assert watch.words() == [f"{MONDAY} 16:40 threshold 50"]  # 5 / 0.3 = 16 h 40 min


def test_a_jump_over_several_thresholds_is_one_alert_and_the_lower_ones_stay_silent() -> None:
    watch = watched(10)
    assert spend(watch, "09:00", 9.6) == ["threshold 95"]
    assert spend(watch, "09:01", 0.1) == []
    assert spend(watch, "09:02", 5.0) == ["over 100"]
    assert spend(watch, "09:03", 5.0) == []


def test_a_new_day_begins_anew_and_late_rows_of_the_old_one_raise_nothing() -> None:
    watch = watched(10)
    spend(watch, "23:50", 11)
    tuesday = at("2026-06-16 00:05")
    assert watch.look(tuesday) == []
    watch.ledger.add(Spent(at(f"{MONDAY} 20:00"), 500 * NANO))
    assert watch.look(tuesday + MINUTE_MS) == []
    watch.ledger.add(Spent(tuesday + 2 * MINUTE_MS, 6 * NANO))
    assert [one.kind for one in watch.look(tuesday + 2 * MINUTE_MS)] == ["threshold"]


def test_a_raised_limit_arms_what_is_no_longer_reached_and_nothing_else() -> None:
    watch = watched(10)
    assert levels(watch, "09:00", 8.5) == ["threshold 80"]
    watch.budget = watch.budget._replace(limit=16 * NANO)  # 8.5 of 16 is 53 %: 50 is known, 80 can ring again
    assert levels(watch, "21:00", 0.1) == []
    assert levels(watch, "21:01", 4.4) == ["threshold 80"]
    watch.budget = watch.budget._replace(limit=20 * NANO)  # 13 of 20 is 65 %
    assert levels(watch, "23:40", 1.0) == []
    assert levels(watch, "23:41", 5.5) == ["threshold 95"]
    assert levels(watch, "23:42", 5.5) == ["over 100"]


def test_a_lowered_limit_tells_what_it_newly_crosses_once() -> None:
    watch = watched(20)
    assert levels(watch, "21:00", 10.4) == ["threshold 50"]
    watch.budget = watch.budget._replace(limit=19 * NANO)
    assert levels(watch, "21:01", 0.1) == []
    watch.budget = watch.budget._replace(limit=10 * NANO)
    assert levels(watch, "21:02", 0.1) == ["over 100"]
    assert levels(watch, "21:03", 0.1) == []


def test_a_limit_raised_while_over_stays_silent_until_it_is_reached_again() -> None:
    watch = watched(10)
    spend(watch, "23:00", 10)
    watch.budget = watch.budget._replace(limit=12 * NANO)  # 83 %
    assert levels(watch, "23:50", 0.1) == []
    assert levels(watch, "23:51", 2.0) == ["over 100"]


def test_within_the_cooldown_alerts_wait_and_become_one_but_over_never_waits() -> None:
    watch = watched(10, cooldown_ms=10 * MINUTE_MS)
    assert spend(watch, "09:00", 5.0) == ["threshold 50"]
    assert spend(watch, "09:01", 3.2) == []
    assert spend(watch, "09:05", 1.4) == []
    assert watch.look(at(f"{MONDAY} 09:09")) == []
    # 80 and 95 % were passed meanwhile: one alert, when the ten minutes are over.
    assert [f"{one.kind} {one.threshold}" for one in watch.look(at(f"{MONDAY} 09:10"))] == ["threshold 95"]
    assert spend(watch, "09:11", 1.0) == ["over 100"]


def test_a_burst_is_foretold_taken_back_when_it_ends_and_foretold_again_by_the_next_one() -> None:
    watch = watched(10)
    calls = [
        *steady(f"{MONDAY} 09:00", f"{MONDAY} 09:30", 5.0),
        *steady(f"{MONDAY} 15:00", f"{MONDAY} 15:30", 4.0),
    ]
    watch.run(calls, at(f"{MONDAY} 23:55"))
    # First burst: 20 % at 09:25. Its hour counts until the sums of 09 have left the last 60 minutes.
    # Second burst: 2.5 + 2.0 = 4.5, below 50 %.
    kinds = [(word[11:16], word[17:]) for word in watch.words()]
    assert kinds[0] == ("09:25", "forecast 100")
    assert [kind for _, kind in kinds] == ["forecast 100", "cleared 100", "forecast 100", "cleared 100"]
    assert "10:00" < kinds[1][0] <= "11:00"
    assert "15:00" < kinds[2][0] <= "15:30"
    assert "16:00" < kinds[3][0] <= "17:00"


def test_two_calls_are_no_rate_and_three_are() -> None:
    watch = watched(10)
    assert [spend(watch, f"09:0{minute}", 1.5) for minute in range(3)] == [[], [], ["forecast 100"]]


def test_a_budget_for_ever_is_looked_at_a_week_ahead() -> None:
    watch = watched(100, period="total")
    watch.run(steady("2026-06-08 00:00", "2026-06-13 12:00", 0.5, every_min=6), at("2026-06-13 12:00"))
    # $0.50 an hour, $100 in 200 h: on 16 June at 08:00. From 20 % on ($20, 40 h: 9 June 16:00) the alert may come; the
    # mean is over seven days, which are not full yet, so it comes while the end is less than a week away.
    forecasts = [one for one in watch.raised if one.kind == "forecast"]
    assert [one.kind for one in watch.raised if one.kind != "threshold"] == ["forecast"]
    assert at("2026-06-09 16:00") <= forecasts[0].at_ms < at("2026-06-13 00:00")


def test_a_rate_that_wavers_around_the_edge_rings_once() -> None:
    watch = watched(10)
    calls: list[Spent] = []
    for hour in range(24):  # 0.38 and 0.46 an hour in turn: the foretold end lies now before, now behind midnight
        calls += steady(f"{MONDAY} {hour:02}:00", f"{MONDAY} {hour:02}:55", 0.46 if hour % 2 else 0.38)
    watch.run(calls, at(f"{MONDAY} 23:55"))
    assert sum(one.kind == "forecast" for one in watch.raised) <= 1
    assert sum(one.kind == "cleared" for one in watch.raised) == 0


def test_again_only_half_an_hour_after_it_was_taken_back() -> None:
    watch = watched(10)
    known = watch.told.setdefault(at(f"{MONDAY} 00:00"), [])
    cleared_ms = at(f"{MONDAY} 09:10")
    known += [
        Told(at(f"{MONDAY} 09:00"), "forecast", 100, 10 * NANO, watch.budget.of),
        Told(cleared_ms, "cleared", 100, 10 * NANO, watch.budget.of),
    ]
    for minute in ("09:20", "09:21", "09:22"):
        assert spend(watch, minute, 1.0) == []
    assert watch.look(cleared_ms + 30 * MINUTE_MS - 1) == []
    assert [one.kind for one in watch.look(cleared_ms + 30 * MINUTE_MS)] == ["forecast"]


def test_a_clock_set_back_an_hour_repeats_nothing_and_holds_nothing_up() -> None:
    watch = watched(10, cooldown_ms=10 * MINUTE_MS)
    assert levels(watch, "09:00", 5.0) == ["threshold 50"]
    assert levels(watch, "08:00", 0.1) == []
    assert levels(watch, "08:01", 3.0) == ["threshold 80"]


def test_a_budget_that_measures_something_else_now_does_not_inherit_what_was_told() -> None:
    watch = watched(10)
    assert spend(watch, "09:00", 10.0) == ["over 100"]
    watch.budget = watch.budget._replace(scope="agent", value="anna")
    assert spend(watch, "09:01", 0.1) == ["over 100"]


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-15", 24)],
)
def test_a_day_is_as_long_as_the_calendar_says(day: str, hours: int) -> None:
    watch = watched(100)
    window = watch.ledger.standing(watch.budget, at(f"{day} 12:00")).window
    assert window.end_ms is not None
    assert window.end_ms - window.start_ms == hours * HOUR_MS


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    week, month = watched(1, period="week"), watched(1, period="month")
    sunday = at("2026-03-29 23:59")
    assert week.ledger.standing(week.budget, sunday).window == (at("2026-03-23 00:00"), at("2026-03-30 00:00"))
    assert month.ledger.standing(month.budget, sunday).window == (at("2026-03-01 00:00"), at("2026-04-01 00:00"))
