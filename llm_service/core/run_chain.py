"""The events of one run, numbered here, each once: heard on its stream, found in the server's record, or both.

Streams give their events no id, so an event that the record tells with one is looked for among those heard. Both
are in the run's order, so the search goes forward only; what is told by one side and not by the other fits anything.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from llm_service.core.bobspark.stream_events import RunNews
from llm_service.core.run_shapes import RunEvent

MOST_KEPT = 2_000
"""Events kept in memory; older ones are in the database."""
MOST_HEARD = 5_000
LOOK_AHEAD = 200
COMPARED = 200
"""Characters: servers cut their record of a text there."""


class _Heard(NamedTuple):
    """An event of a stream that the server's record has not confirmed yet."""

    news: RunNews
    n: int


class Merged(NamedTuple):
    """What a reading of the server's record brought: events that are new here, and known ones that got their id."""

    new: list[tuple[RunEvent, RunNews]]
    confirmed: list[RunEvent]


class Chain:
    """A run's events in the order of their numbers."""

    def __init__(self) -> None:
        self.last_n = 0
        self.events: deque[RunEvent] = deque(maxlen=MOST_KEPT)
        self._ids: dict[str, int] = {}
        self._heard: deque[_Heard] = deque(maxlen=MOST_HEARD)
        self._coming: deque[RunNews] = deque()
        """What was read of the record while a stream was open, and may come by it once more."""
        self._open = False
        self.released = False

    def seed(self, events: Iterable[RunEvent]) -> None:
        """Begin with what was kept by an earlier process."""
        for event in events:
            self.last_n = max(self.last_n, event["n"])
            self.events.append(event)
            if event["id"] is not None:
                self._ids[event["id"]] = event["n"]
            elif event["known"] and event["type"] != "gap":
                self._heard.append(_Heard(_news_of(event), event["n"]))

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
        for remembered in (self.events, self._ids, self._heard, self._coming):
            remembered.clear()
        self.released = True

    def hear(self, news: RunNews, at: str, own_id: str | None = None) -> RunEvent | None:
        """An event of the stream; None where it was here before. `own_id`: what the stream numbered it with."""
        if self.released or (own_id is not None and own_id in self._ids):
            return None
        if self._coming and self._was_read(news):
            return None
        event = self._add(news, at, own_id)
        if own_id is None:
            self._heard.append(_Heard(news, event["n"]))
        else:
            self._ids[own_id] = event["n"]
        return event

    def merge(self, record: Iterable[RunNews], at: str, *, counts: bool = True) -> Merged:
        """The server's own list of events. `at` stands in where it names no time.

        `counts` False: token counts of the stream began again somewhere and say nothing about which event is which.
        """
        merged = Merged([], [])
        if self.released:
            return merged
        furthest = 0
        for news in record:
            key = news.id or f"{news.type}:{news.at}"
            if key in self._ids:
                continue
            heard = self._find(news, counts)
            if heard is not None:
                furthest = max(furthest, heard.n)
                self._ids[key] = heard.n
                if (confirmed := self._confirm(heard.n, news)) is not None:
                    merged.confirmed.append(confirmed)
                continue
            event = self._add(news, news.at or at, news.id)
            self._ids[key] = event["n"]
            merged.new.append((event, news))
            if self._open:
                self._coming.append(news)
        # What lies before a confirmed event and was not found is nothing that this server records.
        while self._heard and self._heard[0].n < furthest:
            self._heard.popleft()
        return merged

    def gap(self, at: str, text: str, raw: dict[str, Any]) -> RunEvent:
        """Note that something is missing here."""
        return self._add(_GAP._replace(message=text, raw=raw), at, None)

    def after(self, n: int, limit: int) -> list[RunEvent] | None:
        """Up to `limit` events after number `n`; None where the first of them is no longer in memory."""
        if n < self.last_n and (not self.events or self.events[0]["n"] > n + 1):
            return None
        return [event for event in self.events if event["n"] > n][:limit]

    def _add(self, news: RunNews, at: str, event_id: str | None) -> RunEvent:
        self.last_n += 1
        event: RunEvent = {
            "n": self.last_n,
            "id": event_id,
            "at": at,
            "type": news.type,
            "known": news.known,
            "node": news.node,
            "agent": news.agent,
            "iteration": news.iteration,
            "tokens_in": news.tokens_in,
            "tokens_out": news.tokens_out,
            "text": news.text,
            "status": news.status,
            "next_node": news.next_node,
            "raw": news.raw,
        }
        self.events.append(event)
        return event

    def _find(self, news: RunNews, counts: bool) -> _Heard | None:
        """The first heard event that this may be."""
        for place, heard in enumerate(self._heard):
            if place >= LOOK_AHEAD:
                return None
            if alike(heard.news, news, counts):
                del self._heard[place]
                return heard
        return None

    def _confirm(self, n: int, news: RunNews) -> RunEvent | None:
        place = n - self.last_n - 1 + len(self.events)
        if news.id is None or not 0 <= place < len(self.events) or self.events[place]["n"] != n:
            return None
        event: RunEvent = {**self.events[place], "id": news.id}
        self.events[place] = event
        return event

    def _was_read(self, news: RunNews) -> bool:
        """Whether the record that was read since this stream was opened had the event already."""
        for place, read in enumerate(self._coming):
            if alike(read, news, True):
                for _ in range(place + 1):
                    self._coming.popleft()
                return True
        # The stream begins before what was read ends: its first strange event is the first after it.
        self._coming.clear()
        return False


def alike(one: RunNews, other: RunNews, counts: bool) -> bool:
    """Whether two tellings can be of one event: equal in all that both tell."""
    if one.type != other.type or not _fits(one.node, other.node) or not _fits(one.iteration, other.iteration):
        return False
    if counts and not (_fits(one.tokens_out, other.tokens_out) and _fits(one.tokens_in, other.tokens_in)):
        return False
    return _fits(one.text[:COMPARED], other.text[:COMPARED]) and _fits(one.status, other.status)


def _fits(one: object, other: object) -> bool:
    return one == other or one is None or other is None or one == "" or other == ""


_GAP = RunNews("gap", True, *(None,) * 13, {})


def _news_of(event: Mapping[str, Any]) -> RunNews:
    """A kept event as the news it was."""
    told = {name: event.get(name) for name in RunNews._fields if name in event}
    return RunNews(**{**dict.fromkeys(RunNews._fields), **told, "message": event["text"]})
