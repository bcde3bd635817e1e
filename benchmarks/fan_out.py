"""Benchmark 4: two hundred clients, and one that never reads."""

from __future__ import annotations

import os
import time
from pathlib import Path

from benchmarks.kit.board import Board
from benchmarks.kit.crowd import Crowd
from benchmarks.kit.figures import Row, percentile, shown
from benchmarks.kit.live import LiveClient
from benchmarks.kit.server import Server, peak_rss_mb, rss_mb
from benchmarks.kit.writer import Change, Writer

NAME = "fan-out"
TITLE = "Many clients"
_CLIENTS = 200
_GAP_S = 0.05
_STORMS = 12


def run(folder: Path, *, quick: bool) -> list[Row]:
    """All rows of this benchmark."""
    board = Board(folder / "board", 5_000, 700)
    count = 60 if quick else 200
    with Writer() as writer, Server(board.root, folder / "state") as server:
        server.wait_until_ready()
        crowd = Crowd(server, _CLIENTS)
        alone_ms, lost = _deliveries(board, writer, crowd, 1, count)
        rows = _delivery_rows(f"{_CLIENTS} clients, 20 events/s", alone_ms, 40)
        rows.append(Row("deliveries missed", lost, "", 0, f"of {count * _CLIENTS:,}"))
        rows.append(
            Row("memory for each client", (rss_mb(server.pid) - _without(board, folder)) / _CLIENTS * 1000, "kB")
        )
        deaf = LiveClient(server, {"board": {}, "activity": {}}, receive_buffer=4_096)
        with_deaf_ms, lost = _deliveries(board, writer, crowd, 1_001, count)
        rows += _delivery_rows("the same beside a client that never reads", with_deaf_ms, 40)
        rows.append(Row("deliveries missed beside it", lost, "", 0, f"of {count * _CLIENTS:,}"))
        crowd.close()
        deaf.close()
    return rows + _storms(board, folder)


def _without(board: Board, folder: Path) -> float:
    with Server(board.root, folder / "state-alone") as server:
        server.wait_until_ready()
        time.sleep(1)
        return rss_mb(server.pid)


def _deliveries(board: Board, writer: Writer, crowd: Crowd, first: int, count: int) -> tuple[list[float], int]:
    """Milliseconds from change to read for every delivery, and how many did not come."""
    changes = [
        Change("replace", board.paths[number % 500], board.text(number % 500, first + number))
        for number in range(count)
    ]
    writer.start(board.root, changes, _GAP_S)
    arrivals = crowd.listen(count * _GAP_S * 1.5 + 5, until=first + count - 1)
    took_ms = [
        (at_ns - began_ns) / 1e6
        for number, began_ns in enumerate(writer.stamps(), first)
        for at_ns in arrivals.get(number, ())
    ]
    return took_ms, count * _CLIENTS - len(took_ms)


def _delivery_rows(what: str, took_ms: list[float], most_ms: float) -> list[Row]:
    remark = f"p50 {shown(percentile(took_ms, 0.5))}, max {shown(max(took_ms))} ms of {len(took_ms):,} deliveries"
    return [Row(f"{what}: p99", percentile(took_ms, 0.99), "ms", most_ms, remark)]


def _storms(board: Board, folder: Path) -> list[Row]:
    """What a client that does not read costs when there is much to say, beside what the storms cost without it."""
    grew_mb = {}
    for listening in (False, True):
        with Server(board.root, folder / f"state-storms-{listening}") as server:
            server.wait_until_ready()
            before_mb = rss_mb(server.pid)
            deaf = LiveClient(server, {"board": {}, "activity": {}}, receive_buffer=4_096) if listening else None
            began_s = time.monotonic()
            for number in range(_STORMS):
                _move_two_thousand(board, back=number % 2 == 1)
                time.sleep(0.5)
            if deaf is not None:
                gone_s = _until_nobody(server, began_s)
                lost = server.get("/ready")["clients_lost"]
                deaf.close()
            grew_mb[listening] = peak_rss_mb(server.pid) - before_mb
    remark = f"{grew_mb[True]:.0f} MB at the peak, {grew_mb[False]:.0f} without it; taken off its topics {lost} times"
    costs_mb = grew_mb[True] - grew_mb[False]
    return [
        Row(f"a client that never reads, {_STORMS} storms: memory it costs", costs_mb, "MB", 50, remark),
        Row("its connection is ended after", gone_s, "s", 30),
    ]


def _move_two_thousand(board: Board, *, back: bool) -> None:
    for path in [path for path in board.paths if path.startswith("done/")][:2_000]:
        there = path.replace("done/", "assigned/", 1)
        source, target = (there, path) if back else (path, there)
        os.rename(board.root / source, board.root / target)


def _until_nobody(server: Server, began_s: float) -> float:
    """Seconds until the server has no client left, 60 at most."""
    while (passed_s := time.monotonic() - began_s) < 60 and server.get("/ready")["clients"]:
        time.sleep(0.1)
    return passed_s
