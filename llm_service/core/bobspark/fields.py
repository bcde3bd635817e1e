"""Reads the fields of a foreign server: other names are tried, wrong types are None and counted, never an error."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from llm_service.core.times import iso_seconds, parse_ms

MOST_ID = 200
MOST_NAME = 300
MOST_WHOLE = 10**15
_EARLIEST_S = 946_684_800.0
"""The year 2000: no run is older, and calendars of a time zone end at the year 1."""
_LATEST_S = 4_102_444_800.0
"""The year 2100: a number of seconds beyond it is one of milliseconds."""


class Reading:
    """One reading of one answer; `broken` counts the values in it that were of no use."""

    def __init__(self) -> None:
        self.broken = 0

    def whole(self, row: Mapping[str, Any], *names: str) -> int | None:
        """The first of these fields that is there, as a whole number from 0; a text of digits counts as one."""
        told = first(row, *names)
        if type(told) is int and 0 <= told <= MOST_WHOLE:
            return told  # nearly always, and by far the quickest
        value = self._number(told)
        if value is None:
            return None
        if value % 1 or value > MOST_WHOLE:
            self.broken += 1
            return None
        return int(value)

    def number(self, row: Mapping[str, Any], *names: str) -> float | None:
        """The first of these fields that is there, as a finite number from 0."""
        return self._number(first(row, *names))

    def _number(self, value: Any) -> float | None:
        if value is None:
            return None
        if isinstance(value, str):
            value = _number_in(value)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.broken += 1
            return None
        # An int of 400 digits is a number of JSON and no float.
        if not -1e300 < value < 1e300 or math.isnan(value) or value < 0:
            self.broken += 1
            return None
        return float(value)

    def text(self, row: Mapping[str, Any], *names: str, most: int = MOST_NAME) -> str | None:
        """The first of these fields that is there, as text without blanks around it; an empty one is None."""
        value = first(row, *names)
        if value is None:
            return None
        if type(value) is str and len(value) <= most and value.isprintable():
            return value.strip() or None
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            self.broken += 1
            return None
        return clean(str(value).strip()[:most]) or None

    def time(self, row: Mapping[str, Any], *names: str, ahead_s: float = 0.0) -> str | None:
        """The first of these fields that is there, as ISO UTC by our clock, which is `ahead_s` behind the server's.

        A number is seconds (or milliseconds) since 1970; a time without a zone is UTC. Other centuries are no time.
        """
        value = first(row, *names)
        if value is None:
            return None
        seconds = _seconds_of(value)
        if seconds is None or not _EARLIEST_S <= seconds - ahead_s <= _LATEST_S:
            self.broken += 1
            return None
        return iso_seconds(seconds - ahead_s)


def first(row: Mapping[str, Any], *names: str) -> Any:
    """The value of the first of these names that has one; null and an empty text are none."""
    get = row.get
    for name in names:
        value = get(name)
        if value is not None and value != "":
            return value
    return None


def rows_in(value: object, *wrappers: str) -> list[Any] | None:
    """A list that came bare or under one of these names; None where there is none."""
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping):
        for name in (*wrappers, "items", "data", "results"):
            inner = value.get(name)
            if isinstance(inner, list):
                return inner
    return None


def object_in(row: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """The first of these fields that is an object, else an empty one."""
    for name in names:
        value = row.get(name)
        if isinstance(value, Mapping):
            return value
    return {}


def bounded(value: Any, most: int, depth: int = 6) -> Any:
    """`value` as JSON of at most about `most` characters and `depth` levels: kept as it came, but not a flood."""
    kept, _ = _bounded(value, most, depth)
    return kept


def clean(text: str) -> str:
    """`text` without what UTF-8 cannot hold: half a surrogate pair would break every packet it is in."""
    return text if text.isprintable() else text.encode("utf-8", "replace").decode()


def _bounded(value: Any, left: int, depth: int) -> tuple[Any, int]:
    if isinstance(value, str):
        return clean(value[: max(0, left)]), left - len(value) - 2
    if isinstance(value, (bool, int)) or value is None:
        return value if value is None or abs(value) < 2**63 else None, left - 8
    if isinstance(value, float):
        return value if math.isfinite(value) else None, left - 8
    if depth <= 0:
        return None, left
    if type(value) is dict or isinstance(value, Mapping):
        return _bounded_object(value, left, depth - 1)
    return _bounded_list(value, left, depth - 1) if isinstance(value, Sequence) else (None, left)


def _bounded_object(value: Mapping[Any, Any], left: int, depth: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    for name, item in value.items():
        if left <= 0:
            break
        short = clean(str(name)[:MOST_NAME])
        found[short], left = _bounded(item, left - len(short) - 4, depth)
    return found, left


def _bounded_list(value: Sequence[Any], left: int, depth: int) -> tuple[list[Any], int]:
    items: list[Any] = []
    for item in value:
        if left <= 0:
            break
        kept, left = _bounded(item, left - 1, depth)
        items.append(kept)
    return items, left


def _number_in(text: str) -> object:
    try:
        return float(text) if len(text) <= 40 else text
    except ValueError:
        return text


def _seconds_of(value: object) -> float | None:
    if isinstance(value, str):
        told_ms = parse_ms(value) if len(value) <= 60 else None
        if told_ms is not None:
            return told_ms / 1000
        value = _number_in(value.strip())
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e15:
        return None
    return float(value) / 1000 if value > _LATEST_S else float(value)
