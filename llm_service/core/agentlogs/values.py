"""Values as they lie in somebody else's log, made into ours; what is impossible is told apart from what is missing."""

from __future__ import annotations

import math
from datetime import UTC, datetime

MOST_TOKENS = 10**12
"""Above this a count is damage, not usage."""
LONGEST_TEXT = 300
EARLIEST_MS, LATEST_MS = 1_577_836_800_000, 4_102_444_800_000  # the years 2020 and 2100
MOST_DOLLARS = 10**6


class ImpossibleCountError(ValueError):
    """A token count that cannot be one."""


def count(value: object) -> int:
    """A token count; missing (None) is 0. Raises `ImpossibleCountError`."""
    if type(value) is int:
        if 0 <= value <= MOST_TOKENS:
            return value
    elif value is None:
        return 0
    elif isinstance(value, float) and value.is_integer() and 0 <= value <= MOST_TOKENS:
        return int(value)
    raise ImpossibleCountError(value)


def text(value: object) -> str | None:
    """A short name, trimmed and storable; None where it is missing, empty or no string."""
    if not isinstance(value, str):
        return None
    value = value.strip()[:LONGEST_TEXT]
    if not value.isprintable():
        # Control characters and halves of surrogate pairs: neither a database nor a page wants them.
        value = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in value)
    return value or None


def at_ms(value: object) -> int | None:
    """Milliseconds since 1970 of an ISO time (UTC where it names no zone) or of epoch milliseconds, else None."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        try:
            found = round(moment.timestamp() * 1000)
        except (OverflowError, ValueError):
            return None
    elif type(value) is int or (isinstance(value, float) and math.isfinite(value)):
        found = int(value)
    else:
        return None
    return found if EARLIEST_MS <= found <= LATEST_MS else None


def nano_dollars(value: object) -> int | None:
    """A cost in dollars as nano-dollars; None where it is missing or cannot be one."""
    if type(value) not in (int, float):
        return None
    assert isinstance(value, (int, float))
    if not math.isfinite(value) or not 0 <= value <= MOST_DOLLARS:
        return None
    return round(value * 1_000_000_000)
