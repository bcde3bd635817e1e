"""The tables of `telemetry.db`. Steps only go forward; each and its record are one transaction.

What was released is never edited: a change is a new step at the end of `STEPS`. docs/telemetry-store.md describes
the tables; tests/telemetry/test_database.py compares the two.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from llm_service.core.invocations.rollups import FIELDS
from llm_service.optional_modules import left_out
from llm_service.telemetry.batch_tables import m0006_batches
from llm_service.telemetry.job_tables import m0003_jobs
from llm_service.telemetry.loss_tables import m0004_loss
from llm_service.telemetry.node_column import m0005_node
from llm_service.telemetry.run_tables import m0002_runs

SET = "telemetry"
Step = Callable[[sqlite3.Connection], None]

# `ids` finds an id by its hash, not by its text: at ten million ids it takes 187 MB where a unique index on the text
# takes 451, and it outlives the rows that it points at (docs/decisions/0008).
_TABLES = f"""
CREATE TABLE invocations (
  id INTEGER PRIMARY KEY, invocation_id TEXT NOT NULL, at_ms INTEGER NOT NULL,
  model TEXT NOT NULL, tool TEXT NOT NULL, door TEXT NOT NULL,
  provider TEXT, agent TEXT, task TEXT, session TEXT, project TEXT,
  input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL, cache_write_tokens INTEGER NOT NULL,
  cache_write_5m_tokens INTEGER NOT NULL, cache_write_1h_tokens INTEGER NOT NULL, web_searches INTEGER NOT NULL,
  latency_ms INTEGER, status TEXT NOT NULL, error TEXT, tier TEXT,
  reported_nano INTEGER, estimated_nano INTEGER, cost_nano INTEGER, price_id INTEGER,
  rank INTEGER NOT NULL, counted INTEGER NOT NULL
);
CREATE INDEX invocations_at ON invocations (at_ms);
CREATE INDEX invocations_unpriced ON invocations (model, at_ms) WHERE cost_nano IS NULL;
CREATE INDEX invocations_lesser_door ON invocations (tool, session) WHERE door IN ('otlp-logs', 'otlp-metrics');
CREATE INDEX invocations_also_seen ON invocations (tool, session, cost_nano) WHERE counted = 0;
CREATE TABLE ids (hash INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (hash, row)) WITHOUT ROWID;
CREATE TABLE rollups (
  width TEXT NOT NULL, dimension TEXT NOT NULL, start_ms INTEGER NOT NULL, value TEXT NOT NULL,
  {", ".join(f"{name} INTEGER NOT NULL" for name in FIELDS)},
  PRIMARY KEY (width, dimension, start_ms, value)
) WITHOUT ROWID;
CREATE TABLE latencies (
  width TEXT NOT NULL, start_ms INTEGER NOT NULL, le_ms INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (width, start_ms, le_ms)
) WITHOUT ROWID;
CREATE TABLE doors (
  tool TEXT NOT NULL, session TEXT NOT NULL, best INTEGER NOT NULL, PRIMARY KEY (tool, session)
) WITHOUT ROWID;
CREATE TABLE otlp_series (
  series TEXT PRIMARY KEY, start_ns INTEGER NOT NULL, time_ns INTEGER NOT NULL, value REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE prices (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, model TEXT NOT NULL, provider TEXT, source TEXT NOT NULL,
  source_date TEXT, quote TEXT NOT NULL, first_used_ms INTEGER NOT NULL
);
CREATE TABLE log_files (
  path TEXT PRIMARY KEY, tool TEXT NOT NULL, device INTEGER, inode INTEGER, size INTEGER, offset INTEGER,
  lines INTEGER, messages INTEGER, state TEXT, skipped TEXT, read_ms INTEGER, gone INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE board_history (
  id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, event TEXT NOT NULL, path TEXT, task_id TEXT, title TEXT,
  column_name TEXT, old_column TEXT, agent TEXT, old_agent TEXT, priority TEXT, status TEXT,
  inferred INTEGER NOT NULL DEFAULT 0, body TEXT
);
CREATE INDEX board_history_at ON board_history (at_ms);
CREATE INDEX board_history_watching ON board_history (event) WHERE event IN ('watch.started', 'watch.stopped');
CREATE TABLE journeys (
  path TEXT PRIMARY KEY, task_id TEXT, title TEXT NOT NULL, agent TEXT, priority TEXT NOT NULL,
  column_name TEXT NOT NULL, status TEXT NOT NULL, created_ms INTEGER, assigned_ms INTEGER, done_ms INTEGER,
  removed_ms INTEGER, watched INTEGER NOT NULL
);
CREATE INDEX journeys_of_task ON journeys (task_id);
CREATE TABLE budgets (id TEXT PRIMARY KEY, body TEXT NOT NULL, changed_ms INTEGER NOT NULL);
CREATE TABLE alerts (
  id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, budget_id TEXT NOT NULL, kind TEXT NOT NULL, threshold REAL,
  period_start_ms INTEGER, body TEXT NOT NULL, acknowledged_ms INTEGER
);
CREATE INDEX alerts_at ON alerts (at_ms);
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""

# What the older package's schema 1.0.0 called these: for scripts that read its database. Its dates were UTC.
_VIEWS = """
CREATE VIEW v1_invocations AS SELECT
  id, invocation_id, strftime('%Y-%m-%d %H:%M:%f', at_ms / 1000.0, 'unixepoch') AS timestamp,
  agent AS agent_name, tool AS tool_name, model AS model_name,
  input_tokens + cache_read_tokens + cache_write_tokens + cache_write_5m_tokens + cache_write_1h_tokens
    AS prompt_tokens,
  output_tokens AS completion_tokens,
  input_tokens + cache_read_tokens + cache_write_tokens + cache_write_5m_tokens + cache_write_1h_tokens
    + output_tokens AS total_tokens,
  cost_nano / 1e9 AS cost_usd, latency_ms, status, error AS error_message, 'metadata' AS privacy_level
FROM invocations WHERE counted = 1;
CREATE VIEW v1_daily_costs AS SELECT
  substr(timestamp, 1, 10) AS date, coalesce(agent_name, '') AS agent_name, tool_name, model_name,
  count(*) AS invocations, sum(total_tokens) AS total_tokens, sum(cost_usd) AS total_cost_usd
FROM v1_invocations GROUP BY 1, 2, 3, 4;
"""


def m0001_telemetry(connection: sqlite3.Connection) -> None:
    """Everything that the first release keeps."""
    _each(connection, _TABLES)
    _each(connection, _VIEWS)


STEPS: tuple[Step, ...] = (m0001_telemetry, m0002_runs, m0003_jobs, m0004_loss, m0005_node, m0006_batches)
"""All steps, oldest first; the name of a function is the name of its step."""


def applied(connection: sqlite3.Connection) -> set[str]:
    """Names of the steps that a database has had, also of those that this release does not know."""
    query = "SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'"
    if connection.execute(query).fetchone() is None:
        return set()
    rows = connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (SET,))
    return {name for (name,) in rows}


def unknown(connection: sqlite3.Connection) -> set[str]:
    """Steps of a newer release."""
    return applied(connection) - {step.__name__ for step in STEPS}


def complete(connection: sqlite3.Connection) -> bool:
    """Whether a database has had every step."""
    return {step.__name__ for step in STEPS} <= applied(connection)


def migrate(connection: sqlite3.Connection) -> None:
    """Apply what is missing."""
    while not complete(connection):
        had = applied(connection)
        try:
            _apply(connection)
        except sqlite3.OperationalError:
            # A command and a dashboard may open an older file at once: what one has done fails for the other.
            if applied(connection) == had:
                raise


def _apply(connection: sqlite3.Connection) -> None:
    # Imported where there is something to do: most starts have nothing to do, and it is 2 MB, with NumPy 8 MB.
    with left_out("numpy", "pandas"):
        from sqlite_utils import Database, Migrations

    migrations = Migrations(SET)
    for step in STEPS:
        migrations(name=step.__name__)(_stepping(step))
    migrations.apply(Database(connection, execute_plugins=False))


def _stepping(step: Step):  # type: ignore[no-untyped-def]
    return lambda database: step(database.conn)


def _each(connection: sqlite3.Connection, script: str) -> None:
    """Run the statements of `script` one by one: `executescript` would commit the transaction they are in."""
    for statement in script.split(";\n"):
        if statement.strip():
            connection.execute(statement)
