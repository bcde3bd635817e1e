"""The database of a folder for a command that only looks: nothing is made, migrated or locked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from llm_service.errors import TelemetryUnavailable


class ReadOnly:
    """`reading` as of `database.Database`; where there is no file yet, an empty database answers."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for the calling thread. Raises `TelemetryUnavailable` where the file cannot be read."""
        try:
            with closing(self._connect()) as connection:
                yield connection
        except sqlite3.Error as error:
            raise TelemetryUnavailable(
                f"{self._path} cannot be read ({error}); start the dashboard, which mends what it can"
            ) from error

    def _connect(self) -> sqlite3.Connection:
        if self._path.exists():
            return sqlite3.connect(f"file:{quote(str(self._path))}?mode=ro", uri=True, timeout=5.0)
        from llm_service.telemetry.migrations import STEPS

        connection = sqlite3.connect(":memory:")
        for step in STEPS:
            step(connection)
        return connection
