"""How far each log was read, kept in table `log_files` by the same transaction as what was read there."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

MOST_REASONS = 40
OTHER_REASONS = "other reasons"

_COLUMNS = "path, tool, device, inode, size, offset, lines, messages, state, skipped, read_ms, gone"
_WRITE = f"INSERT OR REPLACE INTO log_files({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"  # noqa: S608 - our own names
_READ = f"SELECT {_COLUMNS} FROM log_files"  # noqa: S608


class Stamp(NamedTuple):
    """What `stat` says of a file that changes when its content does."""

    device: int
    inode: int
    size: int
    mtime_ns: int


class Cursor(NamedTuple):
    """Where the reading of one file (or store) stands.

    `offset` counts bytes of whole lines that were read, of the unpacked content where the file is compressed.
    `head` and `tail` are digests of the first and the last bytes before it: they tell a file that grew from one that
    was written anew. `passing` says that the line at `offset` is too long and its end is still to come.
    """

    path: str
    tool: str
    stamp: Stamp
    offset: int = 0
    lines: int = 0
    messages: int = 0
    fold: dict[str, Any] | None = None
    facts: Mapping[str, Any] = {}
    skipped: Mapping[str, int] = {}
    head: str = ""
    tail: str = ""
    passing: bool = False
    newest_ms: int = 0
    read_ms: int = 0
    gone: bool = False
    error: str = ""

    def told(self, skipped: Mapping[str, int]) -> Mapping[str, int]:
        """The counts of what was skipped, with these added."""
        if not skipped:
            return self.skipped
        total = dict(self.skipped)
        for reason, number in skipped.items():
            known = reason in total or len(total) < MOST_REASONS
            name = reason if known else OTHER_REASONS
            total[name] = total.get(name, 0) + number
        return total


def key_of(path: Path) -> str:
    """A path as the database can hold it: bytes that are no text become marks."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def stamp_of(status: os.stat_result) -> Stamp:
    """The stamp of a stat result. SQLite's integers are signed, inodes are not."""
    return Stamp(status.st_dev & 2**63 - 1, status.st_ino & 2**63 - 1, status.st_size, status.st_mtime_ns)


def load(connection: sqlite3.Connection) -> dict[str, Cursor]:
    """All cursors by path. One that cannot be understood is left out: its file is then read again, harmlessly."""
    found = {}
    for row in connection.execute(_READ):
        cursor = _cursor(tuple(row))
        if cursor is not None:
            found[cursor.path] = cursor
    return found


def write(connection: sqlite3.Connection, cursors: Iterable[Cursor]) -> None:
    """Keep these cursors, in whatever transaction is open."""
    connection.executemany(_WRITE, [_row(cursor) for cursor in cursors])


def _row(cursor: Cursor) -> tuple[Any, ...]:
    more = {
        "fold": cursor.fold,
        "facts": dict(cursor.facts),
        "mtime_ns": cursor.stamp.mtime_ns,
        "head": cursor.head,
        "tail": cursor.tail,
        "passing": cursor.passing,
        "newest_ms": cursor.newest_ms,
        "error": cursor.error,
    }
    stamp = cursor.stamp
    return (
        *(cursor.path, cursor.tool, stamp.device, stamp.inode, stamp.size, cursor.offset, cursor.lines),
        *(cursor.messages, json.dumps(more), json.dumps(dict(cursor.skipped)), cursor.read_ms, int(cursor.gone)),
    )


def _cursor(row: tuple[Any, ...]) -> Cursor | None:
    path, tool, device, inode, size, offset, lines, messages, state, skipped, read_ms, gone = row
    try:
        more = json.loads(state)
        return Cursor(
            *(path, tool, Stamp(device, inode, size, more["mtime_ns"]), offset, lines, messages),
            fold=more["fold"],
            facts=more["facts"],
            skipped=json.loads(skipped),
            head=more["head"],
            tail=more["tail"],
            passing=more["passing"],
            newest_ms=more["newest_ms"],
            read_ms=read_ms,
            gone=bool(gone),
            error=more["error"],
        )
    except (ValueError, TypeError, KeyError):
        return None
