"""Benchmark 6: agents' logs. A first import of a gigabyte beside the live board, and following logs that grow."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from benchmarks.kit.board import Board
from benchmarks.kit.claude_logs import Sessions
from benchmarks.kit.crowd import Crowd
from benchmarks.kit.figures import Row, percentile, shown
from benchmarks.kit.log_reading import until_read
from benchmarks.kit.server import Server, children, peak_rss_mb, rss_mb
from benchmarks.kit.writer import Change, Writer

NAME = "log-import"
TITLE = "Agents' own logs"
_CLIENTS = 20
_GAP_S = 0.025
_TASKS = 1_000
_GROWING = 20
_TICKS = os.sysconf("SC_CLK_TCK")


def run(folder: Path, *, quick: bool) -> list[Row]:
    """All rows of this benchmark."""
    home, aside = folder / "home", folder / "aside"
    home.mkdir()
    sessions = Sessions(aside)
    size = sessions.write(100_000_000 if quick else 1_000_000_000)
    board = Board(folder / "board", _TASKS, 700)
    with Writer() as writer, Server(board.root, folder / "state", home=home) as server:
        server.wait_until_ready()
        until_read(server, 0)
        before_mb = rss_mb(server.pid)
        crowd = Crowd(server, _CLIENTS)
        idle_ms, _ = _deliveries(board, writer, crowd, 1, 200 if quick else 400)
        began_s = time.monotonic()
        os.rename(aside / ".claude", home / ".claude")
        busy_ms, child_mb, lost = _while_importing(board, writer, crowd, server)
        took_s = until_read(server, size) - began_s
        after_ms, _ = _deliveries(board, writer, crowd, 100_001, 200 if quick else 400)
        crowd.close()
        rows = _import_rows(size, took_s, sessions.calls, server)
        rows += _delivery_rows(idle_ms, busy_ms, after_ms, lost)
        rows.append(Row("memory of the server, 1,000 tasks, before the import", before_mb, "MB", 80))
        rows.append(Row("its peak during the import", peak_rss_mb(server.pid), "MB"))
        rows.append(Row("peak of the importing child", child_mb, "MB"))
    return rows + _following(board, folder, 10 if quick else 30)


def _deliveries(board: Board, writer: Writer, crowd: Crowd, first: int, count: int) -> tuple[list[float], int]:
    """Milliseconds from a file's change to each client that read of it, and how many never came."""
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


def _while_importing(board: Board, writer: Writer, crowd: Crowd, server: Server) -> tuple[list[float], float, int]:
    """Deliveries from the child's start to its end, and the child's peak memory."""
    while not children(server.pid):
        time.sleep(0.005)
    child, first, lost = children(server.pid)[0], 1_001, 0
    took_ms: list[float] = []
    child_mb = 0.0
    while True:
        found, missing = _deliveries(board, writer, crowd, first, 20)
        try:
            child_mb = max(child_mb, peak_rss_mb(child))
        except OSError:
            # The last round was partly beside the import and partly after it.
            return took_ms or found, child_mb, lost
        took_ms += found
        lost += missing
        first += 20


def _import_rows(size: int, took_s: float, calls: int, server: Server) -> list[Row]:
    kept = sum(source["messages"] for source in server.get("/api/telemetry/sources")["sources"])
    return [
        Row(
            f"import of {shown(size / 1e6)} MB", size / 1e6 / took_s, "MB/s", None, f"{shown(took_s)} s, with its start"
        ),
        Row("calls found", kept, "", None, f"of {calls:,} written; {shown(calls / took_s)} a second"),
    ]


def _delivery_rows(idle_ms: list[float], busy_ms: list[float], after_ms: list[float], lost: int) -> list[Row]:
    idle, busy, after = (percentile(took_ms, 0.99) for took_ms in (idle_ms, busy_ms, after_ms))

    def says(took_ms: list[float]) -> str:
        return f"p50 {shown(percentile(took_ms, 0.5))}, max {shown(max(took_ms))} ms of {len(took_ms):,} deliveries"

    what = f"file to {_CLIENTS} clients, 40 events/s"
    return [
        Row(f"{what}: p99 with nothing else to do", idle, "ms", None, says(idle_ms)),
        Row(f"{what}: p99 during the import", busy, "ms", None, says(busy_ms)),
        Row(f"{what}: p99 after it", after, "ms", None, says(after_ms)),
        Row("during the import against idle", busy / max(idle, after), "×", 3),
        Row("deliveries missed during the import", lost, "", 0),
    ]


def _following(board: Board, folder: Path, for_s: int) -> list[Row]:
    """Processor time of the server while nothing grows, and while each of some logs gets a line a second."""
    home = folder / "growing"
    logs = [home / f".claude/projects/-home-ada-{number}/s{number}.jsonl" for number in range(_GROWING)]
    for log in logs:
        log.parent.mkdir(parents=True)
        log.write_bytes(_line(0, 0))
    shares = []
    with Server(board.root, folder / "state-growing", home=home) as server:
        server.wait_until_ready()
        until_read(server, 1)
        time.sleep(2)
        for growing in (False, True):
            began, began_s = _cpu_s(server.pid), time.monotonic()
            for second in range(for_s):
                for number, log in enumerate(logs):
                    if growing:
                        with log.open("ab") as file:
                            file.write(_line(number, second + 1))
                    time.sleep(max(0.0, began_s + second + (number + 1) / _GROWING - time.monotonic()))
            shares.append((_cpu_s(server.pid) - began) / (time.monotonic() - began_s) * 100)
        kept = sum(source["messages"] for source in server.get("/api/telemetry/sources")["sources"])
    return [
        Row(f"following {_GROWING} logs that stand still", shares[0], "% of a core", 1),
        Row(
            f"following {_GROWING} logs, a call a second each", shares[1], "% of a core", None, f"{kept:,} calls found"
        ),
    ]


def _line(log: int, number: int) -> bytes:
    usage = {"input_tokens": 10, "output_tokens": 300, "cache_read_input_tokens": 40_000}
    message = {"id": f"msg_{log}_{number}", "model": "claude-sonnet-4-5-20250929", "usage": usage}
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    return (
        json.dumps({"type": "assistant", "timestamp": at, "sessionId": f"s{log}", "message": message}).encode() + b"\n"
    )


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
