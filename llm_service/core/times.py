"""Times as they are written in task files, to ISO-8601 UTC with milliseconds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_S, _LAST_S = -62_135_596_800.0, 253_402_300_799.0
"""The first and the last second that `datetime` knows, since 1970."""


def iso(moment: datetime) -> str:
    """`moment` as ISO-8601 UTC with milliseconds; a time without a zone is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_seconds(epoch_s: float) -> str:
    """Seconds since 1970 as ISO-8601 UTC with milliseconds; what lies beyond the years 1 to 9999 is their end.

    A file's time is whatever somebody set it to, and some file systems hold the year 36812.
    """
    return iso(datetime.fromtimestamp(min(max(epoch_s, _FIRST_S), _LAST_S), UTC))


def iso_ms(epoch_ms: int) -> str:
    """Milliseconds since 1970 as `iso_seconds` has them; quick where many are of one second."""
    second, ms = divmod(epoch_ms, 1000)
    return f"{_to_the_second(second)}.{ms:03}Z"


@lru_cache(maxsize=64)
def _to_the_second(epoch_s: int) -> str:
    return iso_seconds(epoch_s)[:19]


def parse_time(text: str) -> str | None:
    """`text` as ISO-8601 UTC with milliseconds, or None where it is no time. A date alone is its midnight, UTC."""
    text = text.strip()
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return iso(datetime(day.year, day.month, day.day, tzinfo=UTC))
        if len(text) < 16 or not text[0].isdigit():
            return None
        return iso(datetime.fromisoformat(_normal(text)))
    except (ValueError, OverflowError):
        return None


def _normal(text: str) -> str:
    """YAML allows ``2026-02-09 20:34:00 +00:00``, ``…T…Z`` and ``+1``; `fromisoformat` wants no blank there."""
    head, rest = text[:10], text[11:].replace(" ", "")
    for sign in "+-":
        clock, found, zone = rest.partition(sign)
        if found and zone.isdigit():
            zone = zone.zfill(2)
            rest = f"{clock}{sign}{zone}" if len(zone) != 2 else f"{clock}{sign}{zone}:00"
    return f"{head}T{rest}"


def parse_ms(text: str) -> int | None:
    """`text` as milliseconds since 1970, or None where it is no time; read as `parse_time` reads it."""
    normal = parse_time(text)
    if normal is None:
        return None
    return round((datetime.fromisoformat(normal) - _EPOCH).total_seconds() * 1000)
