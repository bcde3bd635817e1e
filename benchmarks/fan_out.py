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
        rows += _storms(board, server)
        deaf.close()
        return rows


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


def _storms(board: Board, server: Server) -> list[Row]:
    """What a client that does not read costs when there is much to say, and when it is let go."""
    before_mb, clients = rss_mb(server.pid), server.get("/ready")["clients"]
    movers = [path for path in board.paths if path.startswith("done/")][:2_000]
    began_s = time.monotonic()
    gone_s = None
    for number in range(12):
        for path in movers:
            there = path.replace("done/", "assigned/", 1)
            source, target = (path, there) if number % 2 == 0 else (there, path)
            os.rename(board.root / source, board.root / target)
        time.sleep(0.5)
    most_mb = peak_rss_mb(server.pid)
    while gone_s is None and time.monotonic() - began_s < 60:
        if server.get("/ready")["clients"] == 0:
            gone_s = time.monotonic() - began_s
        time.sleep(0.1)
    lost = server.get("/ready")["clients_lost"]
    remark = f"{before_mb:.0f} MB before, {most_mb:.0f} at the peak; taken off its topics {lost} times"
    return [
        Row("a client that never reads, 12 storms: memory grows by", most_mb - before_mb, "MB", 50, remark),
        Row(
            "its connection is ended after",
            gone_s if gone_s is not None else 60.0,
            "s",
            30,
            f"{clients} clients before",
        ),
    ]
