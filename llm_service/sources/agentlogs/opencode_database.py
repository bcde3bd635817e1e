"""OpenCode's SQLite database, read where it lies: never written, never copied, no lock held for longer than a look."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from llm_service.core.agentlogs.opencode import Session, document_of
from llm_service.core.agentlogs.opencode_tokens import Kept

BUSY_S = 1.0
TABLES = {Kept.MESSAGE: "message", Kept.SESSION_MESSAGE: "session_message"}
_USERS = '{"role":"user"%'
"""What a person wrote may hold whole files; it is not even brought into memory."""


class ChangedWhileReadError(OSError):
    """A database nobody had open was opened by its owner in the middle of our reading."""


class Row(NamedTuple):
    """One row of a table of messages. `data` is None for what a person wrote."""

    rowid: int
    id: str
    session: str
    created: object
    seq: int | None
    kind: str | None
    data: object


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    """The database for a few quick queries. Raises OSError, sqlite3.Error.

    O7: rows may be in the -wal alone, which a connection with mode=ro reads where both lie. Without a -wal nobody has
    the database open, and mode=ro would make one, so then it is read as a file that does not change.
    """
    quiet = not any(path.with_name(path.name + ending).exists() for ending in ("-wal", "-journal"))
    before = path.stat()
    mode = "immutable=1" if quiet else "mode=ro"
    with closing(sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True, timeout=BUSY_S)) as connection:
        connection.execute("PRAGMA query_only=1")
        yield Database(connection)
    after = path.stat()
    if quiet and (_wal(path).exists() or (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size)):
        raise ChangedWhileReadError("the database was opened while it was read; it is read again")


def stamp(path: Path) -> tuple[int, ...] | None:
    """Sizes and times of the database and its -wal; None where there is none."""
    try:
        here = path.stat()
    except FileNotFoundError:
        return None
    try:
        wal = _wal(path).stat()
    except FileNotFoundError:
        return here.st_size, here.st_mtime_ns, 0, 0
    return here.st_size + wal.st_size, here.st_mtime_ns, wal.st_size, wal.st_mtime_ns


class Database:
    """Queries for what is needed of any version's schema."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._connection.row_factory = sqlite3.Row
        # O15: one text that is no UTF-8 would otherwise end the whole query.
        self._connection.text_factory = lambda data: data.decode("utf-8", "replace")
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        self.tables = [kept for kept, name in TABLES.items() if name in names]
        self._has_parts = "part" in names
        # O8: 2.x keeps its sessions in a table of their own, the older ones stay in the other.
        self.session_tables = [name for name in ("session_v2", "session") if name in names]
        self._sessions: dict[str, dict[str, Any]] = {}

    def rows_after(self, kept: Kept, rowid: int, most: int) -> list[Row]:
        """The next rows in the order they were put in."""
        return self._rows(kept, "rowid > ? ORDER BY rowid LIMIT ?", (rowid, most))

    def rows_named(self, kept: Kept, identifiers: Sequence[str]) -> list[Row]:
        """The rows with these ids that are still there."""
        return [row for one in identifiers for row in self._rows(kept, "id = ?", (one,))]

    def rows_made_at(self, kept: Kept, moments: Sequence[int]) -> list[Row]:
        """All rows made in one of these milliseconds. Looks through the whole table."""
        return self._rows(kept, f"time_created IN ({','.join('?' * len(moments))})", tuple(moments))

    def id_at(self, kept: Kept, rowid: int) -> str | None:
        """The id of the row with this number."""
        found = self._connection.execute(f"SELECT id FROM {TABLES[kept]} WHERE rowid = ?", (rowid,)).fetchone()  # noqa: S608
        return found[0] if found else None

    def has(self, kept: Kept, identifier: str) -> bool:
        """Whether this table holds a row with this id."""
        query = f"SELECT 1 FROM {TABLES[kept]} WHERE id = ?"  # noqa: S608 - our own names
        return self._connection.execute(query, (identifier,)).fetchone() is not None

    def steps(self, message: str) -> list[dict[str, Any]]:
        """The ends of the steps of a message, which say what each used."""
        if not self._has_parts:
            return []
        query = "SELECT data FROM part WHERE message_id = ? AND instr(data, '\"step-finish\"') ORDER BY id"
        documents = [document_of(row[0]) for row in self._connection.execute(query, (message,))]
        return [document for document in documents if document and document.get("type") == "step-finish"]

    def columns(self, session: str) -> dict[str, Any]:
        """The row of a session, {} where it has none."""
        if session not in self._sessions:
            self._sessions[session] = next(self._sessions_where("id = ?", (session,)), {})
        return self._sessions[session]

    def session(self, identifier: str) -> Session:
        """What is known of a session."""
        columns = self.columns(identifier)
        return Session(identifier, columns.get("version"), columns.get("directory"))

    def sessions_with_tokens(self, since: int) -> Iterator[dict[str, Any]]:
        """Sessions changed at or after `since` whose own columns say that they used tokens; none before 1.15."""
        used = "tokens_input + tokens_output + tokens_cache_read > 0"
        return self._sessions_where(f"{used} AND time_updated >= ?", (since,))

    def twin_sessions(self, session: dict[str, Any]) -> list[str]:
        """Other sessions with the very same sums."""
        names = ("tokens_input", "tokens_output", "tokens_reasoning", "tokens_cache_read", "tokens_cache_write", "cost")
        where = " AND ".join(f"{name} IS ?" for name in names) + " AND id != ?"
        values = (*(session.get(name) for name in names), session["id"])
        return [other["id"] for other in self._sessions_where(where, values)]

    def answers_in(self, session: str) -> Iterator[tuple[Kept, Row]]:
        """All rows of a session that people did not write."""
        for kept in self.tables:
            for row in self._rows(kept, "session_id = ?", (session,)):
                if row.data is not None:
                    yield kept, row

    def boundary(self, session: str) -> int | None:
        """O9: up to which `seq` the rows of a forked session of 2.x are copies; None where it is no such fork."""
        columns = self.columns(session)
        boundary = columns.get("fork_boundary")
        if not columns.get("fork_session_id") or boundary is None or Kept.SESSION_MESSAGE not in self.tables:
            return None
        if isinstance(boundary, int) or str(boundary).isdecimal():
            return int(boundary)
        query = "SELECT max(seq) FROM session_message WHERE id = ?"
        found = self._connection.execute(query, (boundary,)).fetchone()
        return found[0] if found and isinstance(found[0], int) else None

    def _rows(self, kept: Kept, where: str, values: tuple[Any, ...]) -> list[Row]:
        newer = kept is Kept.SESSION_MESSAGE
        more = "seq, type" if newer else "NULL, NULL"
        answers = "CASE WHEN type = 'user' THEN NULL ELSE data END" if newer else _ANSWERS
        names = f"rowid, id, session_id, time_created, {more}, {answers}"
        query = f"SELECT {names} FROM {TABLES[kept]} WHERE {where}"  # noqa: S608 - our own names
        return [_row(*row) for row in self._connection.execute(query, values)]

    def _sessions_where(self, where: str, values: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
        for table in self.session_tables:
            known = {row[1] for row in self._connection.execute(f"PRAGMA table_info({table})")}
            if "tokens_" in where and "tokens_input" not in known:
                continue
            names = ", ".join(sorted(known & _SESSION_COLUMNS))
            query = f"SELECT {names} FROM {table} WHERE {where}"  # noqa: S608 - our own names
            for row in self._connection.execute(query, values):
                yield dict(row)


_ANSWERS = f"CASE WHEN substr(data, 1, 14) LIKE '{_USERS}' THEN NULL ELSE data END"
_SESSION_COLUMNS = frozenset(
    (
        "id",
        "version",
        "directory",
        "cost",
        "tokens_input",
        "tokens_output",
        "tokens_reasoning",
        "tokens_cache_read",
        "tokens_cache_write",
        "agent",
        "model",
        "time_created",
        "time_updated",
        "fork_session_id",
        "fork_boundary",
    )
)


def _row(rowid: int, identifier: object, session: object, created: object, seq: object, *rest: Any) -> Row:
    """SQLite keeps any kind of value in any column."""
    return Row(rowid, str(identifier), str(session), created, seq if isinstance(seq, int) else None, *rest)


def _wal(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")
