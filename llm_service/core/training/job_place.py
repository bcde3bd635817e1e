"""Where a page of jobs ended: the moment that orders a job, and its key."""

from __future__ import annotations

from llm_service.core.query import BadQuery


def encode(at_ms: int, key: str) -> str:
    """The place as a cursor."""
    return f"{at_ms}.{key}"


def decode(cursor: str) -> tuple[int, str] | None:
    """The place of a cursor, None for an empty one. Raises `BadQuery` for what is none."""
    if not cursor:
        return None
    moment, dot, key = cursor.partition(".")
    if not dot or not key or not moment.isascii() or not moment.isdigit() or len(moment) > 15:
        raise BadQuery("before is no cursor; take it from `next` of the page before")
    return int(moment), key
