"""Everything that waits, in one transaction: each item in a savepoint of its own, so that it fails alone."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from llm_service.core.usage import Invocation
from llm_service.core.zones import Zone
from llm_service.telemetry import faults, sums
from llm_service.telemetry.ingest import ACCEPTED, DUPLICATE, REPLACED, Kept, Pricing, ingest
from llm_service.telemetry.work_queue import Item

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

    def __init__(self, connection: sqlite3.Connection, pricing: Pricing, now_ms: Callable[[], int]) -> None:
        self._connection = connection
        self._pricing = pricing
        self._now_ms = now_ms
        self._zones: dict[str, Zone] = {}
        self._kept: list[Kept] = []

    def run(self, items: Sequence[Item], counts: dict[str, int]) -> tuple[list[Result], list[Kept]]:
        """Write `items` and add `counts` to the counters; return what each gave, and the rows that were kept."""
        self._pricing.prepare([row for item in items for row in item.rows])
        self._kept = []
        with_rows = [item for item in items if item.rows]
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            zone = self._zone() if with_rows else None
            results = self._all(items, zone)
            for name, more in counts.items():
                sums.count(self._connection, name, more)
            self._pricing.save(self._connection, self._now_ms())
            self._connection.execute("COMMIT")
        except BaseException:
            # Some faults (no space left) make SQLite roll back by itself.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._pricing.saved()
        return results, self._kept

    def _zone(self) -> Zone:
        """The zone that the sums are kept in, as the database says: another program may have changed it."""
        name = sums.fact(self._connection, "zone") or "UTC"
        return self._zones.setdefault(name, Zone(name)) if name not in self._zones else self._zones[name]

    def _all(self, items: Sequence[Item], zone: Zone | None) -> list[Result]:
        """Rows of neighbours that do nothing else go together; where they fail, and for all others, one by one."""
        results: list[Result] = []
        together: list[Item] = []
        for item in items:
            if item.work is None:
                together.append(item)
                continue
            results += self._together(together, zone)
            together = []
            results.append(self._alone(item, zone))
        return results + self._together(together, zone)

    def _together(self, items: list[Item], zone: Zone | None) -> list[Result]:
        if len(items) > 1:
            rows = [row for item in items for row in item.rows]
            outcomes = self._safely(lambda: self._ingest(rows, zone))
            if not isinstance(outcomes, Exception):
                results = []
                start = 0
                for item in items:
                    results.append(Result(item, _recorded(outcomes[start : start + len(item.rows)])))
                    start += len(item.rows)
                return results
        return [self._alone(item, zone) for item in items]

    def _alone(self, item: Item, zone: Zone | None) -> Result:
        def both() -> Any:
            recorded = _recorded(self._ingest(item.rows, zone)) if item.rows else None
            given = item.work(self._connection) if item.work else None
            return given if recorded is None else recorded

        value = self._safely(both)
        if isinstance(value, Exception):
            return Result(item, None, value)
        return Result(item, value)

    def _ingest(self, rows: Sequence[Invocation], zone: Zone | None) -> bytes:
        assert zone is not None
        outcomes = b""
        for start in range(0, len(rows), SLICE):
            done = ingest(self._connection, rows[start : start + SLICE], self._pricing, zone)
            self._kept += done.kept
            outcomes += done.outcomes
        return outcomes

    def _safely(self, work: Callable[[], Any]) -> Any:
        """What `work` returns, or the exception it raised with all that it wrote undone. Faults of the file go on."""
        kept = len(self._kept)
        self._connection.execute("SAVEPOINT item")
        try:
            value = work()
        except Exception as error:
            if faults.is_damage(error) or faults.passing(error) or not self._connection.in_transaction:
                raise
            self._connection.execute("ROLLBACK TO item")
            self._connection.execute("RELEASE item")
            del self._kept[kept:]
            return error
        self._connection.execute("RELEASE item")
        return value


def _recorded(outcomes: bytes) -> Recorded:
    return Recorded(outcomes.count(ACCEPTED), outcomes.count(DUPLICATE), outcomes.count(REPLACED))
