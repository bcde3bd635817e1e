"""How many rows were refused, by the field that was wrong: kept, so that bad rows are seen later too."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from sqlite3 import Connection
from typing import Any, Protocol

from llm_service.core.invocations.rows import FIELDS
from llm_service.telemetry import sums

PREFIX = "refused."
WHOLE = "row"
"""Stands for what was no object, or had a field that no row has."""


class Posting(Protocol):
    """The writer."""

    def post(self, work: Callable[[Connection], Any]) -> bool: ...


class Refusals:
    """Counts on any thread; writing waits for nobody."""

    def __init__(self, recorder: Posting) -> None:
        self._recorder = recorder
        self._lock = threading.Lock()
        self._since_start: Counter[str] = Counter()

    def count(self, reasons: Iterable[str]) -> None:
        """Count the rows that were refused for these reasons."""
        found = Counter(field_of(reason) for reason in reasons)
        if not found:
            return
        with self._lock:
            self._since_start += found

        def write(connection: Connection) -> None:
            for field, number in found.items():
                sums.count(connection, PREFIX + field, number)

        self._recorder.post(write)

    def since_start(self) -> dict[str, int]:
        """Counts by field since this process began; that of whole rows is always among them."""
        with self._lock:
            return dict(sorted({WHOLE: 0, **self._since_start}.items()))


def field_of(reason: str) -> str:
    """The field that a reason is about: its first word, where that is one."""
    word = reason.partition(" ")[0]
    return word if word in FIELDS else WHOLE


def kept(connection: Connection) -> dict[str, int]:
    """Counts by field since the database began."""
    rows = connection.execute("SELECT name, value FROM counters WHERE name LIKE 'refused.%' ORDER BY name")
    return {name.removeprefix(PREFIX): value for name, value in rows.fetchall()}
