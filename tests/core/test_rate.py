"""Tokens a second: the EMA of the server's own pages, and the last minute by seconds."""

from __future__ import annotations

import pytest

from llm_service.core.runs.rate import LastMinute, Rate


def fed(*points: tuple[float, int]) -> Rate:
    rate = Rate()
    for at_s, tokens in points:
        rate.add(at_s, tokens)
    return rate


@pytest.mark.parametrize(
    ("points", "per_s"),
    [
        ([], None),
        ([(0, 10)], None),
        ([(0, 10), (1, 30)], 20.0),
        ([(0, 10), (1, 30), (2, 40)], 0.3 * 10 + 0.7 * 20),
        ([(0, 10), (0.1, 30)], None),
        ([(0, 10), (0.05, 20), (0.2, 30)], 100.0),
        ([(0, 10), (1, 30), (2, 30)], 20.0),
        ([(0, 10), (1, 30), (2, 5)], 20.0),
        ([(0, 10), (1, 30), (2, 5), (3, 15)], 0.3 * 10 + 0.7 * 20),
    ],
    ids=[
        "nothing",
        "one",
        "first is the instant",
        "smoothed",
        "gate",
        "gate adds up",
        "still",
        "restart",
        "after restart",
    ],
)
def test_the_average_follows_only_growth_over_the_gate(points: list[tuple[float, int]], per_s: float | None) -> None:
    assert fed(*points).per_s == (None if per_s is None else pytest.approx(per_s))


def test_what_was_not_heard_as_it_was_made_gives_no_rate() -> None:
    rate = fed((0, 0), (1, 10))
    rate.begin_at(60, 5_000)
    rate.add(61, 5_010)
    assert rate.per_s == pytest.approx(10)


def test_a_second_that_was_not_heard_is_none_and_a_silent_one_is_zero() -> None:
    minute = LastMinute()
    minute.add(10.2, 5)
    minute.add(10.9, 7)
    minute.heard(11.5)
    minute.add(13.0, 1)
    assert minute.rates(14.9) == [12.0, 0.0, None, 1.0]


def test_at_most_sixty_seconds_are_told_and_kept() -> None:
    minute = LastMinute()
    for second in range(500):
        minute.add(second, second)
        minute.rates(second)
    assert minute.rates(500) == [float(second) for second in range(440, 500)]
    assert len(minute._made) <= 121


def test_nothing_heard_is_an_empty_minute() -> None:
    assert LastMinute().rates(100.0) == []
