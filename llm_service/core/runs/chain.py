"""The events of one run, numbered here, each once: heard on its stream, found in the server's record, or both.

Streams give their events no id, so an event that the record tells with one is looked for among those heard. Both
are in the run's order, so the search goes forward only; what is told by one side and not by the other fits anything.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, NamedTuple

from llm_service.core.bobspark.stream_events import RunNews
from llm_service.core.runs.event_text import EventText, kept_text, text_of
from llm_service.core.runs.shapes import RunEvent

MOST_KEPT = 2_000
"""Events kept in memory; older ones are in the database."""
MOST_HEARD = 5_000
"""Events that wait for the record's word; of older ones only a hash is remembered."""
LOOK_AHEAD = 200
COMPARED = 200
"""Characters: servers cut their record of a text there."""


_NOTHING: deque[Any] = deque(maxlen=0)
"""One for all that are released: an empty one each is more than half a kilobyte."""


class _Mark(NamedTuple):
    """By what an event is known again."""

    type: str
    node: str | None
    iteration: int | None
    tokens_in: int | None
    tokens_out: int | None
    text: str
    status: str | None


class _Heard(NamedTuple):
    """An event of a stream that the server's record has not confirmed yet."""

    mark: _Mark
    n: int


class Merged(NamedTuple):
    """What a reading of the server's record brought: events that are new here, and known ones that got their id."""

    new: list[tuple[EventText, RunNews]]
    confirmed: list[EventText]


class Chain:
    """A run's events in the order of their numbers."""

    def __init__(self) -> None:
        self.last_n = 0
        self._events: deque[EventText] = deque(maxlen=MOST_KEPT)
        self._ids: set[int] = set()
        """Hashes of the ids that are here: a number is half of a text."""
        self._heard: deque[_Heard] = deque()
        self._older = array("q")
        """Hashes of those that were heard before."""
        self._coming: deque[_Mark] = deque()
        """What was read of the record while a stream was open, and may come by it once more."""
        self._open = False
        self.released = False

    def seed(self, events: Iterable[RunEvent]) -> None:
        """Begin with what was kept by an earlier process."""
        for event in events:
            self.last_n = max(self.last_n, event["n"])
            self._events.append(kept_text(event))
            if event["id"] is not None:
                self._ids.add(hash(event["id"]))
            elif event["known"] and event["type"] != "gap":
                self._remember(_mark_of_kept(event), event["n"])

    def opening(self) -> None:
        """A stream is being opened: what the record tells before it is closed may come by it as well."""
        self._coming.clear()
        self._open = True

    def closed(self) -> None:
        """No stream is open; the next one begins after what is known by then."""
        self._coming.clear()
        self._open = False

    def release(self) -> None:
        """Forget all events: they are kept elsewhere, and no more will come. What is told again is nothing new."""
        self._events = self._heard = self._coming = _NOTHING
        self._ids.clear()
        del self._older[:]
        self.released = True

    def hear(self, news: RunNews, at: str, own_id: str | None = None) -> EventText | None:
        """An event of the stream; None where it was here before. `own_id`: what the stream numbered it with."""
        if self.released or (own_id is not None and hash(own_id) in self._ids):
            return None
        if self._coming and self._was_read(news):
            return None
        event = self._add(news, at, own_id)
        if own_id is None:
            self._remember(_mark_of(news), event.n)
        else:
            self._ids.add(hash(own_id))
        return event

    def merge(self, record: Iterable[RunNews], at: str, *, counts: bool = True) -> Merged:
        """The server's own list of events. `at` stands in where it names no time.

        `counts` False: token counts of the stream began again somewhere and say nothing about which event is which.
        """
        merged = Merged([], [])
        if self.released:
            return merged
        furthest = passed = 0
        for news in record:
            key = hash(news.id or f"{news.type}:{news.at}")
            if key in self._ids:
                continue
            mark = _mark_of(news)
            if passed < len(self._older) and (found := self._older_than(mark, passed)) is not None:
                passed = found
                self._ids.add(key)
                continue
            heard = self._find(mark, counts)
            if heard is not None:
                furthest = max(furthest, heard.n)
                self._ids.add(key)
                if (confirmed := self._confirm(heard.n, news)) is not None:
                    merged.confirmed.append(confirmed)
                continue
            self._ids.add(key)
            event = self._add(news, news.at or at, news.id)
            merged.new.append((event, news))
            if self._open:
                self._coming.append(mark)
        # What lies before a confirmed event and was not found is nothing that this server records.
        while self._heard and self._heard[0].n < furthest:
            self._heard.popleft()
        del self._older[: len(self._older) if furthest else passed]
        return merged

    def gap(self, at: str, text: str, raw: dict[str, Any]) -> EventText:
        """Note that something is missing here."""
        return self._add(_GAP._replace(message=text, raw=raw), at, None)

    def after(self, n: int, limit: int) -> list[RunEvent] | None:
        """Up to `limit` events after number `n`; None where the first of them is no longer in memory."""
        if n < self.last_n and (not self._events or self._events[0].n > n + 1):
            return None
        return [kept.event() for kept in islice((kept for kept in self._events if kept.n > n), limit)]

    @property
    def events(self) -> list[RunEvent]:
        """Those in memory."""
        return [kept.event() for kept in self._events]

    def _add(self, news: RunNews, at: str, event_id: str | None) -> EventText:
        self.last_n += 1
        event = text_of(self.last_n, event_id, at, news)
        self._events.append(event)
        return event

    def _remember(self, mark: _Mark, n: int) -> None:
        self._heard.append(_Heard(mark, n))
        if len(self._heard) > MOST_HEARD:
            self._older.append(hash(self._heard.popleft().mark))

    def _older_than(self, mark: _Mark, passed: int) -> int | None:
        """How many of the older ones lie before what comes after this event; None where it is none of them."""
        try:
            return self._older.index(hash(mark), passed) + 1
        except ValueError:
            return None

    def _find(self, mark: _Mark, counts: bool) -> _Heard | None:
        """The first heard event that this may be."""
        for place, heard in enumerate(self._heard):
            if place >= LOOK_AHEAD:
                return None
            if alike(heard.mark, mark, counts):
                del self._heard[place]
                return heard
        return None

    def _confirm(self, n: int, news: RunNews) -> EventText | None:
        place = n - self.last_n - 1 + len(self._events)
        if news.id is None or not 0 <= place < len(self._events) or self._events[place].n != n:
            return None
        event = self._events[place].with_id(news.id)
        self._events[place] = event
        return event

    def _was_read(self, news: RunNews) -> bool:
        """Whether the record that was read since this stream was opened had the event already."""
        mark = _mark_of(news)
        for place, read in enumerate(self._coming):
            if alike(read, mark, True):
                for _ in range(place + 1):
                    self._coming.popleft()
                return True
        # The stream begins before what was read ends: its first strange event is the first after it.
        self._coming.clear()
        return False


def alike(one: _Mark, other: _Mark, counts: bool) -> bool:
    """Whether two tellings can be of one event: equal in all that both tell."""
    if one.type != other.type or not _fits(one.node, other.node) or not _fits(one.iteration, other.iteration):
        return False
    if counts and not (_fits(one.tokens_out, other.tokens_out) and _fits(one.tokens_in, other.tokens_in)):
        return False
    return _fits(one.text, other.text) and _fits(one.status, other.status)


def _fits(one: object, other: object) -> bool:
    return one == other or one is None or other is None or one == "" or other == ""


_GAP = RunNews("gap", True, *(None,) * 13, {})


def _mark_of(news: RunNews) -> _Mark:
    text = news.text[:COMPARED]
    return _Mark(news.type, news.node, news.iteration, news.tokens_in, news.tokens_out, text, news.status)


def _mark_of_kept(event: Mapping[str, Any]) -> _Mark:
    return _Mark(**{**{name: event[name] for name in _Mark._fields}, "text": event["text"][:COMPARED]})
