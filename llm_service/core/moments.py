"""A moment as somebody writes it into an address: a time, or a day of the calendar they live by."""

from __future__ import annotations

from datetime import date

from llm_service.core.times import parse_ms
from llm_service.core.zones import Zone

_LENGTH_OF_A_DATE = 10


def moment_ms(text: str, zone: Zone, *, end: bool) -> int | None:
    """Milliseconds since 1970, None where `text` is no time.

    A date alone is that day in `zone`: its start, or with `end` the start of the next one, so that ``from=2026-11-01``
    and ``to=2026-11-30`` are the whole month. A time without a zone is UTC.
    """
    text = text.strip()
    if len(text) != _LENGTH_OF_A_DATE:
        return parse_ms(text)
    try:
        start_ms = zone.start_of(date.fromisoformat(text))
        return zone.next_day_ms(start_ms) if end else start_ms
    except (ValueError, OverflowError):
        return None
