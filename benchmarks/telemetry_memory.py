"""Benchmark 10: memory of the server with telemetry on: idle, after many invocations, after reading agents' logs."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.kit.board import Board
from benchmarks.kit.claude_logs import Sessions
from benchmarks.kit.figures import Row, shown
from benchmarks.kit.http_client import HttpClient
from benchmarks.kit.invocations import STEP_MS, Calls
from benchmarks.kit.log_reading import until_read
from benchmarks.kit.server import Server, children, peak_rss_mb, rss_mb
from benchmarks.kit.store import now_ms

NAME = "telemetry-memory"
TITLE = "Memory with telemetry"
_SETTLED_S = 3
_ENDED_S = 60
_MOST_MB = 80


def run(folder: Path, *, quick: bool) -> list[Row]:
    """All rows of this benchmark."""
    board = Board(folder / "board", 1_000, 3_000)
    rows = _recorded(board, folder, 20_000 if quick else 100_000)
    return rows + _logs(board, folder, 10_000_000 if quick else 50_000_000)


def _recorded(board: Board, folder: Path, count: int) -> list[Row]:
    with Server(board.root, folder / "state-alone", "--no-telemetry") as server:
        server.wait_until_ready()
        alone = _row("telemetry off", server)
    with Server(board.root, folder / "state") as server:
        server.wait_until_ready()
        idle = _row("telemetry on, nothing recorded", server)
        calls = Calls(23, now_ms() - count * STEP_MS)
        with HttpClient(server) as client:
            for _ in range(count // 1_000):
                client.post("/api/telemetry/invocations", calls.rows(1_000))
        return [alone, idle, _row(f"after {count:,} invocations, 1,000 a request", server)]


def _logs(board: Board, folder: Path, size: int) -> list[Row]:
    home = folder / "home"
    sessions = Sessions(home)
    size = sessions.write(size)
    with Server(board.root, folder / "state-logs", home=home) as server:
        server.wait_until_ready()
        until_read(server, size)
        what = f"after reading {shown(size / 1e6)} MB of Claude Code's logs"
        return [_row(what, server, f"{sessions.calls:,} calls")]


def _row(what: str, server: Server, more: str = "") -> Row:
    """The server's memory when it has had nothing to do for a while and its children have ended."""
    child_mb, end_s = 0.0, time.monotonic() + _ENDED_S
    while left := children(server.pid):
        if time.monotonic() > end_s:
            raise TimeoutError(f"{len(left)} children of the server did not end")
        child_mb = max(child_mb, sum(map(rss_mb, left)))
        time.sleep(0.1)
    time.sleep(_SETTLED_S)
    most = None if what == "telemetry off" else _MOST_MB
    remark = f"at its peak {peak_rss_mb(server.pid):.0f} MB"
    remark += f"; a child that looks prices up had {child_mb:.0f} MB for some seconds" if child_mb else ""
    return Row(what, rss_mb(server.pid), "MB", most, remark + (f"; {more}" if more else ""))
