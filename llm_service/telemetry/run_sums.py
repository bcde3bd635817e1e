"""Figures of many kept runs: from columns, never from their cards."""

from __future__ import annotations

import sqlite3

from llm_service.core.runs.figures import RunCounts, RunFigures

MOST = 200_000
"""Runs that one answer is made of, the newest: their figures take some 40 MB for a moment."""


def counts(db: sqlite3.Connection, source: str, day_start_ms: int) -> RunCounts:
    """How the runs of a source stand."""
    running = "SELECT count(*) FROM runs WHERE ended_ms IS NULL AND source = ? AND status = 'running'"
    today = (
        "SELECT coalesce(sum(status = 'completed'), 0), coalesce(sum(status = 'failed'), 0) FROM runs"
        " WHERE ended_ms >= ? AND source = ?"
    )
    completed, failed = db.execute(today, (day_start_ms, source)).fetchone()
    known, tokens = db.execute("SELECT count(*), sum(tokens_out) FROM runs WHERE source = ?", (source,)).fetchone()
    return RunCounts(known, db.execute(running, (source,)).fetchone()[0], completed, failed, tokens)


def finished_between(db: sqlite3.Connection, source: str, from_ms: int, to_ms: int) -> int:
    """How many runs of a source ended in a time."""
    sql = "SELECT count(*) FROM runs WHERE ended_ms >= ? AND ended_ms < ? AND source = ?"
    return int(db.execute(sql, (from_ms, to_ms, source)).fetchone()[0])


def figures(db: sqlite3.Connection, source: str | None, from_ms: int) -> list[RunFigures]:
    """Runs that were created in a time or still went on in it, oldest first."""
    of_source = "" if source is None else " AND source = ?"
    values: tuple[object, ...] = (from_ms, from_ms) if source is None else (from_ms, from_ms, source)
    sql = (
        f"SELECT {', '.join(RunFigures._fields)} FROM runs"
        f" WHERE (at_ms >= ? OR ended_ms >= ?){of_source} ORDER BY at_ms DESC, key DESC LIMIT {MOST}"
    )
    return [RunFigures(*row) for row in db.execute(sql, values)][::-1]
