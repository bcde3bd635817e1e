"""One numbered stream of events a topic, with a ring buffer from which a client that was away is brought up to date."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

MAX_EVENTS = 1_000
MAX_WEIGHT = 5_000
"""Changes kept over all events: one storm's `board.changed` can be as large as a thousand single events."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """An event with its place in its topic's stream; ``payload`` is the whole JSON dict as sent."""

    name: str
    topic: str
    seq: int
    payload: dict[str, object]


class Stream:
    """Numbers the events of one topic: one counter, so nobody sees a false gap."""

    def __init__(self, topic: str, epoch: str) -> None:
        self.topic = topic
        self.epoch = epoch
        self.seq = 0
        self._ring: deque[tuple[Numbered, int]] = deque()
        self._weight = 0

    def add(self, name: str, body: Mapping[str, object], at: str, weight: int = 1) -> Numbered:
        """Give the next number to an event; `weight` is how many changes it carries."""
        self.seq += 1
        numbered = self.stamp(name, body, at)
        self._ring.append((numbered, weight))
        self._weight += weight
        # An event too heavy to be kept leaves an empty ring: who missed it needs a snapshot, which is lighter.
        while len(self._ring) > MAX_EVENTS or self._weight > MAX_WEIGHT:
            self._weight -= self._ring.popleft()[1]
        return numbered

    def restart(self, name: str, body: Mapping[str, object], at: str) -> Numbered:
        """Give the next number to a snapshot for everybody: nothing before it can be replayed any more."""
        self.seq += 1
        self._ring.clear()
        self._weight = 0
        return self.stamp(name, body, at)

    def stamp(self, name: str, body: Mapping[str, object], at: str) -> Numbered:
        """`body` as a point of the stream without a number of its own: a snapshot for one client."""
        head = {"epoch": self.epoch, "topic": self.topic, "seq": self.seq, "at": at}
        return Numbered(name, self.topic, self.seq, {**head, **body})

    def since(self, epoch: str | None, seq: int | None) -> list[Numbered] | None:
        """The events after `seq`, or None where they are not all kept and only a snapshot helps."""
        if epoch != self.epoch or seq is None or seq > self.seq:
            return None
        if seq == self.seq:
            return []
        if not self._ring or self._ring[0][0].seq > seq + 1:
            return None
        return [numbered for numbered, _ in self._ring if numbered.seq > seq]
