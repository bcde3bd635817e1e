"""A cumulative count of a run that may begin again, be missing, or be told by two mouths."""

from __future__ import annotations

import pytest

from llm_service.core.runs.tokens import TokenCount


@pytest.mark.parametrize(
    ("counts", "value"),
    [((), None), ((5,), 5), ((5, 9, 9, 12), 12), ((100, 160, 10, 40), 200), ((100, 0, 50, 20, 30), 180)],
)
def test_a_count_that_falls_began_again(counts: tuple[int, ...], value: int | None) -> None:
    tokens = TokenCount()
    grown = sum(tokens.heard(count) for count in counts)
    assert tokens.value == value
    assert grown == (value or 0)


def test_the_servers_sum_is_the_least_and_no_token_is_counted_twice() -> None:
    tokens = TokenCount()
    tokens.heard(100)
    tokens.told(150)
    assert tokens.value == 150
    assert tokens.heard(140) == 0
    assert tokens.heard(170) == 20
    tokens.told(120)
    assert tokens.value == 170


def test_after_the_end_the_servers_sum_is_the_truth() -> None:
    tokens = TokenCount()
    tokens.heard(500)
    tokens.ended(480)
    assert tokens.value == 480
    tokens.ended(None)
    assert tokens.value == 480
    assert tokens.heard(510) == 0
