"""Samples of watched servers: load of machines, depth of queues, sizes of datasets. Writing never waits."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from llm_service.core.operations.node_shapes import NodeSample, QueueSample
from llm_service.core.times import iso_seconds, parse_ms
from llm_service.telemetry.work_queue import Work


class Readable(Protocol):
    """What is needed of the database."""

    def reading(self) -> AbstractContextManager[sqlite3.Connection]: ...


class Poster(Protocol):
    """The recorder, as far as it is used here."""

    def post(self, work: Work) -> bool: ...


class LoadStore:
    """Safe on any thread; what reads raises `TelemetryUnavailable`."""

    def __init__(self, database: Readable, recorder: Poster) -> None:
        self._database = database
        self._recorder = recorder

    def keep_load(self, node: str, sample: NodeSample) -> None:
        """Keep the load of a machine at a moment."""
        values = (node, _ms(sample["at"]), sample["cpu"], sample["gpu"], sample["vram"], sample["ram"])
        self._post(
            "INSERT OR REPLACE INTO node_samples (node, at_ms, cpu, gpu, vram, ram) VALUES (?,?,?,?,?,?)", [values]
        )

    def loads(self, node: str, from_ms: int) -> list[NodeSample]:
        """Kept loads of a machine, oldest first."""
        sql = "SELECT at_ms, cpu, gpu, vram, ram FROM node_samples WHERE node = ? AND at_ms >= ? ORDER BY at_ms"
        with self._database.reading() as db:
            rows = db.execute(sql, (node, from_ms)).fetchall()
        return [
            {"at": iso_seconds(at / 1000), "cpu": cpu, "gpu": gpu, "vram": vram, "ram": ram}
            for at, cpu, gpu, vram, ram in rows
        ]

    def keep_depth(self, source: str, sample: QueueSample) -> None:
        """Keep how deep a queue is at a moment, and how many runs ended in the minute before, which must be known."""
        values = (source, _ms(sample["at"]), sample["depth"], sample["finished"])
        self._post("INSERT OR REPLACE INTO queue_samples (source, at_ms, depth, finished) VALUES (?,?,?,?)", [values])

    def depths(self, source: str, from_ms: int) -> list[QueueSample]:
        """Kept depths of a source's queue, oldest first."""
        sql = "SELECT at_ms, depth, finished FROM queue_samples WHERE source = ? AND at_ms >= ? ORDER BY at_ms"
        with self._database.reading() as db:
            rows = db.execute(sql, (source, from_ms)).fetchall()
        return [{"at": iso_seconds(at / 1000), "depth": depth, "finished": finished} for at, depth, finished in rows]

    def keep_sizes(self, day: str, examples: Mapping[str, int]) -> None:
        """Keep how many examples datasets have, as the last word of this day."""
        rows = [(dataset, day, count) for dataset, count in examples.items()]
        self._post("INSERT OR REPLACE INTO dataset_samples (dataset, day, examples) VALUES (?,?,?)", rows)

    def growth(self, source: str) -> dict[str, list[tuple[str, int]]]:
        """How many examples each dataset of a source had, day by day."""
        sql = "SELECT dataset, day, examples FROM dataset_samples WHERE dataset >= ? AND dataset < ? ORDER BY 1, 2"
        found: dict[str, list[tuple[str, int]]] = {}
        with self._database.reading() as db:
            # ";" is the character after ":".
            for dataset, day, count in db.execute(sql, (f"{source}:", f"{source};")):
                found.setdefault(dataset, []).append((day, count))
        return found

    def _post(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        if rows:
            self._recorder.post(_writing(sql, rows))


def _writing(sql: str, rows: Sequence[tuple[object, ...]]) -> Callable[[sqlite3.Connection], None]:
    def write(db: sqlite3.Connection) -> None:
        db.executemany(sql, rows)

    return write


def _ms(text: str) -> int:
    found = parse_ms(text)
    assert found is not None, "our own time"
    return found
