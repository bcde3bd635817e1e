"""A run's place in an order of time, as the cursor of a page."""

from __future__ import annotations

import base64
import json
from typing import NamedTuple

from llm_service.core.query import BadQuery

_MAX_CURSOR = 600


class RunPlace(NamedTuple):
    """Before all runs of an earlier time, and of one time before those with a smaller key."""

    at_ms: int
    key: str


def encode_run_place(place: RunPlace) -> str:
    """The opaque cursor of what comes after `place`, newest first."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def decode_run_place(text: str) -> RunPlace:
    """The place a cursor stands for. Raises `BadQuery`."""
    try:
        if len(text) > _MAX_CURSOR:
            raise ValueError
        read = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if isinstance(read, list) and [type(part) for part in read] == [int, str] and abs(read[0]) < 2**62:
            return RunPlace(*read)
    except (ValueError, RecursionError):
        pass
    raise BadQuery("before is not a cursor that this server gave; ask for the first page again")
