"""Ids for invocations that have none."""

from __future__ import annotations


def time_ordered_id(now_ms: int, chance: int) -> str:
    """An id that sorts by its time, of `now_ms` and 74 random bits: a UUID of version 7, as RFC 9562 lays it out.

    Ids that grow with time keep the place of a new row in an index close to that of the one before it.
    """
    head = (now_ms & (1 << 48) - 1) << 16 | 7 << 12 | (chance >> 62 & 0xFFF)
    tail = 0b10 << 62 | (chance & (1 << 62) - 1)
    text = f"{head:016x}{tail:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
