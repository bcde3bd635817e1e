"""OTLP's JSON form, read leniently: attributes to plain values, numbers that come as text, times in nanoseconds.

Knowledge from the OTLP 1.9 specification: 64-bit integers are JSON strings, enums may be numbers or names, a double may
be the text "NaN". A body that came as protobuf is turned into the same form before it gets here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Attributes = dict[str, Any]
MOST_NAMES = 50
"""Names of what is not about usage that are counted apart; the rest is counted as ``other``."""


class Told(NamedTuple):
    """What a request holds beside invocations: how many records were refused and why, and what is not about usage."""

    refused: Counter[str]
    ignored: Counter[str]

    def refuse(self, reason: str) -> None:
        self.refused[reason] += 1

    def ignore(self, name: str) -> None:
        name = name[:80] or "unnamed"
        self.ignored[name if name in self.ignored or len(self.ignored) < MOST_NAMES else "other"] += 1


def nothing_told() -> Told:
    """A fresh count."""
    return Told(Counter(), Counter())


def listed(parent: Any, name: str) -> Iterator[Mapping[str, Any]]:
    """The objects of a list inside `parent`; whatever else stands there is passed over."""
    items = parent.get(name) if isinstance(parent, dict) else None
    if isinstance(items, list):
        yield from (item for item in items if isinstance(item, dict))


def attributes(holder: Any) -> Attributes:
    """The attributes of a resource, a record, a span or a point by their key."""
    found: Attributes = {}
    for pair in listed(holder, "attributes"):
        key = pair.get("key")
        if isinstance(key, str):
            found[key] = value_of(pair.get("value"))
    return found


def value_of(value: Any) -> Any:
    """An AnyValue as text, number or truth value; None for lists, maps and bytes, which no usage is told by."""
    if not isinstance(value, dict):
        return None
    for name, read in (("stringValue", str), ("boolValue", bool), ("intValue", whole), ("doubleValue", real)):
        if name in value:
            return read(value[name])
    return None


def whole(value: Any) -> int | None:
    """A whole number, also where it came as text or as a double without a fraction; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and value == int(value) else None
    if isinstance(value, str) and len(value) < 25:
        try:
            return int(value)
        except ValueError:
            return whole(real(value))
    return None


def real(value: Any) -> float | None:
    """A finite number, also where it came as text; None for NaN, infinity and anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)) or len(str(value)) > 40:
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def text(value: Any) -> str | None:
    """A text that says something; None for anything else."""
    return value.strip() or None if isinstance(value, str) else None


def first(found: Attributes, *names: str) -> Any:
    """The value of the first of these attributes that is there."""
    for name in names:
        if found.get(name) is not None:
            return found[name]
    return None


def moment_ms(nanoseconds: Any) -> int | None:
    """``timeUnixNano`` as milliseconds since 1970; None where it is missing or 0."""
    number = whole(nanoseconds)
    return number // 1_000_000 if number and number > 0 else None
