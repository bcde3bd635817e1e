"""Benchmark 3: thousands of files at once. `git checkout`, and what happened while the process stood still."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from benchmarks.kit.board import Board
from benchmarks.kit.figures import Row, median, shown
from benchmarks.kit.mirror import Mirror, follow
from benchmarks.kit.server import Server
from benchmarks.kit.tasks import task_text

NAME = "storm"
TITLE = "Storms"
_CLIENTS = 5


def run(folder: Path, *, quick: bool) -> list[Row]:
    """All rows of this benchmark."""
    board = Board(folder / "board", 10_000, 700)
    _make_branches(board)
    with Server(board.root, folder / "state") as server:
        server.wait_until_ready()
        mirrors = [Mirror(server) for _ in range(_CLIENTS)]
        took_s, scans, fetches = [], [], []
        for number in range(2 if quick else 6):
            before, fetched = server.get("/ready")["watcher"]["scans"], sum(mirror.fetches for mirror in mirrors)
            _git(board.root, "checkout", "-q", ("moved", "main")[number % 2])
            took_s.append(_until_equal(board, mirrors, time.monotonic_ns()))
            scans.append(server.get("/ready")["watcher"]["scans"] - before)
            fetches.append(sum(mirror.fetches for mirror in mirrors) - fetched)
        rows = [
            Row("checkout moving 2,000 of 10,000: all clients equal after", median(took_s), "s", 1, _runs(took_s)),
            Row(
                "full looks at the folder for it", max(scans), "", 2, f"most of {len(scans)}, the periodic one included"
            ),
            Row("whole boards fetched by a client for it", max(fetches) / _CLIENTS, "", None, "0 is by events alone"),
        ]
        rows.append(_stopped(board, server, mirrors))
        return rows


def _stopped(board: Board, server: Server, mirrors: list[Mirror]) -> Row:
    """FI-01."""
    os.kill(server.pid, signal.SIGSTOP)
    try:
        for number in range(20_000, 32_000):
            path = board.root / "inbox" / f"burst-{number}.yaml"
            path.write_text(task_text(number, "inbox", "architect", 700))
    finally:
        os.kill(server.pid, signal.SIGCONT)
    took_s = _until_equal(board, mirrors, time.monotonic_ns())
    watcher = server.get("/ready")["watcher"]
    remark = f"{watcher['overflows']} overflows of the kernel's queue seen"
    return Row("12,000 files created while stopped: all clients equal after", took_s, "s", 5, remark)


def _until_equal(board: Board, mirrors: list[Mirror], began_ns: int) -> float:
    """Seconds until the last of the clients equalled the directory, and stayed so."""
    expected = board.on_disk()
    if not follow(mirrors, lambda: all(mirror.paths == expected for mirror in mirrors), 0.8, 60):
        wrong = [len(mirror.paths ^ expected) for mirror in mirrors]
        raise TimeoutError(f"the clients differ from the directory after 60 s, by {wrong} paths")
    return max(0.0, max(mirror.changed_ns for mirror in mirrors) - began_ns) / 1e9


def _make_branches(board: Board) -> None:
    (board.root / ".gitignore").write_text("*.tmp\n")
    for command in (
        ("init", "-q", "-b", "main"),
        ("config", "gc.auto", "0"),
        ("add", "-A"),
        ("commit", "-q", "-m", "one"),
    ):
        _git(board.root, *command)
    _git(board.root, "checkout", "-q", "-b", "moved")
    movers = [path for path in board.paths if path.startswith("assigned/")][:1_000]
    targets = [path.replace("assigned/", "done/", 1) for path in movers]
    inbox = [path for path in board.paths if path.startswith("inbox/")][:1_000]
    targets += [path.replace("inbox/", "assigned/architect/", 1) for path in inbox]
    for path, target in zip(movers + inbox, targets, strict=True):
        os.rename(board.root / path, board.root / target)
    _git(board.root, "add", "-A")
    _git(board.root, "commit", "-q", "-m", "two")
    _git(board.root, "checkout", "-q", "main")


def _git(root: Path, *arguments: str) -> None:
    who = ["-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(root), *who, *arguments], check=True, stdout=subprocess.DEVNULL)


def _runs(values: list[float]) -> str:
    return f"median of {len(values)}: {', '.join(shown(value) for value in sorted(values))}"
