"""Writes loss curves: steps by (series, step), and with them the pyramid and the averages that charts are made of.

Whatever is written, the buckets that hold it are made anew from what is kept: so late and rewritten steps cost no
more than new ones and nothing is ever added up twice. All of it runs in the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from llm_service.core.loss import buckets
from llm_service.core.loss.buckets import Bucket, Step
from llm_service.core.loss.points import Point, bad_word
from llm_service.core.loss.smoothing import NOTHING, Average, advance
from llm_service.telemetry.loss_tables import AVERAGES

PYRAMID_FROM = 256
"""Steps from which on buckets are stored; fewer are read as they are."""
REFIT_AT = (256, 1024, 4096, 16_384, 65_536)
"""Counts at which it is looked whether the buckets' width still suits the distance between steps."""
CHUNK = 2
"""Averages are kept once in so many of the narrowest buckets."""
AVERAGED_AT_ONCE = 20_000
BUCKET_COLUMNS = "step, last_step, first, last, min, min_step, max, max_step, bad, count, at_ms, lr"

_STEP = (
    "INSERT INTO loss_steps VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (series, step) DO UPDATE SET"
    " loss = excluded.loss, bad = excluded.bad, lr = excluded.lr, epoch = excluded.epoch, at_ms = excluded.at_ms"
)
_KNOWN = "SELECT loss, bad, lr, epoch, at_ms FROM loss_steps WHERE series = ? AND step = ?"
_STEPS = "SELECT step, loss, lr, at_ms FROM loss_steps WHERE series = ? AND step >= ? AND step < ? ORDER BY step"
_CHILDREN = (
    f"SELECT {BUCKET_COLUMNS} FROM loss_buckets WHERE series = ? AND width = ? AND start >= ? AND start < ?"
    " ORDER BY start"
)
_BUCKET = f"INSERT OR REPLACE INTO loss_buckets VALUES ({', '.join('?' * 15)})"
_AVERAGE = f"INSERT OR REPLACE INTO loss_averages VALUES (?, ?, ?{', ?' * len(AVERAGES)})"


class Changed(NamedTuple):
    """What of some points was news: steps not known before, and known ones that have another loss now."""

    new: tuple[Point, ...]
    rewritten: tuple[Point, ...]
    behind: bool = False
    """Whether averages of later steps are to be made anew: `catch_up` does it."""


class Series(NamedTuple):
    """A row of `loss_series`, as much of it as writing needs."""

    id: int
    floor: int
    """Width of the narrowest stored bucket; 0 while there are none."""
    smooth_from: int
    """The first step that the averages do not hold."""
    count: int
    first_step: int | None
    last_step: int | None


def append(
    connection: sqlite3.Connection,
    key: str,
    points: Sequence[Point],
    *,
    job: str,
    name: str,
    running: bool,
    now_ms: int,
) -> Changed:
    """Keep sound points (`core.loss.points.sound`) of a series, which is made where there is none."""
    series = _series(connection, key, job)
    changed, values = _news(connection, series, points)
    news = sorted((*changed.new, *changed.rewritten, *values))
    rows = []
    for point in news:
        word = bad_word(point.loss)
        loss = None if word else point.loss
        rows.append((series.id, point.step, loss, word, point.lr, point.epoch, point.at_ms))
    connection.executemany(_STEP, rows)
    behind = bool(news) and _build(connection, series, [point.step for point in news], len(changed.new))
    connection.execute(
        "UPDATE loss_series SET job = ?, name = CASE ? WHEN '' THEN name ELSE ? END, running = ?, heard_ms = ?"
        " WHERE id = ?",
        (job, name, name, running, now_ms, series.id),
    )
    return changed._replace(behind=behind)


def end(connection: sqlite3.Connection, job: str) -> None:
    """Note that a job is over."""
    connection.execute("UPDATE loss_series SET running = 0 WHERE job = ?", (job,))


def catch_up(connection: sqlite3.Connection, key: str) -> bool:
    """Bring the averages of a series on by some steps; True where more are to come."""
    series = find(connection, key)
    if series is None or not series.floor or series.last_step is None:
        return False
    return average(connection, series, series.last_step)


def find(connection: sqlite3.Connection, key: str) -> Series | None:
    """The series with this key."""
    query = "SELECT id, floor, smooth_from, count, first_step, last_step FROM loss_series WHERE key = ?"
    row = connection.execute(query, (key,)).fetchone()
    return None if row is None else Series(*row)


def _series(connection: sqlite3.Connection, key: str, job: str) -> Series:
    found = find(connection, key)
    if found is None:
        connection.execute(
            "INSERT INTO loss_series (key, job, name, running, floor, smooth_from, count, bad, heard_ms)"
            " VALUES (?, ?, '', 1, 0, 0, 0, 0, 0)",
            (key, job),
        )
        found = find(connection, key)
        assert found is not None
    return found


def _news(connection: sqlite3.Connection, series: Series, points: Sequence[Point]) -> tuple[Changed, list[Point]]:
    """What of the points is news, and those whose loss is known but whose learning rate or epoch is news."""
    new, rewritten, more = [], [], []
    last_step = -1 if series.last_step is None else series.last_step
    for point in points:
        known = None
        if point.step <= last_step:
            known = connection.execute(_KNOWN, (series.id, point.step)).fetchone()
        if known is None:
            new.append(point)
            continue
        loss, word, lr, epoch, at_ms = known
        if word != bad_word(point.loss) or (word is None and loss != point.loss):
            rewritten.append(point)
            continue
        lr, epoch = (old if said is None else said for old, said in ((lr, point.lr), (epoch, point.epoch)))
        if (lr, epoch) != known[2:4]:
            more.append(Point(point.step, point.loss, lr, epoch, at_ms))
    return Changed(tuple(new), tuple(rewritten)), more


# -- the pyramid ------------------------------------------------------------------------------------------------


def _build(connection: sqlite3.Connection, series: Series, steps: Sequence[int], added: int) -> bool:
    first_step = steps[0] if series.first_step is None else min(series.first_step, steps[0])
    last_step = steps[-1] if series.last_step is None else max(series.last_step, steps[-1])
    count = series.count + added
    floor = _floor(series, first_step, last_step, count)
    smooth_from = min(series.smooth_from, steps[0])
    touched: Sequence[tuple[int, int]]
    if floor != series.floor:
        connection.execute("DELETE FROM loss_buckets WHERE series = ?", (series.id,))
        connection.execute("DELETE FROM loss_averages WHERE series = ?", (series.id,))
        touched, smooth_from = [(first_step - first_step % floor, last_step + 1)], 0
    elif floor:
        touched = list(buckets.runs(sorted({step - step % floor for step in steps}), floor))
    else:
        touched = []
    refitted, known_to = floor != series.floor, series.last_step
    series = Series(series.id, floor, smooth_from, count, first_step, last_step)
    whole = _pyramid(connection, series, touched, known_to) if floor else _whole(connection, series)
    first_ms = connection.execute(
        "SELECT at_ms FROM loss_steps WHERE series = ? AND step = ?", (series.id, first_step)
    ).fetchone()[0]
    connection.execute(
        "UPDATE loss_series SET floor = ?, smooth_from = ?, count = ?, bad = ?, first_step = ?, last_step = ?,"
        " first_ms = ?, last_ms = ?, last = ?, min = ?, min_step = ?, max = ?, max_step = ? WHERE id = ?",
        (
            *(floor, smooth_from, whole.held, whole.bad, whole.step, whole.last_step, first_ms, whole.at_ms),
            *(whole.last, whole.min, whole.min_step, whole.max, whole.max_step, series.id),
        ),
    )
    # Not to the end where steps are rewritten one by one after a return to a checkpoint: each would cost them all.
    return bool(floor) and average(connection, series, last_step if refitted else steps[-1])


def _floor(series: Series, first_step: int, last_step: int, count: int) -> int:
    """The width of the narrowest bucket from now on; looked at anew only a few times in the life of a series."""
    if count < PYRAMID_FROM or not any(series.count < at <= count for at in REFIT_AT):
        return series.floor
    return buckets.floor_for(first_step, last_step, count)


def _whole(connection: sqlite3.Connection, series: Series) -> Bucket:
    assert series.last_step is not None
    steps = connection.execute(_STEPS, (series.id, 0, series.last_step + 1))
    return next(buckets.fold(map(Step._make, steps), series.last_step + 1))


def _pyramid(
    connection: sqlite3.Connection, series: Series, touched: Sequence[tuple[int, int]], known_to: int | None
) -> Bucket:
    """Make the touched buckets of every width anew from what lies below them; return the one that has all."""
    assert series.last_step is not None
    made: list[Bucket] = []
    for width in buckets.widths(series.floor, series.last_step):
        made = []
        below = width // buckets.BASE
        if width == series.floor:
            for begin, end in touched:
                made += buckets.fold(map(Step._make, connection.execute(_STEPS, (series.id, begin, end))), width)
        else:
            for begin, end in touched:
                found = connection.execute(_CHILDREN, (series.id, below, begin, end))
                made += buckets.merge(map(Bucket._make, found), width)
        connection.executemany(
            _BUCKET, [(series.id, width, bucket.step - bucket.step % width, *bucket) for bucket in made]
        )
        wider = width * buckets.BASE
        starts = sorted({bucket.step - bucket.step % wider for bucket in made})
        if known_to is not None and wider > known_to and starts[0]:
            # A width that was not needed before: what is known already lies in its first bucket.
            starts.insert(0, 0)
        touched = list(buckets.runs(starts, wider))
    return made[0]


# -- the averages -----------------------------------------------------------------------------------------------


def average(connection: sqlite3.Connection, series: Series, to_step: int) -> bool:
    """Bring the averages on to `to_step`, at most so many steps at once; True where the series goes on after them."""
    chunk = CHUNK * series.floor
    begin = series.smooth_from - series.smooth_from % chunk
    state = average_before(connection, series.id, begin)
    rows = connection.execute(
        "SELECT step, loss FROM loss_steps WHERE series = ? AND step >= ? AND step <= ? ORDER BY step LIMIT ?",
        (series.id, begin, to_step, AVERAGED_AT_ONCE),
    ).fetchall()
    connection.executemany(_AVERAGE, _averages(series.id, rows, chunk, state))
    smooth_from = rows[-1][0] + 1 if rows else series.smooth_from
    connection.execute("UPDATE loss_series SET smooth_from = ? WHERE id = ?", (smooth_from, series.id))
    assert series.last_step is not None
    return smooth_from <= series.last_step


def average_before(connection: sqlite3.Connection, series_id: int, step: int) -> Average:
    """The averages after all steps before the chunk that begins with `step`."""
    row = connection.execute(
        f"SELECT count, {', '.join(AVERAGES)} FROM loss_averages WHERE series = ? AND start < ?"
        " ORDER BY start DESC LIMIT 1",
        (series_id, step),
    ).fetchone()
    return NOTHING if row is None else Average(row[0], tuple(row[1:]))


def _averages(series_id: int, rows: Iterable[tuple[int, float | None]], chunk: int, state: Average) -> list[tuple]:
    made = []
    for place, inside in groupby(rows, lambda row: row[0] // chunk):
        state = advance(state, (loss for _, loss in inside))
        made.append((series_id, place * chunk, state.losses, *state.values))
    return made
