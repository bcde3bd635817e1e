"""What a reader of one tool's logs is: lines go in, invocations come out, and it can be put away and taken up again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from llm_service.core.invocations.usage import Invocation

MALFORMED = "malformed line"
TOO_LONG = "line too long"
NO_TIME = "no usable time"
BAD_COUNT = "impossible token count"
"""Reasons shared by the tools, so that the page shows one word for one thing."""


class Found(NamedTuple):
    """What some lines (or rows of a store) told.

    `rows` may name a call again that an earlier `Found` named: of one id the higher `rank` stays, so a row may be told
    as soon as it is known and again when it is complete. `skipped` counts, per reason, what could not be used although
    it looked as if it should: a line that is simply not usage is not in it; "unknown type: x" is. `messages` is how
    many calls were told of for the first time, as far as the reader knows. `facts` are kept per tool for the readers
    of other files (see `Lookup`): key to any JSON value.
    """

    rows: list[Invocation]
    skipped: dict[str, int]
    messages: int = 0
    facts: Mapping[str, Any] = {}


class LineFold(Protocol):
    """Reads one file of lines in order. Never raises for what a line holds: that is counted in `skipped`."""

    def feed(self, lines: Sequence[bytes]) -> Found:
        """Take whole lines, in the order of the file, without their newline (a carriage return may still be there)."""

    def state(self) -> dict[str, Any]:
        """A JSON-able picture, small: a fold made from it goes on exactly where this one stopped."""


class Lookup(Protocol):
    """A fact that the reader of another file of the same tool told under this key, else None.

    Files are read in the order of their tool's `order`; a parent read later than its fork is not known to the fork.
    """

    def __call__(self, key: str) -> Any: ...
