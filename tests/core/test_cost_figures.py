"""The pace of money, worked out by hand."""

from __future__ import annotations

import pytest

from llm_service.core.costs.burn import burn, in_last_hour, projected
from llm_service.core.csv_cell import cell
from llm_service.core.histogram import percentile
from llm_service.core.money import usd

DOLLAR, MINUTE, HOUR = 10**9, 60_000, 3_600_000


@pytest.mark.parametrize(
    ("known_ms", "expected"),
    [
        (HOUR, (6.0, 10.0, 60)),
        (90 * HOUR, (6.0, 10.0, 60)),
        (30 * MINUTE, (12.0, 20.0, 30)),
        (1, (72.0, 120.0, 5)),  # over five minutes, not over a thousandth of a second
        (-HOUR, (72.0, 120.0, 5)),  # the clock was set back
    ],
)
def test_six_dollars_and_six_hundred_tokens_make_a_pace(known_ms: int, expected: tuple[float, float, int]) -> None:
    assert tuple(burn(6 * DOLLAR, 600, known_ms).values()) == expected


@pytest.mark.parametrize(
    ("into_ms", "expected"), [(0, 110), (15 * MINUTE, 85), (HOUR, 10), (2 * HOUR, 10), (-MINUTE, 110)]
)
def test_of_the_hour_before_the_part_that_is_not_an_hour_ago(into_ms: int, expected: int) -> None:
    assert in_last_hour(10, 100, into_ms) == expected


@pytest.mark.parametrize(
    ("over_ms", "left_ms", "expected"),
    [
        (2 * HOUR, 5 * HOUR, 10 + 20),
        (2 * HOUR, 0, 10),
        (2 * HOUR, -HOUR, 10),
        (30 * MINUTE, HOUR, 10 + 16),
        (30 * MINUTE - 1, HOUR, None),
        (-HOUR, HOUR, None),
    ],
)
def test_a_period_ends_with_what_was_spent_and_the_rest_at_the_pace(
    over_ms: int, left_ms: int, expected: int | None
) -> None:
    assert projected(10, 8, over_ms, left_ms, 30 * MINUTE) == expected


@pytest.mark.parametrize(
    ("counts", "share", "expected"),
    [
        ({}, 0.5, None),
        ({50: 0}, 0.5, None),
        ({50: 4}, 0.5, 25.0),
        ({50: 2, 100: 2}, 0.5, 50.0),
        ({50: 1, 1000: 3}, 0.5, 666.7),  # a third of the way from 500 to 1000
        ({300_000: 1}, 1.0, 300_000.0),
        ({50: 1, -1: 99}, 0.95, 300_000.0),
    ],
)
def test_a_percentile_lies_in_proportion_in_its_bucket(
    counts: dict[int, int], share: float, expected: float | None
) -> None:
    assert percentile(counts, share) == expected


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_text_that_a_spreadsheet_would_run_is_made_text(start: str) -> None:
    assert cell(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


def test_other_cells_stay_as_they_are() -> None:
    values = ["a=b", "", "größe", -1.5, -3, True, None, 1e-05]
    assert [cell(value) for value in values] == ["a=b", "", "größe", "-1.5", "-3", "true", "", "1e-05"]


def test_nobody_knows_is_not_zero() -> None:
    assert usd(None) is None
    assert usd(1_500_000_000) == 1.5
