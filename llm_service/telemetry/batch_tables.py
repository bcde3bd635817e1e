"""The table of launches, so that one that was stopped half-way can be gone on with after a restart.

A step of `migrations.STEPS`; docs/telemetry-store.md describes the table.
"""

from __future__ import annotations

import sqlite3

_TABLES = (
    "CREATE TABLE batches (id TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, batch TEXT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX batches_at ON batches (at_ms)",
)


def m0006_batches(connection: sqlite3.Connection) -> None:
    """What is kept of launches of several workers."""
    for statement in _TABLES:
        connection.execute(statement)
