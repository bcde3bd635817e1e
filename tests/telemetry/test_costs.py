"""What things cost, out of a real database, against sums worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from llm_service.core.invocations.usage import Door
from tests.telemetry.costs_kit import Ledger, at, ledger


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Ledger]:
    """Saturday, 21 November 2026, 16:30 in Berlin."""
    with ledger(tmp_path, "2026-11-21 16:30") as made:
        yield made


def test_nothing_recorded_is_zero_dollars_and_an_unknown_pace(books: Ledger) -> None:
    update = books.costs.update()
    assert update["costs"] == {"today": 0.0, "month": 0.0, "total": 0.0}
    assert update["burn"] == {"usd_per_hour": None, "tokens_per_minute": None, "minutes": None}
    assert update["projection"] == {"day_usd": None, "month_usd": None}
    assert [day["cost_usd"] for day in update["trends"]] == [0.0] * 30


def test_today_and_the_month_begin_at_midnight_of_the_zone(books: Ledger) -> None:
    # Midnight of 21 November in Berlin is 23:00 UTC of the 20th; of 1 November it is 23:00 UTC of 31 October.
    books.spend(at("2026-11-21 00:00"), 1.0)
    books.spend(at("2026-11-20 23:59:59"), 2.0)
    books.spend(at("2026-11-01 00:00"), 4.0)
    books.spend(at("2026-10-31 23:59:59"), 8.0)
    assert books.costs.stats()["costs"] == {"today": 1.0, "month": 7.0, "total": 15.0}
    assert books.costs.update()["costs"] == {"today": 1.0, "month": 7.0, "total": 15.0}


def test_all_tokens_are_counted_once_and_reasoning_is_part_of_the_output(books: Ledger) -> None:
    books.spend(
        at("2026-11-21 10:00"),
        1.0,
        input_tokens=1,
        output_tokens=20,
        reasoning_tokens=15,
        cache_read_tokens=300,
        cache_write_tokens=4_000,
        cache_write_5m_tokens=50_000,
        cache_write_1h_tokens=600_000,
    )
    assert books.costs.update()["tokens"] == {"today": 654_321, "month": 654_321, "total": 654_321}


def test_what_has_no_price_is_counted_and_is_no_dollar(books: Ledger) -> None:
    books.spend(at("2026-11-21 10:00"), None, model="mystery", input_tokens=100, output_tokens=11)
    books.spend(at("2026-11-21 10:00"), 0.5, model="known")
    update = books.costs.update()
    assert update["unpriced"] == {"invocations": 1, "tokens": 111}
    assert update["costs"]["total"] == 0.5
    assert [(model["model_name"], model["total_cost_usd"], model["unpriced"]) for model in update["models"]] == [
        ("known", 0.5, 0),
        ("mystery", 0.0, 1),
    ]


def test_the_models_are_those_of_the_month_and_the_dearest_comes_first(books: Ledger) -> None:
    books.spend(at("2026-10-31 12:00"), 99.0, model="old")
    books.spend(at("2026-11-02 12:00"), 1.0, model="small", input_tokens=7)
    books.spend(at("2026-11-03 12:00"), 2.0, model="large")
    books.spend(at("2026-11-04 12:00"), 0.5, model="small", input_tokens=3)
    assert books.costs.update()["models"] == [
        {"model_name": "large", "invocations": 1, "total_tokens": 0, "total_cost_usd": 2.0, "unpriced": 0},
        {"model_name": "small", "invocations": 2, "total_tokens": 10, "total_cost_usd": 1.5, "unpriced": 0},
    ]


def test_the_trend_has_thirty_days_with_today_last(books: Ledger) -> None:
    books.spend(at("2026-10-22 23:59"), 32.0)
    books.spend(at("2026-10-23 00:01"), 1.0)
    books.spend(at("2026-11-21 16:29"), 2.0)
    trend = books.costs.update()["trends"]
    assert len(trend) == 30
    assert trend[0] == {"date": "2026-10-23", "cost_usd": 1.0}
    assert trend[-1] == {"date": "2026-11-21", "cost_usd": 2.0}
    assert sum(day["cost_usd"] for day in trend) == 3.0


def test_active_is_what_happened_in_the_last_five_minutes_newest_first_and_at_most_ten(books: Ledger) -> None:
    now = books.now_ms
    books.spend(now - 300_000, 1.0, agent="too old")
    for second in range(12, 0, -1):
        books.spend(now - second * 1000, 0.01, agent=f"{second} s ago", latency_ms=40, status="error")
    active = books.costs.update()["active_operations"]
    assert [operation["agent_name"] for operation in active] == [f"{second} s ago" for second in range(1, 11)]
    assert active[0] == {
        "invocation_id": "call-12",
        "timestamp": "2026-11-21T15:29:59.000Z",
        "agent_name": "1 s ago",
        "tool_name": "t",
        "model_name": "m",
        "total_tokens": 0,
        "cost_usd": 0.01,
        "latency_ms": 40,
        "status": "error",
    }


def test_what_was_also_seen_through_another_door_is_in_no_sum(books: Ledger) -> None:
    books.spend(books.now_ms - 1000, 1.0, tool="claude", session="s", door=Door.LOG)
    books.spend(books.now_ms - 900, 1.0, tool="claude", session="s", door=Door.OTLP_LOGS)
    update = books.costs.update()
    assert update["costs"]["today"] == 1.0
    assert [operation["invocation_id"] for operation in update["active_operations"]] == ["call-0"]
    assert update["burn"]["usd_per_hour"] == 1.0 * 60 / 5


def test_the_pace_is_that_of_the_last_sixty_minutes(books: Ledger) -> None:
    books.spend(at("2026-11-20 12:00"), 50.0, input_tokens=10**6)
    books.spend(at("2026-11-21 15:29"), 50.0, input_tokens=10**6)
    books.spend(at("2026-11-21 15:31"), 2.0, input_tokens=600)
    books.spend(at("2026-11-21 16:30"), 1.0, input_tokens=1200)
    # 3 dollars and 1,800 tokens in an hour.
    assert books.costs.update()["burn"] == {"usd_per_hour": 3.0, "tokens_per_minute": 30.0, "minutes": 60}


def test_while_less_than_an_hour_is_known_the_pace_says_so(books: Ledger) -> None:
    books.spend(at("2026-11-21 16:10"), 1.0, input_tokens=400)
    # A dollar and 400 tokens in 20 minutes.
    assert books.costs.update()["burn"] == {"usd_per_hour": 3.0, "tokens_per_minute": 20.0, "minutes": 20}


def test_the_day_and_the_month_go_on_at_the_pace_of_late(books: Ledger) -> None:
    books.spend(at("2026-11-14 12:00"), 700.0)
    books.spend(at("2026-11-15 00:00"), 6.0)
    books.spend(at("2026-11-21 13:59"), 4.0)
    books.spend(at("2026-11-21 14:00"), 5.0)
    # Today: 9 dollars, 5 of them in the 2.5 hours since 14:00, and 7.5 hours are left: 9 + 5 / 2.5 * 7.5 = 24.
    # Month: 715 dollars; since the 15th 15 of them in 6 days and 16.5 hours = 160.5 h; until 1 December are left
    # 9 days and 7.5 hours = 223.5 h: 715 + 15 / 160.5 * 223.5 = 735.887850467.
    assert books.costs.update()["projection"] == {"day_usd": 24.0, "month_usd": 735.887850467}


def test_a_first_half_hour_is_too_little_to_project_from(books: Ledger) -> None:
    books.spend(at("2026-11-21 16:10"), 1.0)
    assert books.costs.update()["projection"] == {"day_usd": None, "month_usd": None}
    books.now_ms = at("2026-11-21 16:40")
    # A dollar in 30 minutes and 7 hours 20 minutes to go: 1 + 2 * 7.333333333.
    assert books.costs.update()["projection"] == {"day_usd": 15.666666667, "month_usd": None}


@pytest.mark.parametrize("clock", ["2026-11-21 15:30", "2026-11-20 23:30"])
def test_a_clock_that_steps_back_makes_nothing_negative(books: Ledger, clock: str) -> None:
    books.spend(at("2026-11-21 16:00"), 3.0, input_tokens=10)
    books.now_ms = at(clock)
    update = books.costs.update()
    assert update["costs"]["total"] == 3.0
    assert update["costs"]["today"] == (3.0 if clock.startswith("2026-11-21") else 0.0)
    assert update["burn"]["usd_per_hour"] == 0.0
    assert update["projection"] == {"day_usd": None, "month_usd": None}
    assert update["active_operations"] == []


def test_above_many_calls_an_hour_the_pace_comes_from_the_sums_of_the_hours(
    books: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llm_service.telemetry.now.COUNTED_ONE_BY_ONE", 2)
    books.spend(at("2026-11-21 15:05"), 4.0)
    books.spend(at("2026-11-21 16:05"), 3.0)
    books.spend(at("2026-11-20 12:00"), 9.0)
    books.spend(at("2026-11-21 16:06"), 1.0)
    # 4 dollars since 16:00, and half of the hour before it.
    assert books.costs.update()["burn"]["usd_per_hour"] == 6.0
