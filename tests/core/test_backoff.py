"""Waits between tries: bounds that hold for every chance."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llm_service.core.backoff import Backoff

chances = st.lists(st.floats(0, 1), min_size=1, max_size=60)


@given(chances)
def test_no_wait_is_under_the_floor_or_over_the_ceiling_of_its_try(drawn: list[float]) -> None:
    backoff = Backoff()
    waits = [backoff.next_s(chance) for chance in drawn]
    for tried, wait_s in enumerate(waits):
        assert 0.5 <= wait_s <= max(0.5, min(30.0, 2.0**tried))


def test_the_ceiling_doubles_to_half_a_minute_and_begins_anew() -> None:
    backoff = Backoff()
    assert [backoff.next_s(1.0) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    backoff.reset()
    assert backoff.next_s(1.0) == 1


def test_a_thousand_failures_are_no_arithmetic_problem() -> None:
    backoff = Backoff(tries=100_000)
    assert backoff.next_s(1.0) == 30


def test_what_the_server_asks_for_is_the_least() -> None:
    assert Backoff().next_s(0.0, least_s=120) == 120
