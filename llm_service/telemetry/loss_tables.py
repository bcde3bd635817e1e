"""The tables of loss curves, as a step of the migrations."""

from __future__ import annotations

import sqlite3

from llm_service.core.loss.smoothing import KEPT

AVERAGES = tuple(f"a{round(weight * 1000)}" for weight in KEPT)
"""A column a kept weight: a500 is that of 0.5."""

_TABLES = (
    """
CREATE TABLE loss_series (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, job TEXT NOT NULL, name TEXT NOT NULL, running INTEGER NOT NULL,
  floor INTEGER NOT NULL, smooth_from INTEGER NOT NULL, count INTEGER NOT NULL, bad INTEGER NOT NULL,
  first_step INTEGER, last_step INTEGER, first_ms INTEGER, last_ms INTEGER, last REAL,
  min REAL, min_step INTEGER, max REAL, max_step INTEGER, heard_ms INTEGER NOT NULL, watch TEXT
)""",
    "CREATE INDEX loss_series_of_job ON loss_series (job)",
    """
CREATE TABLE loss_steps (
  series INTEGER NOT NULL, step INTEGER NOT NULL, loss REAL, bad TEXT, lr REAL, epoch REAL, at_ms INTEGER NOT NULL,
  PRIMARY KEY (series, step)
) WITHOUT ROWID""",
    """
CREATE TABLE loss_buckets (
  series INTEGER NOT NULL, width INTEGER NOT NULL, start INTEGER NOT NULL, step INTEGER NOT NULL,
  last_step INTEGER NOT NULL, first REAL, last REAL, min REAL, min_step INTEGER, max REAL, max_step INTEGER,
  bad INTEGER NOT NULL, count INTEGER NOT NULL, at_ms INTEGER NOT NULL, lr REAL,
  PRIMARY KEY (series, width, start)
) WITHOUT ROWID""",
    f"""
CREATE TABLE loss_averages (
  series INTEGER NOT NULL, start INTEGER NOT NULL, count INTEGER NOT NULL,
  {", ".join(f"{name} REAL NOT NULL" for name in AVERAGES)}, PRIMARY KEY (series, start)
) WITHOUT ROWID""",
    """
CREATE TABLE loss_alarms (
  id TEXT PRIMARY KEY, series TEXT NOT NULL, job TEXT NOT NULL, kind TEXT NOT NULL, step INTEGER,
  at_ms INTEGER NOT NULL, cleared_ms INTEGER, sentence TEXT NOT NULL, numbers TEXT NOT NULL
) WITHOUT ROWID""",
    "CREATE INDEX loss_alarms_of_series ON loss_alarms (series, at_ms)",
    "CREATE INDEX loss_alarms_at ON loss_alarms (at_ms)",
    "CREATE INDEX loss_alarms_standing ON loss_alarms (job) WHERE cleared_ms IS NULL",
)


def m0004_loss(connection: sqlite3.Connection) -> None:
    """Loss curves step by step, the pyramid and the averages over them, and what was wrong with them."""
    for statement in _TABLES:
        connection.execute(statement)
