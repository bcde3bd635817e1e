"""The time that a question about costs is asked of: whole hours, days or weeks of the calendar of a time zone."""

from __future__ import annotations

from typing import NamedTuple

from llm_service.core.query import BadQuery
from llm_service.core.zones import DAY_MS, Zone

WIDTHS = ("hour", "day", "week")
HOURS_KEPT_DAYS = 90
MAX_BUCKETS = 4_000
"""More than any screen has pixels across; so many days and more are answered in weeks."""
RANGES = {"24h": "hour", "7d": "day", "30d": "day", "90d": "day", "365d": "week", "all": ""}
"""The named ranges, each with its usual width; `all` chooses by its length."""
_USUAL = ((2 * DAY_MS, "hour"), (120 * DAY_MS, "day"))


class Span(NamedTuple):
    """From `start_ms` up to before `end_ms`, both where a bucket of `width` begins."""

    start_ms: int
    end_ms: int
    width: str


class Piece(NamedTuple):
    """A part of a span that is summed from rollups of one width: hour, day or ever."""

    width: str
    start_ms: int
    end_ms: int


EVER = Piece("ever", 0, 1)
"""All time: its sums stand under the start 0."""


def named_span(name: str, width: str, zone: Zone, now_ms: int, first_ms: int) -> Span:
    """One of `RANGES`, up to and with the running bucket; `width` '' is the usual one. `first_ms`: first day kept."""
    if name == "all":
        return span_between(min(first_ms, now_ms), now_ms + 1, width, zone, now_ms, first_ms)
    if name == "24h":
        start_ms = zone.next_hour_ms(now_ms) - DAY_MS
    else:
        # Noon of today, so that a day of 23 or 25 hours does not lead to the day before or after.
        noon_ms = zone.day_start_ms(now_ms) + DAY_MS // 2
        start_ms = zone.day_start_ms(noon_ms - (int(name[:-1]) - 1) * DAY_MS)
    return _snapped(start_ms, now_ms, width or RANGES[name], zone, now_ms)


def span_between(from_ms: int, to_ms: int, width: str, zone: Zone, now_ms: int, first_ms: int) -> Span:
    """From `from_ms` up to before `to_ms`, widened to whole buckets and cut to the days in which anything can be.

    `first_ms` is the first day kept; `width` '' chooses by the length. Raises `BadQuery` for an empty time.
    """
    if from_ms >= to_ms:
        raise BadQuery("from is not earlier than to; nothing lies between them")
    last_ms = min(to_ms, zone.next_day_ms(now_ms)) - 1
    if from_ms > last_ms:
        raise BadQuery("from lies in the future; nothing was recorded then")
    start_ms = max(from_ms, min(first_ms, last_ms))
    if not width:
        width = next((usual for longest, usual in _USUAL if last_ms - start_ms <= longest), "week")
    return _snapped(start_ms, last_ms, width, zone, now_ms)


def hours_from_ms(zone: Zone, now_ms: int) -> int:
    """The first day whose hours are all kept for certain."""
    return zone.day_start_ms(now_ms - (HOURS_KEPT_DAYS - 1) * DAY_MS)


def buckets(span: Span, zone: Zone) -> list[int]:
    """The starts of all buckets of a span; days of 23 and 25 hours are one bucket each."""
    following = {"hour": zone.next_hour_ms, "day": zone.next_day_ms, "week": zone.next_week_ms}[span.width]
    starts = [span.start_ms]
    while (start := following(starts[-1])) < span.end_ms:
        starts.append(start)
    return starts


def pieces(span: Span, zone: Zone) -> list[Piece]:
    """What to sum for the whole of a span: whole days rather than their hours, so that few rows are read."""
    if span.width != "hour":
        return [Piece("day", span.start_ms, span.end_ms)]
    first_day = zone.day_start_ms(span.start_ms)
    if first_day < span.start_ms:
        first_day = zone.next_day_ms(span.start_ms)
    last_day = zone.day_start_ms(span.end_ms)
    if first_day >= last_day:
        return [Piece("hour", span.start_ms, span.end_ms)]
    found = [
        Piece("hour", span.start_ms, first_day),
        Piece("day", first_day, last_day),
        Piece("hour", last_day, span.end_ms),
    ]
    return [piece for piece in found if piece.start_ms < piece.end_ms]


def _snapped(start_ms: int, last_ms: int, width: str, zone: Zone, now_ms: int) -> Span:
    """The whole buckets that hold `start_ms` to `last_ms`, in the finest width from `width` on that can be answered."""
    if width == "hour" and start_ms < hours_from_ms(zone, now_ms):
        width = "day"
    if width == "day" and last_ms - start_ms > MAX_BUCKETS * DAY_MS:
        width = "week"
    if width == "hour":
        return Span(zone.hour_start_ms(start_ms), zone.next_hour_ms(last_ms), width)
    if width == "day":
        return Span(zone.day_start_ms(start_ms), zone.next_day_ms(last_ms), width)
    return Span(zone.week_start_ms(start_ms), zone.next_week_ms(last_ms), width)
