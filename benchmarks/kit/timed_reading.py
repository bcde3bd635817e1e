"""Reading connections that time each statement, from asking to the last row fetched."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_VALUES = re.compile(r"\?(, \?)+")


class Statements:
    """What each statement took, in ms; `calling` names the question that is asked at the moment.

    The same text about another dimension is another statement.
    """

    def __init__(self) -> None:
        self.took_ms: dict[tuple[str, str], list[float]] = {}
        self.calling = ""

    def add(self, statement: str, values: Any, took_ms: float) -> None:
        if not statement.startswith("BEGIN"):
            about = " ".join(value for value in values if isinstance(value, str))
            key = (self.calling, f"{_VALUES.sub('?…', ' '.join(statement.split()))} [{about}]")
            self.took_ms.setdefault(key, []).append(took_ms)


class TimedSource:
    """A database whose `reading` times; everything else is the wrapped one's."""

    def __init__(self, database: Any, statements: Statements) -> None:
        self._database = database
        self._statements = statements

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    @contextmanager
    def reading(self) -> Iterator[Any]:
        with self._database.reading() as connection:
            yield _Timed(connection, self._statements)


class _Timed:
    def __init__(self, connection: sqlite3.Connection, statements: Statements) -> None:
        self._connection = connection
        self._statements = statements

    def execute(self, statement: str, values: Any = ()) -> _Rows:
        began_ns = time.monotonic_ns()
        rows = self._connection.execute(statement, values).fetchall()
        self._statements.add(statement, values, (time.monotonic_ns() - began_ns) / 1e6)
        return _Rows(rows)


class _Rows:
    """Fetched rows with a cursor's face."""

    def __init__(self, rows: list[Any]) -> None:
        self._rows = iter(rows)

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def __iter__(self) -> Iterator[Any]:
        return self._rows
