"""The tables of training jobs and of finished adapters.

A step of `migrations.STEPS`; docs/telemetry-store.md describes the tables. What is asked for by a filter has a column
of its own, the rest is JSON: a field more in a card is no migration.
"""

from __future__ import annotations

import sqlite3

_TABLES = (
    """CREATE TABLE jobs (
  key TEXT PRIMARY KEY, id TEXT NOT NULL, source TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL,
  at_ms INTEGER NOT NULL, ended_ms INTEGER, card TEXT NOT NULL, more TEXT NOT NULL
) WITHOUT ROWID""",
    "CREATE INDEX jobs_at ON jobs (at_ms)",
    "CREATE INDEX jobs_ended ON jobs (ended_ms) WHERE ended_ms IS NOT NULL",
    "CREATE INDEX jobs_unended ON jobs (key) WHERE ended_ms IS NULL",
    "CREATE INDEX jobs_id ON jobs (id)",
    """CREATE TABLE adapters (
  key TEXT PRIMARY KEY, source TEXT NOT NULL, at_ms INTEGER NOT NULL, adapter TEXT NOT NULL
) WITHOUT ROWID""",
)


def m0003_jobs(connection: sqlite3.Connection) -> None:
    """What is kept of training jobs and of what they made."""
    for statement in _TABLES:
        connection.execute(statement)
