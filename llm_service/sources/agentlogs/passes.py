"""One look at the logs: what changed since the last one is read and recorded, cursor and rows together."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from llm_service.core.invocations.usage import Invocation
from llm_service.sources.agentlogs import cursors, finding
from llm_service.sources.agentlogs.cursors import Cursor, key_of
from llm_service.sources.agentlogs.finding import LogFile, Root
from llm_service.sources.agentlogs.jobs import Batch, Facts, Job, facts_of, read_jobs
from llm_service.sources.agentlogs.tool import Tool
from llm_service.sources.agentlogs.turn import Turn

SMALL_BYTES = 256 * 1024
"""What is read on the calling thread in one look; more is handed to `read_many`."""
RECORD_S = 30.0


Also = Callable[[sqlite3.Connection], Any]


class Keeper(Protocol):
    """The recorder, as far as this needs it: rows and what `also` writes are kept in one transaction."""

    def record(self, rows: Sequence[Invocation], *, also: Also | None = ..., timeout_s: float = ...) -> Any: ...


Reading = Callable[[], AbstractContextManager[sqlite3.Connection]]
ReadMany = Callable[[Sequence[Job], Facts, int], Iterator[Batch]]


class Place(NamedTuple):
    """Where the logs lie on this machine."""

    tools: Sequence[Tool]
    home: Path
    environ: Mapping[str, str]


class Snapshot(NamedTuple):
    """Cursors and files by key, and the roots that cannot be listed with the reason."""

    cursors: dict[str, Cursor]
    files: dict[str, LogFile]
    troubles: dict[Path, str]


class Passes:
    """Looks at logs one at a time and remembers how far each was read. Not safe between threads but for `snapshot`."""

    def __init__(
        self,
        place: Place,
        reading: Reading,
        keeper: Keeper,
        turn: Turn,
        now_ms: Callable[[], int],
        read_many: ReadMany = read_jobs,
    ) -> None:
        self._place = place
        self._reading = reading
        self._keeper = keeper
        self._turn = turn
        self._now_ms = now_ms
        self._read_many = read_many
        self._known: dict[str, Cursor] = {}
        self._files: dict[str, LogFile] = {}
        self._troubles: dict[Path, str] = {}

    def roots(self) -> list[Root]:
        return finding.roots_of(self._place.tools, self._place.home, self._place.environ)

    def look_through(self, wait_s: float = 0.0) -> None:
        """Find every log and read what is new. Raises `Busy`, and what the keeper raises; then call it again."""
        with self._turn.taken(wait_s) as foreign:
            self._refresh(foreign, checked=True)
            files = self._all_files()
            gone = self._missing(files)
            self._files = files
            self._read(files.values(), gone)

    def look_at(self, paths: Iterable[Path]) -> None:
        """Read what is new in these files and below these folders. Raises as `look_through`."""
        with self._turn.taken() as foreign:
            self._refresh(foreign, checked=False)
            files: dict[str, LogFile] = {}
            roots = self.roots()
            for path in paths:
                for root in roots:
                    if root.path in path.parents:
                        files.update((file.key, file) for file in self._near(root, path))
            self._files = {**self._files, **files} if files.keys() - self._files.keys() else self._files
            self._read(files.values(), [])

    def look_only(self) -> None:
        """Learn what other processes read and which files there are, without reading any."""
        self._refresh(foreign=True, checked=False)
        self._files = self._all_files()

    def snapshot(self) -> Snapshot:
        """What is known at this moment; from any thread."""
        return Snapshot(dict(self._known), self._files, dict(self._troubles))

    def _all_files(self) -> dict[str, LogFile]:
        return {file.key: file for root in self.roots() for file in self._list(root)}

    def _refresh(self, foreign: bool, checked: bool) -> None:
        """Learn the cursors from the database where another process wrote there, or the database is a new one."""
        if not foreign and checked:
            with self._reading() as connection:
                foreign = connection.execute("SELECT count(*) FROM log_files").fetchone()[0] != len(self._known)
        if foreign:
            with self._reading() as connection:
                self._known = cursors.load(connection)

    def _list(self, root: Root) -> list[LogFile]:
        self._troubles.pop(root.path, None)
        try:
            return finding.files_of(root)
        except FileNotFoundError:
            return []
        except OSError as error:
            self._troubles[root.path] = f"cannot be listed: {error.strerror or error}"
            return [file for file in self._files.values() if file.root == root]

    def _near(self, root: Root, path: Path) -> Iterator[LogFile]:
        """The logs that a change at `path` may concern."""
        if root.tool.store is not None:
            known = [file.path for file in self._files.values() if file.root == root]
            paths = {*known, *([path] if root.tool.wanted(path, root.path) else [])}
        elif path.is_dir():
            paths = {inner for inner in finding.walk(path) if root.tool.wanted(inner, root.path)}
        else:
            paths = {path} if root.tool.wanted(path, root.path) else set()
        for wanted in sorted(paths):
            if file := finding.look_at(root, wanted):
                yield file

    def _missing(self, files: Mapping[str, LogFile]) -> list[Cursor]:
        """Cursors of logs that are gone: their figures stay, and their cursors, in case the files come back."""
        prefixes = tuple(f"{key_of(root.path)}/" for root in self.roots() if root.path not in self._troubles)
        return [
            cursor._replace(gone=True)
            for key, cursor in self._known.items()
            if not cursor.gone and key not in files and key.startswith(prefixes)
        ]

    def _read(self, files: Iterable[LogFile], gone: list[Cursor]) -> None:
        if gone:
            self._keep(Batch([], gone))
        jobs = [Job(file, self._known.get(file.key)) for file in files]
        jobs = [job for job in jobs if _is_new(job)]
        here, many = _split(jobs)
        facts = facts_of(self._known.values()) if jobs else {}
        for batch in read_jobs(here, facts, self._now_ms()):
            self._keep(batch)
        if many:
            for batch in self._read_many(many, facts, self._now_ms()):
                self._keep(batch)

    def _keep(self, batch: Batch) -> None:
        def also(connection: sqlite3.Connection) -> None:
            cursors.write(connection, batch.cursors)

        self._keeper.record(batch.rows, also=also, timeout_s=RECORD_S)
        # Only now: where the rows were not kept, the files are read again from where they were.
        self._known.update((cursor.path, cursor) for cursor in batch.cursors)


def _is_new(job: Job) -> bool:
    cursor = job.cursor
    return cursor is None or cursor.gone or bool(cursor.error) or cursor.stamp != job.file.stamp


def _split(jobs: Sequence[Job]) -> tuple[list[Job], list[Job]]:
    """Those that are read at once, a few small tails, and those that are handed on."""
    here: list[Job] = []
    left = SMALL_BYTES
    for place, job in enumerate(jobs):
        left -= _unread_bytes(job)
        if left < 0:
            return here, list(jobs[place:])
        here.append(job)
    return here, []


def _unread_bytes(job: Job) -> int:
    size = job.file.stamp.size
    if job.cursor is None or job.cursor.offset > size:
        return size
    if job.file.root.tool.store is not None:
        # How much of a store is new cannot be told from its size.
        return 0
    return size - job.cursor.offset
