"""What was parsed last time, so that a restart only stats. Never the truth: deleting the file costs only time."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import zlib
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path

from llm_service.core.observations import FileSeen
from llm_service.core.taskfile import READER_VERSION
from llm_service.core.tasks import FileStamp, FileState, Mark, Priority, Problem, TaskContent
from llm_service.sources.reader import Reading

log = logging.getLogger(__name__)


class ParseCache:
    """A table of path → stamp, digest and content in `file`; every failure means an empty cache, not an error."""

    def __init__(self, file: Path, max_bytes: int) -> None:
        self._file = file
        # The size limit is part of the version because it decides between a task and a problem.
        self._version = f"{READER_VERSION}/{max_bytes}"

    def load(self, below: str = "") -> dict[str, Reading]:
        """What is kept of the folder `below` ("" is everything), by path; empty where there is no cache, another
        version's, or a broken one.
        """
        if not self._file.exists():
            return {}
        try:
            with closing(self._connect()) as db:
                if db.execute("PRAGMA user_version").fetchone()[0] != self._number():
                    return {}
                # "0" follows "/": all paths that begin with the folder's name and a slash.
                where, bounds = (" WHERE path >= ? AND path < ?", (f"{below}/", f"{below}0")) if below else ("", ())
                rows = db.execute(f"SELECT path, stamp, digest, content FROM parsed{where}", bounds)  # noqa: S608
                return {row[0]: _reading(*row) for row in rows}
        except (OSError, sqlite3.Error, ValueError, TypeError, KeyError) as error:
            log.warning("parse cache %s cannot be used (%s); it is made anew", self._file, error)
            with suppress(OSError):
                self._file.unlink()
            return {}

    def save(self, readings: Iterable[Reading], gone: Iterable[str]) -> None:
        """Add or replace these readings and drop what is gone, in one transaction."""
        try:
            with closing(self._connect()) as db, db:
                if db.execute("PRAGMA user_version").fetchone()[0] != self._number():
                    db.execute("DROP TABLE IF EXISTS parsed")
                    db.execute(f"PRAGMA user_version = {self._number()}")
                db.execute(
                    "CREATE TABLE IF NOT EXISTS parsed (path TEXT PRIMARY KEY, stamp TEXT, digest BLOB, content TEXT)"
                )
                db.executemany("DELETE FROM parsed WHERE path = ?", ((path,) for path in gone if _is_text(path)))
                rows = (_row(reading) for reading in readings if _is_text(reading.seen.path))
                db.executemany("REPLACE INTO parsed VALUES (?, ?, ?, ?)", rows)
        except (OSError, sqlite3.Error) as error:
            log.warning(
                "parse cache %s cannot be written (%s); the next start reads the files again",
                self._file,
                error,
            )

    def _connect(self) -> sqlite3.Connection:
        # Made for its owner only, whatever the folder allows: titles of tasks are in it.
        os.close(os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        db = sqlite3.connect(self._file, timeout=1.0)
        # Losing the cache in a power cut costs one slow start; waiting for the disk would cost every save.
        db.execute("PRAGMA synchronous = OFF")
        return db

    def _number(self) -> int:
        return zlib.crc32(self._version.encode()) & 0x7FFFFFFF


def _is_text(path: str) -> bool:
    """Whether SQLite can hold the name: one that is no UTF-8 is a problem card anyway and is read each time."""
    return path.isascii() or not any("\ud800" <= char <= "\udfff" for char in path)


def _row(reading: Reading) -> tuple[str, str, bytes, str]:
    seen = reading.seen
    content: object
    if seen.content is not None:
        task = seen.content
        content = [
            *(task.id, task.title, task.agent, task.priority, task.status),
            *(task.created_at, task.assigned_at, task.started_at, task.completed_at),
            task.tags,
            [(mark.field, mark.text, mark.reason, mark.line) for mark in task.marks],
            *(task.status_line, task.agent_line),
        ]
    else:
        problem = seen.problem
        content = {"state": seen.state, "problem": problem and (problem.reason, problem.line, problem.char)}
    return seen.path, json.dumps(seen.stamp), reading.digest, json.dumps(content)


def _reading(path: str, stamp: str, digest: bytes, content: str) -> Reading:
    data = json.loads(content)
    mark = FileStamp(*json.loads(stamp))
    if isinstance(data, dict):
        problem = Problem(*data["problem"]) if data["problem"] else None
        return Reading(FileSeen(path, mark, None, FileState(data["state"]), problem), digest)
    task_id, title, agent, priority, status, created, assigned, started, completed, tags, marks, *lines = data
    task = TaskContent(
        task_id,
        title,
        agent,
        Priority(priority),
        status,
        created,
        assigned,
        started,
        completed,
        tuple(tags),
        tuple(Mark(*parts) for parts in marks),
        *lines,
    )
    return Reading(FileSeen(path, mark, task), digest)
