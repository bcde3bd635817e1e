"""What is asked of the invocations one by one: filters, a stretch of time, and where the page before ended."""

from __future__ import annotations

import base64
import json
from typing import NamedTuple

from llm_service.core.query import PAGE, BadQuery

_MAX_CURSOR = 200


class Place(NamedTuple):
    """A row's place in the order of time: its time, and its number among those of one time."""

    at_ms: int
    id: int


class InvocationQuery(NamedTuple):
    """None asks for everything; '' for rows in which the field was not given. From `from_ms` up to before `to_ms`."""

    model: str | None = None
    agent: str | None = None
    tool: str | None = None
    project: str | None = None
    node: str | None = None
    task: str | None = None
    session: str | None = None
    status: str | None = None
    door: str | None = None
    unpriced: bool = False
    from_ms: int | None = None
    to_ms: int | None = None
    after: Place | None = None
    limit: int = PAGE


def encode_place(place: Place) -> str:
    """The opaque cursor of what is older than `place`."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def decode_place(text: str) -> Place:
    """The place a cursor stands for. Raises `BadQuery`."""
    try:
        if len(text) > _MAX_CURSOR:
            raise ValueError
        read = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if isinstance(read, list) and [type(part) for part in read] == [int, int] and max(map(abs, read)) < 2**63:
            return Place(*read)
    except (ValueError, RecursionError):
        pass
    raise BadQuery("cursor is not one this board gave out; ask for the first page again")
