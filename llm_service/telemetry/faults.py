"""What an error of SQLite means: the file is damaged, it cannot be written now, or the statement was wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from llm_service.errors import TelemetryUnavailable

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_FOR_NOW = {
    sqlite3.SQLITE_BUSY: "another program holds the telemetry database",
    sqlite3.SQLITE_LOCKED: "another program holds the telemetry database",
    sqlite3.SQLITE_FULL: "there is no space left for the telemetry database",
    sqlite3.SQLITE_IOERR: "the telemetry database cannot be written or read",
    sqlite3.SQLITE_NOMEM: "there is not enough memory for the telemetry database",
    sqlite3.SQLITE_READONLY: "the telemetry database is read-only",
    sqlite3.SQLITE_CANTOPEN: "the telemetry database cannot be opened",
    sqlite3.SQLITE_PERM: "the telemetry database may not be opened",
    sqlite3.SQLITE_AUTH: "the telemetry database may not be opened",
    sqlite3.SQLITE_PROTOCOL: "another program holds the telemetry database",
}
"""Faults of the file or its surroundings that may pass, as the beginning of a sentence."""


def _code(error: BaseException) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def is_damage(error: BaseException) -> bool:
    """Whether SQLite found the file to be no database or a broken one."""
    return _code(error) in _DAMAGED


def passing(error: BaseException) -> str | None:
    """What keeps the database from being used now, if it is something that may pass; None for every other error."""
    if isinstance(error, TelemetryUnavailable):
        return str(error)
    return _FOR_NOW.get(_code(error)) if isinstance(error, sqlite3.Error) else None


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what the file's state is to blame for into `TelemetryUnavailable`; wrong statements stay what they are."""
    try:
        yield
    except sqlite3.Error as error:
        if is_damage(error):
            raise TelemetryUnavailable(f"{path} is damaged ({error}); a restart begins a new one") from error
        if sentence := passing(error):
            raise TelemetryUnavailable(f"{sentence} ({path}: {error})") from error
        raise
