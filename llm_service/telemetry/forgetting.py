"""What every chore that deletes old rows has: a few at a time, and a clock that is not believed blindly."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable

from llm_service.core.zones import DAY_MS
from llm_service.telemetry.writer_file import WriterFile

_SOON_S = 0.05
_LATER_S = 3600.0


class Forgetting(ABC):
    """A chore. Whoever inherits deletes a few rows in `_forget`, and says whether there may be more."""

    condition = None
    newest: str
    """Asks for the time of the newest row, in ms."""

    def __init__(self, file: WriterFile, now_ms: Callable[[], int], keep_days: int) -> None:
        self._file = file
        self._now_ms = now_ms
        self._keep_days = keep_days

    def step(self) -> float:
        """Delete a few; the seconds until the next step, few where there are more."""
        with self._file.transaction() as connection:
            return _SOON_S if self._forget(connection, self._trusted_now_ms(connection)) else _LATER_S

    @abstractmethod
    def _forget(self, connection: sqlite3.Connection, now_ms: int) -> bool: ...

    def _trusted_now_ms(self, connection: sqlite3.Connection) -> int:
        """Now, but not more than a day after the newest row: a clock that is years ahead must not delete everything."""
        newest = connection.execute(self.newest).fetchone()[0]
        now_ms = self._now_ms()
        return now_ms if newest is None else max(DAY_MS, min(now_ms, newest + DAY_MS))
