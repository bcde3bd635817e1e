"""Fields of somebody else's JSON, read tolerantly: the first name that holds a usable value; None is "not told"."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from llm_service.core.times import iso_seconds, parse_time

MOST_TEXT = 1_000
MOST_ROWS = 5_000
"""Of one list; a server that lists more is not believed to have them."""
MOST_LEFT_OVER = 300
MOST_NUMBER = 1e15
_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "infinity": math.inf}
_EARLIEST_S = 1e8
"""Smaller numbers are no moment but a span."""
_LATEST_S = 1e11
"""Larger ones are milliseconds."""

Fields = Mapping[str, Any]


def rows(value: object, *wrappers: str) -> list[Fields]:
    """The objects of a list that comes bare or wrapped (`{"jobs": […]}`); what is no object is left out."""
    if isinstance(value, Mapping):
        for name in (*wrappers, "items", "data"):
            if isinstance(value.get(name), list):
                value = value[name]
                break
    return [row for row in value[:MOST_ROWS] if isinstance(row, Mapping)] if isinstance(value, list) else []


def is_listing(value: object, *wrappers: str) -> bool:
    """Whether `value` is such a list at all."""
    if isinstance(value, Mapping):
        return any(isinstance(value.get(name), list) for name in (*wrappers, "items", "data"))
    return isinstance(value, list)


def one_of(row: Fields, names: Sequence[str]) -> Any:
    """The value of the first of these names that has one."""
    for name in names:
        value = row.get(name)
        if value is not None and value != "":
            return value
    return None


def text(row: Fields, *names: str) -> str | None:
    """A text, trimmed and bounded; a number is its digits."""
    value = one_of(row, names)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = f"{value:g}" if isinstance(value, float) else str(value)
    if not isinstance(value, str):
        return None
    return value.strip()[:MOST_TEXT] or None


def number(row: Fields, *names: str) -> float | None:
    """A finite number, also one written as text."""
    for name in names:
        found = as_number(row.get(name))
        if found is not None and math.isfinite(found):
            return found
    return None


def loss(row: Fields, *names: str) -> float | None:
    """A loss: any number, also NaN and infinity, which servers write as text."""
    for name in names:
        found = as_number(row.get(name))
        if found is not None:
            return found
    return None


def whole(row: Fields, *names: str) -> int | None:
    """A whole number that is not negative."""
    found = number(row, *names)
    return int(found) if found is not None and found >= 0 else None


def as_number(value: object) -> float | None:
    """A number, or a text that is one ("40", "40 %", "NaN"); None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return _bounded(value)
    if not isinstance(value, str) or len(value) > 40:
        return None
    plain = value.strip().rstrip("%").strip().lower()
    sign = -1.0 if plain.startswith("-") else 1.0
    if plain.lstrip("+-") in _NOT_FINITE:
        return sign * _NOT_FINITE[plain.lstrip("+-")]
    try:
        return _bounded(float(plain))
    except ValueError:
        return None


def _bounded(value: float) -> float | None:
    if isinstance(value, float) and not math.isfinite(value):
        return value
    return float(value) if abs(value) <= MOST_NUMBER else None


def moment(row: Fields, *names: str) -> str | None:
    """A time as ISO UTC: an ISO text, or seconds or milliseconds since 1970."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and (found := parse_time(value)):
            return found
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= _EARLIEST_S:
            return iso_seconds(value if value < _LATEST_S else value / 1000)
    return None


def share(row: Fields, of_one: Sequence[str], of_hundred: Sequence[str]) -> float | None:
    """A share from 0 to 1. Which names count to 1 and which to 100 is said, never guessed from the value."""
    found = number(row, *of_one)
    if found is None:
        found = number(row, *of_hundred)
        found = None if found is None else found / 100
    return None if found is None or not 0 <= found <= 1 else round(found, 6)


def texts(value: object, most: int) -> list[str]:
    """A list of texts from a list, or from one text with commas."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list):
        return []
    found = [str(item).strip()[:MOST_TEXT] for item in value if isinstance(item, (str, int, float))]
    return [item for item in found if item][:most]


def span_s(value: object) -> float | None:
    """Seconds of a span: a number, or a text as "3m 12s" and "1h 02m"."""
    plain = as_number(value)
    if plain is not None:
        return plain if math.isfinite(plain) and plain >= 0 else None
    if not isinstance(value, str) or len(value) > 40:
        return None
    units = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}
    total = 0.0
    for part in value.lower().split():
        unit, count = units.get(part[-1]), as_number(part[:-1])
        if unit is None or count is None or not math.isfinite(count) or count < 0:
            return None
        total += unit * count
    return total if value.strip() else None


def left_over(row: Fields, known: Sequence[str], most: int = 40) -> dict[str, Any]:
    """Simple fields that nothing here reads, kept so that the page can show them."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if len(found) >= most:
            break
        if isinstance(name, str) and name not in known and isinstance(value, (str, int, float, bool)):
            found[name[:80]] = value[:MOST_LEFT_OVER] if isinstance(value, str) else value
    return found
