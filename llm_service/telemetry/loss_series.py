"""Reads loss curves: any window in at most so many buckets, smoothed, in a short read however long the curve."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from llm_service.core.loss import buckets, gaps, smoothing
from llm_service.core.loss.buckets import Bucket, Step
from llm_service.core.loss.points import value_of
from llm_service.core.loss.stamps import stamps
from llm_service.core.times import iso_seconds
from llm_service.core.training.shapes import Alarm, LossSeries, SeriesFacts
from llm_service.core.training.shapes import Bucket as Columns
from llm_service.telemetry import loss_store
from llm_service.telemetry.loss_store import BUCKET_COLUMNS, CHUNK
from llm_service.telemetry.loss_tables import AVERAGES

ALARMS = 200
"""Alarms of a series that are told, the newest."""


def keys_of(connection: sqlite3.Connection, job: str) -> list[str]:
    """The series of a job, the oldest first."""
    return [key for (key,) in connection.execute("SELECT key FROM loss_series WHERE job = ? ORDER BY id", (job,))]


def jobs_of(connection: sqlite3.Connection, bare_id: str) -> list[str]:
    """The jobs of all sources with this id of their source."""
    query = "SELECT DISTINCT job FROM loss_series WHERE substr(job, instr(job, ':') + 1) = ? ORDER BY job"
    return [job for (job,) in connection.execute(query, (bare_id,))]


def read(
    connection: sqlite3.Connection,
    key: str,
    *,
    from_step: int | None,
    to_step: int | None,
    points: int,
    weight: float,
) -> LossSeries | None:
    """A series between two steps, both included; None where there is none. `weight` is one of `smoothing.STOPS`."""
    row = connection.execute("SELECT * FROM loss_series WHERE key = ?", (key,)).fetchone()
    if row is None:
        return None
    first, last = row["first_step"] or 0, row["last_step"] or 0
    begin = first if from_step is None else max(first, from_step)
    end = last if to_step is None else min(last, to_step)
    width, found = (1, []) if begin > end or not row["count"] else _window(connection, row, begin, end, points)
    smooth = _smooth(connection, row, width, found, weight)
    return {
        "key": key,
        "job": row["job"],
        "name": row["name"],
        "from_step": begin if from_step is None else from_step,
        "to_step": end if to_step is None else to_step,
        "width": width,
        "smoothing": weight,
        "facts": facts(row),
        "buckets": _columns(found, smooth),
        "alarms": alarms_of(connection, key),
        "gaps": gaps.between(found),
    }


def facts(row: sqlite3.Row) -> SeriesFacts:
    """What a series is as a whole."""
    return {
        "count": row["count"],
        "first_step": row["first_step"],
        "last_step": row["last_step"],
        "first_at": None if row["first_ms"] is None else iso_seconds(row["first_ms"] / 1000),
        "last": row["last"],
        "best": row["min"],
        "best_step": row["min_step"],
        "min": row["min"],
        "max": row["max"],
        "bad": row["bad"],
    }


def alarms_of(connection: sqlite3.Connection, key: str) -> list[Alarm]:
    """The newest alarms of a series, the oldest of them first."""
    query = "SELECT * FROM loss_alarms WHERE series = ? ORDER BY at_ms DESC, id DESC LIMIT ?"
    return [alarm(row) for row in reversed(connection.execute(query, (key, ALARMS)).fetchall())]


def alarm(row: sqlite3.Row) -> Alarm:
    """An alarm as it leaves the house."""
    return {
        "id": row["id"],
        "kind": row["kind"],
        "job": row["job"],
        "series": row["series"],
        "step": row["step"],
        "at": iso_seconds(row["at_ms"] / 1000),
        "cleared_at": None if row["cleared_ms"] is None else iso_seconds(row["cleared_ms"] / 1000),
        "sentence": row["sentence"],
        "numbers": json.loads(row["numbers"]),
    }


def steps(connection: sqlite3.Connection, key: str, after: int, limit: int) -> list[dict[str, Any]]:
    """Kept steps after a step, as rows for a file; `loss` is NaN or infinite where it was."""
    query = (
        "SELECT step, loss, bad, lr, epoch, at_ms FROM loss_steps WHERE series = (SELECT id FROM loss_series WHERE"
        " key = ?) AND step > ? ORDER BY step LIMIT ?"
    )
    return [
        {
            "series": key,
            "step": step,
            "loss": value_of(loss, word),
            "lr": lr,
            "epoch": epoch,
            "at": iso_seconds(at_ms / 1000),
        }
        for step, loss, word, lr, epoch, at_ms in connection.execute(query, (key, after, limit))
    ]


# -- the window -------------------------------------------------------------------------------------------------


def _window(
    connection: sqlite3.Connection, row: sqlite3.Row, begin: int, end: int, points: int
) -> tuple[int, list[Bucket]]:
    """The width, and the buckets: whole ones, so that the outer ones may reach over the window."""
    few = "SELECT count(*) FROM (SELECT 1 FROM loss_steps WHERE series = ? AND step BETWEEN ? AND ? LIMIT ?)"
    if connection.execute(few, (row["id"], begin, end, points + 1)).fetchone()[0] <= points:
        return 1, [buckets.alone(step) for step in _steps(connection, row["id"], begin, end + 1)]
    width = buckets.width_for(begin, end, points)
    span = begin - begin % width, end - end % width + width
    stored = buckets.stored_for(width, row["floor"]) if row["floor"] else None
    if stored is None:
        return width, list(buckets.fold(_steps(connection, row["id"], *span), width))
    query = (
        f"SELECT {BUCKET_COLUMNS} FROM loss_buckets WHERE series = ? AND width = ? AND start >= ? AND start < ?"
        " ORDER BY start"
    )
    cursor = connection.cursor()
    cursor.row_factory = None
    found = map(Bucket._make, cursor.execute(query, (row["id"], stored, *span)))
    return width, list(found if stored == width else buckets.merge(found, width))


def _steps(connection: sqlite3.Connection, series_id: int, begin: int, end: int) -> Iterator[Step]:
    query = "SELECT step, loss, lr, at_ms FROM loss_steps WHERE series = ? AND step >= ? AND step < ? ORDER BY step"
    cursor = connection.cursor()
    cursor.row_factory = None
    return map(Step._make, cursor.execute(query, (series_id, begin, end)))


def _columns(found: Sequence[Bucket], smooth: list[float | None]) -> Columns:
    columns = list(zip(*found, strict=True)) if found else [()] * len(Bucket._fields)
    by = {name: list(column) for name, column in zip(Bucket._fields, columns, strict=True)}
    at = stamps(by.pop("at_ms"))
    by["count"] = by.pop("held")
    return {**by, "at": at, "smooth": smooth}  # type: ignore[typeddict-item, return-value]


# -- smoothing --------------------------------------------------------------------------------------------------


def _smooth(
    connection: sqlite3.Connection, row: sqlite3.Row, width: int, found: Sequence[Bucket], weight: float
) -> list[float | None]:
    """The smoothed loss at the last step of each bucket."""
    if not found:
        return []
    if not weight:
        return _last_known(connection, row, found)
    known: dict[int, float | None] = {}
    chunk = CHUNK * row["floor"]
    if chunk and width >= chunk:
        known = _kept(connection, row, chunk, found, weight)
    rest = [bucket.last_step for bucket in found if bucket.last_step not in known]
    if rest:
        known.update(_computed(connection, row, rest, weight))
    return [known[bucket.last_step] for bucket in found]


def _last_known(connection: sqlite3.Connection, row: sqlite3.Row, found: Sequence[Bucket]) -> list[float | None]:
    """Without smoothing: the last finite loss up to the end of each bucket."""
    query = "SELECT loss FROM loss_steps WHERE series = ? AND step < ? AND loss IS NOT NULL ORDER BY step DESC LIMIT 1"
    value = None
    if found[0].last is None:
        before = connection.execute(query, (row["id"], found[0].step)).fetchone()
        value = before[0] if before else None
    values = []
    for bucket in found:
        value = value if bucket.last is None else bucket.last
        values.append(value)
    return values


def _kept(
    connection: sqlite3.Connection, row: sqlite3.Row, chunk: int, found: Sequence[Bucket], weight: float
) -> dict[int, float | None]:
    """What is kept at the buckets' ends, by their last steps; not beyond the steps that the averages hold."""
    column = AVERAGES[smoothing.KEPT.index(weight)]
    query = f"SELECT {column}, count FROM loss_averages WHERE series = ? AND start = ?"
    cursor = connection.cursor()
    cursor.row_factory = None
    values: dict[int, float | None] = {}
    for bucket in found:
        if bucket.last_step < row["smooth_from"]:
            biased, count = cursor.execute(query, (row["id"], bucket.last_step - bucket.last_step % chunk)).fetchone()
            values[bucket.last_step] = smoothing.debiased(biased, count, weight)
    return values


def _computed(
    connection: sqlite3.Connection, row: sqlite3.Row, wanted: Sequence[int], weight: float
) -> dict[int, float | None]:
    """The smoothed loss at these steps, in order, from the kept average before them and the steps since."""
    begin = min(wanted[0], row["smooth_from"])
    chunk = CHUNK * row["floor"]
    begin -= begin % chunk if chunk else begin
    average = loss_store.average_before(connection, row["id"], begin) if chunk else smoothing.NOTHING
    biased = average.values[smoothing.KEPT.index(weight)]
    cursor = connection.cursor()
    cursor.row_factory = None
    query = "SELECT step, loss FROM loss_steps WHERE series = ? AND step >= ? AND step <= ? ORDER BY step"
    rows = cursor.execute(query, (row["id"], begin, wanted[-1])).fetchall()
    smooth = smoothing.smooth(biased, average.losses, [loss for _, loss in rows], weight)
    wanted_too = set(wanted)
    return {step: value for (step, _), value in zip(rows, smooth, strict=True) if step in wanted_too}
