"""Events that a server sends again after a reconnection, so that each is heard once."""

from __future__ import annotations

from collections import OrderedDict

from llm_service.core.sse import SseEvent

REMEMBERED = 10_000
"""Of the events of earlier connections, and of this one."""


class Repeats:
    """Knows again what a server repeats after a reconnection: an event that brings an id, and its whole content.

    Within one connection nothing is a repeat, whatever ids the server gives.
    """

    def __init__(self) -> None:
        self._before: OrderedDict[int, None] = OrderedDict()
        self._now: list[int] = []

    def connected(self) -> None:
        """A new connection begins."""
        for known in self._now:
            self._before[known] = None
        self._now = []
        while len(self._before) > REMEMBERED:
            self._before.popitem(last=False)

    def is_one(self, event: SseEvent) -> bool:
        if not event.own_id:
            return False
        known = hash(event)
        if known in self._before:
            return True
        self._now.append(known)
        if len(self._now) > REMEMBERED:
            del self._now[: REMEMBERED // 2]
        return False
