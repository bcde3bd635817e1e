"""Benchmark 2: from the start of the process to the first cards and to all of them; memory when nothing happens."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.kit.board import Board
from benchmarks.kit.figures import Row, median
from benchmarks.kit.live import LiveClient
from benchmarks.kit.server import Server, children, peak_rss_mb, rss_mb

NAME = "cold-start"
TITLE = "Cold start and memory"
_ALONE = 1_000
_GOALS = {10_000: (1, 3, 1, 1), 100_000: (None, 25, None, 3)}
"""Seconds: first screen and all at the first start, then with the cache."""
_MOST_RSS_MB = {1_000: 60, 10_000: 110, 100_000: 400}


class Start(NamedTuple):
    """One start, in seconds and MB."""

    first_s: float
    all_s: float
    rss_mb: float
    peak_mb: float
    children: int


def run(folder: Path, *, quick: bool) -> list[Row]:
    """All rows of this benchmark."""
    rows: list[Row] = []
    for count, fresh, again in (
        ((1_000, 1, 0), (10_000, 2, 2)) if quick else ((1_000, 2, 0), (10_000, 5, 5), (100_000, 2, 3))
    ):
        board = Board(folder / f"board-{count}", count, 3_000)
        state_dir = folder / "state"
        # The memory of the board alone; with telemetry it is a figure of telemetry-memory.
        flags = ("--no-telemetry",) if count == _ALONE else ()
        firsts = []
        for _ in range(fresh):
            shutil.rmtree(state_dir, ignore_errors=True)
            firsts.append(_start(board, state_dir, *flags))
        cached = [_start(board, state_dir) for _ in range(again)]
        rows += _rows(count, firsts, cached)
        shutil.rmtree(board.root)
    return rows


def _start(board: Board, state_dir: Path, *flags: str) -> Start:
    with Server(board.root, state_dir, *flags) as server:
        client = LiveClient(server, {"board": {}})
        first_ns = all_ns = 0
        while not all_ns:
            event = client.event(120)
            if event is None:
                raise TimeoutError("the board was not loaded within two minutes")
            if event.name == "board.snapshot":
                if not first_ns and any(column["cards"] for column in event.data["columns"].values()):
                    first_ns = event.at_ns
                if not event.data["loading"]:
                    all_ns = event.at_ns
        # Not a wait for something: "idle" is defined as two seconds later.
        time.sleep(2)
        client.close()
        left = children(server.pid)
        return Start(
            (first_ns - server.spawned_ns) / 1e9,
            (all_ns - server.spawned_ns) / 1e9,
            rss_mb(server.pid) + sum(map(rss_mb, left)),
            peak_rss_mb(server.pid),
            len(left),
        )


def _rows(count: int, firsts: list[Start], cached: list[Start]) -> list[Row]:
    rows: list[Row] = []
    goals = _GOALS.get(count, (None,) * 4)
    for label, starts, (first_goal, all_goal) in (
        ("first start", firsts, goals[:2]),
        ("with the parse cache", cached, goals[2:]),
    ):
        if not starts or count == _ALONE:
            continue
        what = f"{count:,} tasks, {label}"
        firsts_s, alls_s = [start.first_s for start in starts], [start.all_s for start in starts]
        runs = f"median of {len(starts)}; best"
        rows.append(Row(f"{what}: first screen", median(firsts_s), "s", first_goal, f"{runs} {min(firsts_s):.2f}"))
        rows.append(Row(f"{what}: all loaded", median(alls_s), "s", all_goal, f"{runs} {min(alls_s):.2f}"))
    memory = [*firsts, *cached]
    most = max(start.rss_mb for start in memory)
    remark = f"largest of {len(memory)} starts; at its peak {max(start.peak_mb for start in memory):.0f}; "
    remark += f"{max(start.children for start in memory)} children left"
    what = f"{count:,} tasks: resident memory, idle" + (", telemetry off" if count == _ALONE else "")
    rows.append(Row(what, most, "MB", _MOST_RSS_MB[count], remark))
    return rows
