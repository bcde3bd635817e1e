"""Values of somebody else's log: what is missing, what is impossible, and which project a path belongs to."""

from __future__ import annotations

import pytest

from llm_service.core.agentlogs.projects import project_of
from llm_service.core.agentlogs.values import ImpossibleCountError, at_ms, count, nano_dollars, text


@pytest.mark.parametrize(("value", "wanted"), [(None, 0), (0, 0), (7, 7), (7.0, 7), (10**12, 10**12)])
def test_a_count_is_a_whole_number_or_missing(value: object, wanted: int) -> None:
    assert count(value) == wanted


@pytest.mark.parametrize(
    "value", [-1, 1.5, True, "7", [], {}, float("nan"), float("inf"), 10**12 + 1, -0.5, 1e300, 10**400]
)
def test_anything_else_is_an_impossible_count(value: object) -> None:
    with pytest.raises(ImpossibleCountError):
        count(value)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("2026-10-05T10:00:00.123Z", 1_791_194_400_123),
        ("2026-10-05T12:00:00.123+02:00", 1_791_194_400_123),
        ("2026-10-05T10:00:00.123", 1_791_194_400_123),
        (1_791_194_400_123, 1_791_194_400_123),
        (1_791_194_400, None),
        ("1999-10-05T10:00:00Z", None),
        ("2126-10-05T10:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (True, None),
        (float("nan"), None),
    ],
)
def test_a_time_is_utc_milliseconds_or_unusable(value: object, wanted: int | None) -> None:
    assert at_ms(value) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(0.0123, 12_300_000), (0, 0), (3, 3_000_000_000), (None, None), (-1, None), ("1", None), (float("nan"), None)],
)
def test_a_cost_is_nano_dollars_or_none(value: object, wanted: int | None) -> None:
    assert nano_dollars(value) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("  opus ", "opus"), ("", None), (7, None), ("a\0b", "a\ufffdb"), ("\ud800", "\ufffd"), ("x" * 999, "x" * 300)],
)
def test_a_name_can_be_kept_and_shown(value: object, wanted: str | None) -> None:
    assert text(value) == wanted


@pytest.mark.parametrize(
    ("cwd", "folder", "wanted"),
    [
        ("/home/ada/widget", "-home-ada-widget", "widget"),
        ("/home/ada/my-app", "-home-ada-my-app", "my-app"),
        ("/home/ada/my-app/src/deep", "-home-ada-my-app", "my-app"),
        ("/elsewhere/now", "-home-ada-widget", "now"),
        ("C:\\Users\\ada\\Widget", "C--Users-ada-Widget", "Widget"),
        ("C:\\Users\\ada\\Widget\\src", "C--Users-ada-Widget", "Widget"),
        ("", "-home-ada-widget", "widget"),
        ("", "", None),
        ("/", "-", None),
        ("/home/ada/_x.y/", "-home-ada--x-y", "_x.y"),
    ],
)
def test_a_project_is_the_folder_that_the_session_was_begun_in(cwd: str, folder: str, wanted: str | None) -> None:
    assert project_of(cwd, folder) == wanted
