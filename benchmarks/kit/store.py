"""The store of telemetry as the server opens it, but in this process; and the bare path beside it."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from llm_service.core.invocations.rows import RowReader
from llm_service.core.invocations.usage import Invocation
from llm_service.telemetry.database import Database
from llm_service.telemetry.prices import Pricing
from llm_service.telemetry.recorder import Recorder

ZONE = "Europe/Berlin"
BATCH = 4_000
"""Rows of one transaction, here and in the bare path."""


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def reader() -> RowReader:
    """What validates rows that come over HTTP."""
    return RowReader(now_ms=now_ms(), tool="http", chance=secrets.randbits)


class Store:
    """Database, prices (asked in the real child) and writer of a folder, as long as the context lasts."""

    def __init__(self, folder: Path) -> None:
        self.database = Database.open(folder, zone=ZONE, now_ms=now_ms)
        self._pricing = Pricing(self.database)
        self.recorder = Recorder(self.database, self._pricing, now_ms=now_ms)

    def __enter__(self) -> Store:
        self.recorder.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.recorder.stop(120.0)
        self._pricing.stop()

    def keep(self, raws: Sequence[dict[str, Any]], batch: int = BATCH) -> float:
        """Validate, price and keep rows, a transaction a batch; the seconds until the last commit."""
        began_s = time.monotonic()
        for first in range(0, len(raws), batch):
            rows, refused = reader().read_all(list(raws[first : first + batch]))
            done = self.recorder.record(rows)
            if refused or done.accepted != len(rows):
                raise RuntimeError(f"{done.accepted} of {len(raws)} rows were kept; {refused[:1]}")
        return time.monotonic() - began_s


def bare_s(path: Path, raws: Sequence[dict[str, Any]]) -> float:
    """Seconds that `executemany` takes for the same rows: one table without an index, no checks, prices or sums."""
    rows, _ = reader().read_all(list(raws))
    plain = [(*row[:4], row.door.value, *row[5:]) for row in rows]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"CREATE TABLE IF NOT EXISTS plain ({', '.join(Invocation._fields)})")
        began_s = time.monotonic()
        for part in _batches(plain):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(f"INSERT INTO plain VALUES ({', '.join('?' * len(part[0]))})", part)
            connection.execute("COMMIT")
        return time.monotonic() - began_s


def _batches(rows: Sequence[tuple[Any, ...]]) -> Iterable[Sequence[tuple[Any, ...]]]:
    return (rows[first : first + BATCH] for first in range(0, len(rows), BATCH))
