"""The tables of watched servers: their runs with all events, and samples of load, queues and datasets.

A step of `migrations.STEPS`; docs/telemetry-store.md describes the tables. What is asked for by a filter has a column
of its own, the rest of a card or an event is JSON: a field more in a card is no migration.
"""

from __future__ import annotations

import sqlite3

_TABLES = (
    """CREATE TABLE runs (
  key TEXT PRIMARY KEY, id TEXT NOT NULL, source TEXT NOT NULL, status TEXT NOT NULL, model TEXT, node TEXT,
  at_ms INTEGER NOT NULL, started_ms INTEGER, ended_ms INTEGER, tokens_in INTEGER, tokens_out INTEGER,
  words TEXT NOT NULL, card TEXT NOT NULL
)""",
    "CREATE INDEX runs_at ON runs (at_ms)",
    "CREATE INDEX runs_ended ON runs (ended_ms) WHERE ended_ms IS NOT NULL",
    "CREATE INDEX runs_unended ON runs (source, status) WHERE ended_ms IS NULL",
    # A sum that is asked for every few seconds, without reading cards.
    "CREATE INDEX runs_tokens ON runs (source, tokens_out)",
    "CREATE INDEX runs_id ON runs (id)",
    # The choices of a filter, without reading cards.
    "CREATE INDEX runs_choices ON runs (source, model) WHERE ended_ms IS NOT NULL",
    """CREATE TABLE run_events (
  key TEXT NOT NULL, n INTEGER NOT NULL, type TEXT NOT NULL, event TEXT NOT NULL, PRIMARY KEY (key, n)
) WITHOUT ROWID""",
    """CREATE TABLE node_samples (
  node TEXT NOT NULL, at_ms INTEGER NOT NULL, cpu REAL, gpu REAL, vram REAL, ram REAL, PRIMARY KEY (node, at_ms)
) WITHOUT ROWID""",
    """CREATE TABLE queue_samples (
  source TEXT NOT NULL, at_ms INTEGER NOT NULL, depth INTEGER NOT NULL, finished INTEGER NOT NULL,
  PRIMARY KEY (source, at_ms)
) WITHOUT ROWID""",
    """CREATE TABLE dataset_samples (
  dataset TEXT NOT NULL, day TEXT NOT NULL, examples INTEGER NOT NULL, PRIMARY KEY (dataset, day)
) WITHOUT ROWID""",
)


def m0002_runs(connection: sqlite3.Connection) -> None:
    """What is kept of watched servers' runs and load."""
    for statement in _TABLES:
        connection.execute(statement)
