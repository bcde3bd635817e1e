"""Many times at once as ISO-8601: a chart has two thousand of them, mostly of one day."""

from __future__ import annotations

from collections.abc import Iterable

from llm_service.core.times import iso_seconds

_DAY_MS = 86_400_000


def stamps(times_ms: Iterable[int]) -> list[str]:
    """Milliseconds since 1970, none before, as `core.times.iso_seconds` writes them."""
    days: dict[int, str] = {}
    found = []
    for ms in times_ms:
        day, rest = divmod(ms, _DAY_MS)
        date = days.get(day)
        if date is None:
            date = days[day] = iso_seconds(day * _DAY_MS / 1000)[:11]
        seconds, rest = divmod(rest, 1000)
        minutes, seconds = divmod(seconds, 60)
        found.append(f"{date}{minutes // 60:02}:{minutes % 60:02}:{seconds:02}.{rest:03}Z")
    return found
