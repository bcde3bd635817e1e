"""Everything that waits, in one transaction: each item in a savepoint of its own, so that it fails alone."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from llm_service.core.invocations.usage import Invocation
from llm_service.core.zones import Zone
from llm_service.telemetry import faults, sums
from llm_service.telemetry.ingest import ACCEPTED, DUPLICATE, REPLACED, Kept, Pricing, ingest
from llm_service.telemetry.work_queue import Item
from llm_service.telemetry.writer_file import WriterFile

log = logging.getLogger(__name__)

SLICE = 4_000
"""Rows that are worked on at once: it bounds the memory of one large item."""


class Recorded(NamedTuple):
    """What became of the rows of one call. `refused` is filled by doors that refuse rows before they get here."""

    accepted: int = 0
    duplicate: int = 0
    replaced: int = 0
    refused: tuple = ()


class Result(NamedTuple):
    """What one item gave, or the error it failed with."""

    item: Item
    value: Any
    error: Exception | None = None


class GroupCommit:
    """Runs items on the writer's connection. Faults of the file are raised with nothing kept of the whole group."""

    def __init__(self, file: WriterFile, pricing: Pricing, now_ms: Callable[[], int]) -> None:
        self._file = file
        self._pricing = pricing
        self._now_ms = now_ms
        self._kept: list[Kept] = []

    def run(self, items: Sequence[Item], counts: dict[str, int]) -> tuple[list[Result], list[Kept]]:
        """Write `items` and add `counts` to the counters; return what each gave, and the rows that were kept."""
        self._prepare([row for item in items for row in item.rows or ()])
        self._kept = []
        with self._file.transaction() as connection:
            zone = sums.zone_of(connection)
            results = self._all(connection, items, zone)
            for name, more in counts.items():
                sums.count(connection, name, more)
            self._pricing.save(connection, self._now_ms())
        self._pricing.saved()
        return results, self._kept

    def _prepare(self, rows: Sequence[Invocation]) -> None:
        try:
            self._pricing.prepare(rows)
        except Exception:
            # Each row asks for its own price once more, and fails alone.
            log.exception("recorder: prices could not be prepared")

    def _all(self, connection: sqlite3.Connection, items: Sequence[Item], zone: Zone) -> list[Result]:
        """Rows of neighbours that do nothing else go together; where they fail, and for all others, one by one."""
        results: list[Result] = []
        together: list[Item] = []
        for item in items:
            if item.work is None:
                together.append(item)
                continue
            results += self._together(connection, together, zone)
            together = []
            results.append(self._alone(connection, item, zone))
        return results + self._together(connection, together, zone)

    def _together(self, connection: sqlite3.Connection, items: list[Item], zone: Zone) -> list[Result]:
        if len(items) > 1:
            rows = [row for item in items for row in item.rows or ()]
            outcomes = self._safely(connection, lambda: self._ingest(connection, rows, zone))
            if not isinstance(outcomes, Exception):
                results = []
                start = 0
                for item in items:
                    end = start + len(item.rows or ())
                    results.append(Result(item, _recorded(outcomes[start:end])))
                    start = end
                return results
        return [self._alone(connection, item, zone) for item in items]

    def _alone(self, connection: sqlite3.Connection, item: Item, zone: Zone) -> Result:
        def both() -> Any:
            recorded = None if item.rows is None else _recorded(self._ingest(connection, item.rows, zone))
            given = item.work(connection) if item.work else None
            return given if recorded is None else recorded

        value = self._safely(connection, both)
        return Result(item, None, value) if isinstance(value, Exception) else Result(item, value)

    def _ingest(self, connection: sqlite3.Connection, rows: Sequence[Invocation], zone: Zone) -> bytes:
        outcomes = b""
        for start in range(0, len(rows), SLICE):
            done = ingest(connection, rows[start : start + SLICE], self._pricing, zone)
            self._kept += done.kept
            outcomes += done.outcomes
        return outcomes

    def _safely(self, connection: sqlite3.Connection, work: Callable[[], Any]) -> Any:
        """What `work` returns, or the exception it raised with all that it wrote undone. Faults of the file go on."""
        kept = len(self._kept)
        connection.execute("SAVEPOINT item")
        try:
            value = work()
        except Exception as error:
            if faults.is_damage(error) or faults.passing(error) or not connection.in_transaction:
                raise
            connection.execute("ROLLBACK TO item")
            connection.execute("RELEASE item")
            del self._kept[kept:]
            return error
        connection.execute("RELEASE item")
        return value


def _recorded(outcomes: bytes) -> Recorded:
    return Recorded(outcomes.count(ACCEPTED), outcomes.count(DUPLICATE), outcomes.count(REPLACED))
