"""What a range cost in hours, days and weeks, across clock changes, against sums worked out by hand."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from llm_service.core.query import BadQuery
from llm_service.core.times import iso_seconds
from tests.telemetry.costs_kit import BERLIN, DOLLAR, Ledger, at, ledger

MINUTE = 60_000


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Ledger]:
    """Saturday, 21 November 2026, 16:30 in Berlin."""
    with ledger(tmp_path, "2026-11-21 16:30") as made:
        yield made


def spent(page: dict) -> list[float]:
    """All series together, a bucket each."""
    return [round(sum(column), 9) for column in zip(*(one["cost_usd"] for one in page["series"]), strict=True)]


def test_a_day_is_twenty_four_hours_with_the_running_one_last(books: Ledger) -> None:
    books.spend(at("2026-11-20 16:59"), 9.0)
    books.spend(at("2026-11-20 17:00"), 1.0)
    books.spend(at("2026-11-21 16:29"), 2.0)
    page = books.costs.page(books.costs.span("24h", ""), "model")
    assert page["range"] == {
        "from": "2026-11-20T16:00:00.000Z",
        "to": "2026-11-21T16:00:00.000Z",
        "width": "hour",
        "timezone": BERLIN,
    }
    assert spent(page) == [1.0, *[0.0] * 22, 2.0]


def test_the_day_with_two_hours_of_two_oclock_has_twenty_five_hours(tmp_path: Path) -> None:
    with ledger(tmp_path, "2026-10-25 23:30") as books:
        first = at("2026-10-25 02:30")  # summer time
        books.spend(first, 1.0)
        books.spend(first + 60 * MINUTE, 2.0)  # 02:30 again, winter time
        books.spend(at("2026-10-25 00:00"), 4.0)
        books.spend(at("2026-10-25 23:15"), 8.0)
        hours = books.costs.page(books.costs.span_between(at("2026-10-25"), at("2026-10-26"), "hour"), "model")
        assert len(hours["buckets"]) == 25
        assert spent(hours) == [4.0, 0.0, 1.0, 2.0, *[0.0] * 20, 8.0]
        days = books.costs.page(books.costs.span_between(at("2026-10-24"), at("2026-10-26"), "day"), "model")
        assert spent(days) == [15.0]  # nothing was kept before the 25th
        assert days["range"]["to"] == "2026-10-25T23:00:00.000Z"


def test_the_day_without_two_oclock_has_twenty_three_hours(tmp_path: Path) -> None:
    with ledger(tmp_path, "2026-03-29 23:30") as books:
        books.spend(at("2026-03-29 01:59"), 1.0)
        books.spend(at("2026-03-29 03:00"), 2.0)
        page = books.costs.page(books.costs.span_between(at("2026-03-29"), at("2026-03-30"), "hour"), "model")
        assert len(page["buckets"]) == 23
        assert spent(page) == [0.0, 1.0, 2.0, *[0.0] * 20]


def test_weeks_begin_on_monday_and_hold_the_day_of_the_clock_change(books: Ledger) -> None:
    books.spend(at("2026-10-19 00:00"), 1.0)
    books.spend(at("2026-10-25 23:59"), 2.0)
    books.spend(at("2026-10-26 00:00"), 4.0)
    span = books.costs.span_between(at("2026-10-21"), at("2026-10-27"), "week")
    page = books.costs.page(span, "model")
    assert page["buckets"] == ["2026-10-18T22:00:00.000Z", "2026-10-25T23:00:00.000Z"]
    assert spent(page) == [3.0, 4.0]


def test_the_eight_dearest_have_their_own_series_and_the_rest_is_one(books: Ledger) -> None:
    for number in range(11):
        books.spend(at("2026-11-20 12:00"), number + 1.0, agent=f"a{number}", input_tokens=10)
    page = books.costs.page(books.costs.span("7d", ""), "agent")
    assert [one["name"] for one in page["series"]] == [f"a{number}" for number in range(10, 2, -1)] + ["other"]
    assert [one["other"] for one in page["series"]] == [False] * 8 + [True]
    assert page["series"][-1]["cost_usd"][-2] == 1.0 + 2.0 + 3.0
    assert page["series"][-1]["tokens"][-2] == 30
    assert [row["name"] for row in page["agents"]][:2] == ["a10", "a9"]
    assert len(page["agents"]) == 11


def test_eight_values_need_no_other(books: Ledger) -> None:
    for number in range(8):
        books.spend(at("2026-11-20 12:00"), 1.0, agent=f"a{number}")
    page = books.costs.page(books.costs.span("7d", ""), "agent")
    assert [one["name"] for one in page["series"]] == [f"a{number}" for number in range(8)]


def test_what_was_not_given_is_a_row_without_a_name(books: Ledger) -> None:
    books.spend(at("2026-11-20 12:00"), 1.0)
    page = books.costs.page(books.costs.span("7d", ""), "project")
    assert [row["name"] for row in page["projects"]] == [""]
    assert [one["name"] for one in page["series"]] == [""]


def test_a_time_in_which_nothing_happened_is_zero_in_sums_and_unknown_in_times(books: Ledger) -> None:
    books.spend(at("2026-11-19 12:00"), 1.0, latency_ms=100)
    books.spend(at("2026-11-21 12:00"), 1.0, latency_ms=300, status="timeout", output_tokens=5, reasoning_tokens=2)
    page = books.costs.page(books.costs.span("7d", ""), "model")
    assert page["latency"]["mean_ms"] == [None, None, None, None, 100.0, None, 300.0]
    assert page["latency"]["p50_ms"][3] is None
    assert page["errors"] == {"invocations": [0, 0, 0, 0, 1, 0, 1], "errors": [0, 0, 0, 0, 0, 0, 1]}
    assert page["tokens"]["output"] == [0, 0, 0, 0, 0, 0, 5]
    assert page["tokens"]["reasoning"] == [0, 0, 0, 0, 0, 0, 2]


def test_percentiles_lie_in_proportion_between_the_bounds_of_their_bucket(books: Ledger) -> None:
    for latency in [60] * 6 + [700] * 3 + [400_000]:
        books.spend(at("2026-11-21 12:00"), 0.1, latency_ms=latency)
    latency = books.costs.page(books.costs.span("7d", ""), "model")["latency"]
    # The 5th of 10 is 5/6 through the bucket from 50 to 100; the 9.5th is beyond 300 s, where no more is known.
    assert latency["p50_ms"][-1] == round(50 + 50 * 5 / 6, 1)
    assert latency["p95_ms"][-1] == 300_000.0
    assert latency["mean_ms"][-1] == (6 * 60 + 3 * 700 + 400_000) / 10


def test_hours_that_are_no_longer_kept_are_answered_in_days(books: Ledger) -> None:
    books.spend(at("2026-06-01 12:00"), 1.0)
    span = books.costs.span_between(at("2026-05-30"), at("2026-11-21"), "hour")
    assert span.width == "day"
    assert sum(spent(books.costs.page(span, "model"))) == 1.0


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [("2026-11-21", "2026-11-20", "not earlier"), ("2026-11-25", "2026-11-26", "in the future")],
)
def test_a_time_with_nothing_in_it_is_refused(books: Ledger, first: str, last: str, why: str) -> None:
    with pytest.raises(BadQuery, match=why):
        books.costs.span_between(at(first), at(last), "")


def test_all_begins_with_the_first_day_and_an_empty_database_has_one_bucket(books: Ledger) -> None:
    assert len(books.costs.page(books.costs.span("all", ""), "model")["buckets"]) == 1
    books.spend(at("2025-01-01 12:00"), 1.0)
    page = books.costs.page(books.costs.span("all", ""), "model")
    assert page["range"]["from"] == "2024-12-29T23:00:00.000Z"  # Monday, 30 December 2024
    assert page["range"]["width"] == "week"
    assert page["totals"]["cost_usd"] == 1.0


def test_a_year_that_is_asked_for_by_mistake_is_not_a_million_buckets(books: Ledger) -> None:
    books.spend(0, 1.0)
    span = books.costs.span_between(-(10**13), 10**15, "day")
    assert span.width == "week"
    assert len(books.costs.page(span, "model")["buckets"]) < 4_000


@pytest.mark.parametrize("width", ["hour", "day", "week"])
@pytest.mark.parametrize("by", ["model", "agent", "project", "tool"])
def test_every_bucket_and_every_table_equals_a_count_of_the_rows_themselves(books: Ledger, width: str, by: str) -> None:
    draw = random.Random(f"{width} {by}")
    zone = ZoneInfo(BERLIN)
    calls = [
        books.call(
            books.now_ms - draw.randrange(60 * 24 * 60) * MINUTE,
            draw.choice([None, 0.001, 0.25, 1.5]),
            model=f"m{draw.randrange(12)}",
            agent=draw.choice([None, "anna", "bert"]),
            project=draw.choice([None, *(f"/p{number}" for number in range(20))]),
            tool=f"t{draw.randrange(3)}",
            input_tokens=draw.randrange(1000),
            cache_write_1h_tokens=draw.randrange(100),
            status=draw.choice(["success", "success", "error"]),
        )
        for _ in range(400)
    ]
    assert books.recorder.record(calls).accepted == 400
    page = books.costs.page(books.costs.span_between(at("2026-09-29 07:20"), books.now_ms + 1, width), by)

    def bucket(at_ms: int) -> str:
        moment = datetime.fromtimestamp(at_ms / 1000, zone)
        if width == "hour":
            return iso_seconds(at_ms // 3_600_000 * 3600)
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        if width == "week":
            day = (day.replace(tzinfo=None) - timedelta(days=day.weekday())).replace(tzinfo=zone)
        return iso_seconds(day.timestamp())

    counted = [call for call in calls if bucket(call.at_ms) >= page["buckets"][0]]
    by_bucket, tokens_by_name = defaultdict(int), defaultdict(int)
    for call in counted:
        by_bucket[bucket(call.at_ms)] += call.reported_nano or 0
        tokens_by_name[getattr(call, by) or ""] += call.total_tokens
    assert by_bucket.keys() <= set(page["buckets"])
    assert spent(page) == [by_bucket[start] / DOLLAR for start in page["buckets"]]
    assert {row["name"]: row["total_tokens"] for row in page[f"{by}s"]} == tokens_by_name
    for name in ("models", "agents", "projects", "tools"):
        rows = page[name]
        assert round(sum(row["cost_usd"] for row in rows), 9) == page["totals"]["cost_usd"]
        assert sum(row["invocations"] for row in rows) == page["totals"]["invocations"] == len(counted)
        assert sum(row["errors"] for row in rows) == sum(page["errors"]["errors"])
        assert sum(row["unpriced_invocations"] for row in rows) == sum(call.reported_nano is None for call in counted)
