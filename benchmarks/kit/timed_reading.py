"""Reading connections that time each statement, from asking to the last row fetched."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
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
        cursor = self._connection.execute(statement, values)
        asked_ms = (time.monotonic_ns() - began_ns) / 1e6
        return _Rows(cursor, lambda took_ms: self._statements.add(statement, values, asked_ms + took_ms))


class _Rows:
    """A cursor that tells how long fetching took, once."""

    def __init__(self, cursor: sqlite3.Cursor, told: Callable[[float], None]) -> None:
        self._cursor = cursor
        self._told = told
        self.row_factory = cursor.row_factory

    def fetchone(self) -> Any:
        return next(self._fetched(), None)

    def fetchall(self) -> list[Any]:
        return list(self._fetched())

    def __iter__(self) -> Iterator[Any]:
        return self._fetched()

    def _fetched(self) -> Iterator[Any]:
        self._cursor.row_factory = self.row_factory
        began_ns = time.monotonic_ns()
        rows = self._cursor.fetchall()
        self._told((time.monotonic_ns() - began_ns) / 1e6)
        return iter(rows)
