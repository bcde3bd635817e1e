"""Many logs to batches of invocations with the cursors that belong to them; the same in the server and its child."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from llm_service.core.invocations.usage import Invocation
from llm_service.sources.agentlogs import reading, stores
from llm_service.sources.agentlogs.cursors import Cursor, Stamp, key_of
from llm_service.sources.agentlogs.finding import LogFile, Root
from llm_service.sources.agentlogs.reading import Step
from llm_service.sources.agentlogs.tool import Tool

BATCH_ROWS = 250
"""So that nothing that is done with a batch holds the interpreter for more than a few milliseconds."""
BATCH_STEPS = 64
AHEAD_MS = 24 * 3600 * 1000
IN_FUTURE = "time in the future"

LONGEST_ERROR = 200
log = logging.getLogger(__name__)

Facts = dict[str, dict[str, Any]]
"""Per tool what its readers told each other, by key."""


class Job(NamedTuple):
    """A log to read, and how far it was."""

    file: LogFile
    cursor: Cursor | None


class Order(NamedTuple):
    """A job in words that another process understands."""

    tool: str
    root: str
    path: str
    stamp: Stamp
    cursor: Cursor | None

    @classmethod
    def of(cls, job: Job) -> Order:
        file = job.file
        return cls(file.root.tool.name, str(file.root.path), str(file.path), file.stamp, job.cursor)

    def job(self, tool: Tool) -> Job:
        path = Path(self.path)
        return Job(LogFile(Root(tool, Path(self.root)), path, key_of(path), self.stamp), self.cursor)


class Batch(NamedTuple):
    """Rows, and the cursors to write in the transaction that writes them."""

    rows: list[Invocation]
    cursors: list[Cursor]


def facts_of(cursors: Iterable[Cursor]) -> Facts:
    """What the readers of these logs told each other."""
    facts: Facts = {}
    for cursor in cursors:
        if cursor.facts:
            facts.setdefault(cursor.tool, {}).update(cursor.facts)
    return facts


def read_jobs(jobs: Iterable[Job], facts: Facts, now_ms: int) -> Iterator[Batch]:
    """Read all jobs, in their order; `facts` grows as they tell."""
    rows: list[Invocation] = []
    cursors: dict[str, Cursor] = {}
    steps = 0
    for job in jobs:
        for step in _steps(job, facts, now_ms):
            steps += 1
            rows += step.rows
            cursors[step.cursor.path] = step.cursor
            if len(rows) >= BATCH_ROWS or steps >= BATCH_STEPS:
                yield Batch(rows, list(cursors.values()))
                rows, cursors, steps = [], {}, 0
    if cursors:
        yield Batch(rows, list(cursors.values()))


def _steps(job: Job, facts: Facts, now_ms: int) -> Iterator[Step]:
    tool = job.file.root.tool
    known = facts.setdefault(tool.name, {})
    read = stores.poll if tool.store is not None else reading.read_on
    dropped = 0
    for step in _guarded(read(job.file, job.cursor, lambda key: known.get(key)), job):
        known.update(step.cursor.facts)
        rows = [row for row in step.rows if row.at_ms <= now_ms + AHEAD_MS]
        dropped += len(step.rows) - len(rows)
        cursor = step.cursor._replace(read_ms=now_ms)
        if dropped:
            cursor = cursor._replace(skipped=cursor.told({IN_FUTURE: dropped}))
        if rows or _differs(cursor, job.cursor):
            yield Step(rows, cursor)


def _guarded(steps: Iterator[Step], job: Job) -> Iterator[Step]:
    """The steps, and where a reader fails on what lies in its log, one that says so: the other logs are read."""
    here = job.cursor or Cursor(job.file.key, job.file.root.tool.name, job.file.stamp)
    try:
        for step in steps:
            here = step.cursor
            yield step
    except Exception as error:
        sentence = f"its reader failed: {error!r}"[:LONGEST_ERROR]
        if here.error != sentence:
            # It is tried again at every look through; once is enough for our own log.
            log.exception("the log %s cannot be read", job.file.path)
        yield Step([], here._replace(stamp=job.file.stamp, error=sentence))


def _differs(cursor: Cursor, before: Cursor | None) -> bool:
    return before is None or cursor != before._replace(read_ms=cursor.read_ms)
