"""Bytes of an event stream to its events, as the WHATWG HTML standard says (section 9.2.6), however they are cut."""

from __future__ import annotations

import codecs
from typing import NamedTuple

MOST_CHARS = 1_048_576
"""Of one event, or one line. What is longer is no event but a mistake, or an attack on memory."""
_MOST_DIGITS = 15


class SseEvent(NamedTuple):
    """`name` is "message" where the stream gives none. `id` is the last one the stream gave, as browsers have it.

    `own_id` says that this very event brought it, so that its coming again can be told from a later event.
    """

    name: str
    data: str
    id: str = ""
    own_id: bool = False


class EventTooLarge(Exception):
    """An event beyond `MOST_CHARS`. Nothing after it can be read; `events` were complete before it."""

    def __init__(self, events: list[SseEvent]) -> None:
        super().__init__(f"an event of more than {MOST_CHARS:,} characters")
        self.events = events


class Decoder:
    """One connection's bytes. An event that is not ended when they end is none, as the standard has it."""

    def __init__(self, last_event_id: str = "") -> None:
        self.last_event_id = last_event_id
        """To be sent when connecting again; it moves on when an event is complete, not before."""
        self.retry_ms: int | None = None
        """How long the server wants us to wait before connecting again; None where it never said."""
        self.comments = 0
        """Comment lines so far: that is how servers say that they are still there."""
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._fresh = True
        self._after_cr = False
        self._tail: list[str] = []
        self._tail_chars = 0
        self._id = last_event_id
        self._own_id = False
        self._name = ""
        self._data: list[str] = []
        self._data_chars = 0

    def feed(self, chunk: bytes) -> list[SseEvent]:
        """The events that these bytes complete. Raises `EventTooLarge`, after which the decoder is of no use."""
        text = self._normal(self._decode(chunk))
        events: list[SseEvent] = []
        first, *rest = text.split("\n")
        self._tail.append(first)
        self._tail_chars += len(first)
        if rest:
            last = rest.pop()
            lines = ["".join(self._tail), *rest]
            self._tail = [last]
            self._tail_chars = len(last)
            for line in lines:
                self._line(line, events)
        self._bound(self._tail_chars, events)
        return events

    def _normal(self, text: str) -> str:
        """With LF alone as the end of a line, and without the byte order mark.

        A CR at the end of a chunk ends its line at once; an LF that begins the next chunk belongs to it.
        """
        if self._fresh and text:
            self._fresh = False
            text = text.removeprefix("\ufeff")
        if self._after_cr and text:
            self._after_cr = False
            text = text.removeprefix("\n")
        if "\r" in text:
            self._after_cr = text.endswith("\r")
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text

    def _line(self, line: str, events: list[SseEvent]) -> None:
        if not line:
            self._dispatch(events)
            return
        self._bound(len(line), events)
        if line[0] == ":":
            self.comments += 1
            return
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
            self._data_chars += len(line)
        elif field == "event":
            self._name = value
        elif field == "id" and "\0" not in value:
            self._id, self._own_id = value, True
        elif field == "retry" and value.isascii() and value.isdigit():
            self.retry_ms = int(value[:_MOST_DIGITS])

    def _dispatch(self, events: list[SseEvent]) -> None:
        """A blank line: the event is complete. One without data only sets the id."""
        self.last_event_id = self._id
        if self._data:
            events.append(SseEvent(self._name or "message", "\n".join(self._data), self._id, self._own_id))
            self._data, self._data_chars = [], 0
        self._name, self._own_id = "", False

    def _bound(self, more: int, events: list[SseEvent]) -> None:
        if self._data_chars + more > MOST_CHARS:
            raise EventTooLarge(events)
