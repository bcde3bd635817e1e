"""What waits for the writer: bounded in rows and bytes, so that a database that cannot be written costs no memory."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from llm_service.core.invocations.usage import Invocation

Work = Callable[[sqlite3.Connection], Any]

MAX_ROWS = 20_000
MAX_BYTES = 32 * 1024 * 1024
_ROW_BYTES = 900
"""What a row takes in memory with its texts, about; a long `error` or id comes on top."""


@dataclass(slots=True)
class Item:
    """Rows, or work (then `rows` is None), or both: one savepoint.

    `answer` is told after the commit; None where nobody waits. `weight` is what it counts as in rows.
    """

    rows: Sequence[Invocation] | None
    work: Work | None = None
    answer: Future[Any] | None = None
    weight: int = field(init=False)
    size: int = field(init=False)

    def __post_init__(self) -> None:
        rows = self.rows or ()
        self.weight = max(1, len(rows))
        self.size = _ROW_BYTES * self.weight + sum(len(row.invocation_id) + len(row.error or "") for row in rows)


class WorkQueue:
    """Items in order. What `take` handed out counts as waiting until it is `done`."""

    def __init__(self, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES) -> None:
        self._max_rows = max_rows
        self._max_bytes = max_bytes
        self._items: deque[Item] = deque()
        self._rows = 0
        self._bytes = 0
        self._closed = False
        self._changed = threading.Condition()

    @property
    def rows(self) -> int:
        """Rows that wait or are being written; work counts as one."""
        return self._rows

    @property
    def empty(self) -> bool:
        return not self._items

    @property
    def closed(self) -> bool:
        return self._closed

    def put(self, item: Item, wait_s: float = 0.0) -> bool:
        """Add an item, waiting for room for at most `wait_s`; False where there was none or the queue is closed.

        An item that is larger than the queue is let in when nothing else waits.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._closed or self._has_room(item), wait_s):
                return False
            if self._closed:
                return False
            self._items.append(item)
            self._rows += item.weight
            self._bytes += item.size
            self._changed.notify_all()
        return True

    def take(self, wait_s: float) -> list[Item]:
        """All items that wait; none when none came within `wait_s` or the queue was closed."""
        with self._changed:
            if not self._items and not self._closed and wait_s > 0:
                self._changed.wait(wait_s)
            taken = list(self._items)
            self._items.clear()
            return taken

    def take_waited_for(self) -> list[Item]:
        """Only the items that somebody waits for; the others stay."""
        with self._changed:
            taken = [item for item in self._items if item.answer is not None]
            self._items = deque(item for item in self._items if item.answer is None)
            return taken

    def give_back(self, items: Sequence[Item]) -> None:
        """Let items wait again, before all others."""
        with self._changed:
            self._items.extendleft(reversed(items))

    def done(self, items: Sequence[Item]) -> None:
        """These no longer wait."""
        with self._changed:
            self._rows -= sum(item.weight for item in items)
            self._bytes -= sum(item.size for item in items)
            self._changed.notify_all()

    def close(self) -> None:
        """Take nothing more in; what waits can still be taken out."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def settle(self, wait_s: float) -> None:
        """Wait, with items or without, until the time is over or the queue is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed, wait_s)

    def _has_room(self, item: Item) -> bool:
        if not self._rows:
            return True
        return self._rows + item.weight <= self._max_rows and self._bytes + item.size <= self._max_bytes
