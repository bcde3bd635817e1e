"""Alarms of training curves and what their detectors remember, in the database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from llm_service.core.loss.points import Point, value_of
from llm_service.core.times import parse_ms
from llm_service.core.training.shapes import Alarm
from llm_service.telemetry import loss_series

REPLAYED = 20_000
"""Steps at most that are judged again where what the detectors remember is older than what is kept."""


def standing(connection: sqlite3.Connection) -> list[Alarm]:
    """Every alarm that was not cleared."""
    query = "SELECT * FROM loss_alarms WHERE cleared_ms IS NULL ORDER BY at_ms, id"
    return [loss_series.alarm(row) for row in connection.execute(query)]


def jobs_over(connection: sqlite3.Connection) -> set[str]:
    """The jobs with such an alarm that have ended: a kill came before the alarm was cleared."""
    query = (
        "SELECT DISTINCT job FROM loss_alarms WHERE cleared_ms IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM loss_series WHERE loss_series.job = loss_alarms.job AND running)"
    )
    return {job for (job,) in connection.execute(query)}


def newest(connection: sqlite3.Connection, limit: int) -> list[Alarm]:
    """The newest alarms of all jobs, newest first."""
    query = "SELECT * FROM loss_alarms ORDER BY at_ms DESC, id DESC LIMIT ?"
    return [loss_series.alarm(row) for row in connection.execute(query, (limit,))]


def keep(connection: sqlite3.Connection, alarms: Iterable[Alarm]) -> None:
    """Write alarms as they stand now."""
    connection.executemany(
        "INSERT OR REPLACE INTO loss_alarms VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(alarm["id"], alarm["series"], alarm["job"], alarm["kind"], alarm["step"], parse_ms(alarm["at"])),
                None if alarm["cleared_at"] is None else parse_ms(alarm["cleared_at"]),
                *(alarm["sentence"], json.dumps(alarm["numbers"])),
            )
            for alarm in alarms
        ],
    )


def remember(connection: sqlite3.Connection, states: Mapping[str, Mapping[str, Any]]) -> None:
    """Put away what the detectors of these series hold."""
    rows = [(json.dumps(state), key) for key, state in states.items()]
    connection.executemany("UPDATE loss_series SET watch = ? WHERE key = ?", rows)


def remembered(connection: sqlite3.Connection, key: str) -> dict[str, Any] | None:
    """What was put away of a series; None where there is nothing, or nothing that can be read."""
    row = connection.execute("SELECT watch FROM loss_series WHERE key = ?", (key,)).fetchone()
    if row is None or row[0] is None:
        return None
    state = json.loads(row[0])
    return state if isinstance(state, dict) else None


def steps_after(connection: sqlite3.Connection, key: str, step: int) -> list[Point]:
    """The kept steps of a series after a step, the newest of them, in order."""
    rows = connection.execute(
        "SELECT step, loss, bad, lr, epoch, at_ms FROM loss_steps WHERE series = (SELECT id FROM loss_series WHERE"
        " key = ?) AND step > ? ORDER BY step DESC LIMIT ?",
        (key, step, REPLAYED),
    ).fetchall()
    return [Point(row[0], value_of(row[1], row[2]), row[3], row[4], row[5]) for row in reversed(rows)]
