"""A curve of a million steps: appending, with its pyramid, averages and alarms; windows of it, smoothed or not."""

from __future__ import annotations

import math
import random
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.kit.board import Board
from benchmarks.kit.figures import Row, median, percentile, shown
from benchmarks.kit.http_client import HttpClient
from benchmarks.kit.server import Server
from benchmarks.kit.store import Store, now_ms
from llm_service.core.loss.points import Point
from llm_service.core.observations import Announced
from llm_service.telemetry.database import FILE_NAME
from llm_service.telemetry.loss_log import LossLog
from llm_service.telemetry.loss_reader import LossReader

NAME = "loss-1m"
TITLE = "A loss curve of a million steps"
STEPS, QUICK_STEPS = 1_000_000, 100_000
JOB = "bench:curve"
BATCH = 1_000
_ROUNDS = 40
_MOST_QUERY_MS, _MOST_APPEND_MS = 20, 100
_SPIKES = 1_000


def run(folder: Path, *, quick: bool) -> list[Row]:
    """All rows of this benchmark."""
    count = QUICK_STEPS if quick else STEPS
    points, spikes = _curve(count)
    state_dir = folder / "state"
    with _log(state_dir) as (log, told, store):
        rows = _appended(log, told, points)
        rows += _bare(folder, points, rows[0].value)
        rows += _live(log, told, count, 50 if quick else 300)
        reader = LossReader(lambda: store.database)
        rows += _windows(reader, count)
        rows += _spikes(reader, spikes)
        rows += _rewritten(log, told, reader, count)
    size = (state_dir / FILE_NAME).stat().st_size
    rows.append(Row("size of a step, with pyramid and averages", size / count, "bytes", None, f"{size / 1e6:.0f} MB"))
    return rows + _answers(folder, state_dir, count)


class _Told:
    """What the log published, to be waited for."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.steps = 0
        self.alarms = 0

    def publish(self, announced: Announced) -> None:
        with self._changed:
            if announced.event == "loss.appended":
                self.steps += announced.body["count"]  # type: ignore[operator]
            self.alarms += announced.event == "alarm.raised"
            self._changed.notify_all()

    def wait_for(self, steps: int) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: self.steps >= steps, 120):
                raise RuntimeError(f"{self.steps} of {steps} steps were told")


@contextmanager
def _log(state_dir: Path) -> Iterator[tuple[LossLog, _Told, Store]]:
    with Store(state_dir) as store:
        told = _Told()
        log = LossLog(lambda: store, told.publish, now_ms=now_ms)
        log.start()
        try:
            yield log, told, store
        finally:
            log.stop(30.0)


def _curve(count: int) -> tuple[list[Point], set[int]]:
    """A falling, noisy curve with a thousand spikes that no picture may lose."""
    chance = random.Random(7)
    spikes = set(chance.sample(range(count), _SPIKES))
    points = []
    for step in range(count):
        loss = 3.4 * math.exp(-step / (count / 5)) + 0.2 + chance.gauss(0, 0.05)
        points.append(
            Point(step, loss + 2 if step in spikes else loss, 2e-4, step / 36_000, 1_700_000_000_000 + step * 300)
        )
    return points, spikes


def _appended(log: LossLog, told: _Told, points: Sequence[Point]) -> list[Row]:
    """In batches, never more than some waiting, as a source would that reads a long log."""
    began_s = time.monotonic()
    marks = []
    for first in range(0, len(points), BATCH):
        log.append(JOB, JOB, points[first : first + BATCH])
        if first >= 20 * BATCH:
            told.wait_for(first - 20 * BATCH)
        marks.append(time.monotonic())
    told.wait_for(len(points))
    took_s = time.monotonic() - began_s
    tenth = len(marks) // 10
    early, late = (tenth * BATCH / (some[-1] - some[0]) for some in (marks[tenth : 2 * tenth], marks[-tenth:]))
    remark = f"{BATCH} a call; second tenth {shown(early)}, last tenth {shown(late)}; {told.alarms} alarms"
    return [
        Row(
            f"{len(points):,} steps appended: kept, pyramid, averages, alarms",
            len(points) / took_s,
            "steps/s",
            None,
            remark,
        )
    ]


def _bare(folder: Path, points: Sequence[Point], ours: float) -> list[Row]:
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(
            "CREATE TABLE plain (step INTEGER PRIMARY KEY, loss REAL, lr REAL, epoch REAL, at_ms INTEGER)"
        )
        began_s = time.monotonic()
        for first in range(0, len(points), 5 * BATCH):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO plain VALUES (?, ?, ?, ?, ?)", points[first : first + 5 * BATCH])
            connection.execute("COMMIT")
        rate = len(points) / (time.monotonic() - began_s)
        took_ms = []
        for _ in range(3):
            began_s = time.monotonic()
            connection.execute(
                "SELECT min(loss), max(loss) FROM plain GROUP BY step / ?", (len(points) // 500,)
            ).fetchall()
            took_ms.append((time.monotonic() - began_s) * 1000)
    return [
        Row("bare `executemany` of the same against ours", rate / ours, "×", None, f"{shown(rate)} steps/s"),
        Row("500 buckets from all steps by SQL, for comparison", median(took_ms), "ms", None, "min and max alone"),
    ]


def _live(log: LossLog, told: _Told, count: int, times: int) -> list[Row]:
    """One step more, from the call to the event that leaves for the pages."""
    took_ms = []
    for number in range(times):
        time.sleep(0.005)
        began_s = time.monotonic()
        log.append(JOB, JOB, [Point(count + number, 0.2, 2e-4, None, now_ms())])
        told.wait_for(count + number + 1)
        took_ms.append((time.monotonic() - began_s) * 1000)
    remark = f"p99 {shown(percentile(took_ms, 0.99))}, max {shown(max(took_ms))} ms of {times}"
    return [Row("one more step, handed in to told: p50", median(took_ms), "ms", _MOST_APPEND_MS, remark)]


def _windows(reader: LossReader, count: int) -> list[Row]:
    rows = []
    windows = {
        "everything": (None, None),
        "a tenth": (count // 2, count // 2 + count // 10),
        "7,000 steps": (count // 3, count // 3 + 7_000),
        "1,500 steps": (count // 3, count // 3 + 1_500),
    }
    for name, (begin, end) in windows.items():
        for points in (1_000, 2_000):
            worst, middle = 0.0, []
            for smoothing in (0, 0.9, 0.999):
                took_ms = [_asked(reader, begin, end, points, smoothing) for _ in range(_ROUNDS)]
                middle.append(median(took_ms))
                worst = max(worst, *took_ms)
            remark = f"smoothing 0, 0.9, 0.999: {', '.join(map(shown, middle))}; worst {shown(worst)} ms"
            rows.append(Row(f"{name} in at most {points:,} buckets: median", max(middle), "ms", _MOST_QUERY_MS, remark))
    return rows


def _asked(reader: LossReader, begin: int | None, end: int | None, points: int, smoothing: float) -> float:
    began_s = time.monotonic()
    _series(reader, begin, end, points, smoothing)
    return (time.monotonic() - began_s) * 1000


def _series(reader: LossReader, begin: int | None, end: int | None, points: int, smoothing: float) -> Any:
    answer = reader.series(JOB, [], from_step=begin, to_step=end, points=points, smoothing=smoothing)
    return answer["series"][0]


def _spikes(reader: LossReader, spikes: set[int]) -> list[Row]:
    """Buckets with a spike in them whose maximum is none: what a picture would lose."""
    one = _series(reader, None, None, 1_000, 0)
    width = one["width"]
    shown_ = {step // width for step in one["buckets"]["max_step"] if step in spikes}
    lost = {step // width for step in spikes} - shown_
    return [
        Row(
            "buckets that lose a spike, of all with one",
            len(lost),
            "",
            0,
            f"{_SPIKES:,} spikes, {width} steps a bucket",
        )
    ]


def _rewritten(log: LossLog, told: _Told, reader: LossReader, count: int) -> list[Row]:
    """A return to a checkpoint at nine tenths: single steps over known ones, and a window of everything meanwhile."""
    before, took_ms = told.steps, []
    for number in range(100):
        began_s = time.monotonic()
        log.append(JOB, JOB, [Point(count * 9 // 10 + number, 5.0 + number, 2e-4, None, now_ms())])
        told.wait_for(before + number + 1)
        took_ms.append((time.monotonic() - began_s) * 1000)
    asked_ms = _asked(reader, None, None, 1_000, 0.99)
    began_s = time.monotonic()
    while log.behind:
        time.sleep(0.05)
    remark = f"p99 {shown(percentile(took_ms, 0.99))} ms; everything smoothed right after it {shown(asked_ms)} ms,"
    remark += f" until the averages have caught up after {shown(time.monotonic() - began_s)} s"
    return [
        Row("a step rewritten a tenth before the end, to told: p50", median(took_ms), "ms", _MOST_APPEND_MS, remark)
    ]


def _answers(folder: Path, state_dir: Path, count: int) -> list[Row]:
    """Over HTTP from the real server, which opens the file that was just written."""
    board = Board(folder / "board", 100, 700)
    rows = []
    with Server(board.root, state_dir, "--timezone", "Europe/Berlin") as server, HttpClient(server) as client:
        server.wait_until_ready()
        for query in (
            "points=1000&smoothing=0.9",
            f"points=1000&smoothing=0.9&from={count // 3}&to={count // 3 + 7000}",
        ):
            path = f"/api/training/{JOB}/series?{query}"
            client.get(path)
            answers = [client.get(path) for _ in range(_ROUNDS)]
            took_ms = [answer.took_ms for answer in answers]
            remark = f"worst {shown(max(took_ms))} ms; {len(answers[-1].body) / 1000:.0f} kB"
            rows.append(
                Row(
                    f"`GET …/series?{query}` over HTTP: median",
                    median(took_ms),
                    "ms",
                    None,
                    remark,
                )
            )
    return rows
