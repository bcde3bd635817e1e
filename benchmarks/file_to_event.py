"""Benchmark 1: from a file's change to the event at a Socket.IO client, beside the bare path."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.kit.board import Board
from benchmarks.kit.figures import Row, median, percentile, shown
from benchmarks.kit.live import LiveClient
from benchmarks.kit.server import REPO, Server
from benchmarks.kit.wire import WebSocket
from benchmarks.kit.writer import Change, Writer

NAME = "file-to-event"
TITLE = "From a file's change to the event"
KINDS = ("replace", "in_place", "move")
_KIND_NAMES = {"replace": "atomic replace", "in_place": "write in place", "move": "move"}

Arrivals = dict[tuple[str, int], int]
"""When the content `edition` of the file at `path` was first here, in nanoseconds."""


class Ear:
    """Collects arrivals from one WebSocket; `understand` says what a message was about."""

    def __init__(self, ws: WebSocket, understand: Callable[[Any], tuple[str, int] | None]) -> None:
        self._ws = ws
        self._understand = understand

    def hear(self, wanted: set[tuple[str, int]], quiet_s: float, deadline_s: float) -> Arrivals:
        """Listen until all of `wanted` came; give up after `quiet_s` without a message once `deadline_s` is over."""
        arrivals: Arrivals = {}
        missing, end_s = set(wanted), time.monotonic() + deadline_s
        while missing:
            message = self._ws.receive(quiet_s)
            if message is None:
                if time.monotonic() > end_s:
                    break
                continue
            about = self._understand(message)
            if about is not None:
                arrivals.setdefault(about, message.at_ns)
                missing.discard(about)
        return arrivals


class Paths:
    """The product and the bare path, each over its own copy of one board."""

    def __init__(self, folder: Path, count: int, size: int) -> None:
        self.boards = {"product": Board(folder / "product", count, size), "bare": Board(folder / "bare", count, size)}
        self._state_dir = folder / "state"

    def __enter__(self) -> Paths:
        self.server = Server(self.boards["product"].root, self._state_dir)
        self.server.wait_until_ready()
        self._bare = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.kit.bare", str(self.boards["bare"].root)],
            stdout=subprocess.PIPE,
            cwd=REPO,
        )
        assert self._bare.stdout
        live = LiveClient(self.server, {"board": {}, "activity": {}})
        plain = WebSocket(int(self._bare.stdout.readline()), "/")

        def of_product(message: Any) -> tuple[str, int] | None:
            event = live.understand(message)
            if event is None or not event.name.startswith("task."):
                return None
            return event.data["file_path"], _edition(event.data["task"]["title"])

        def of_bare(message: Any) -> tuple[str, int] | None:
            data = json.loads(message.text)
            return data["path"], _edition(data["title"])

        self._clients = (live, plain)
        self.ears = {"product": Ear(live.ws, of_product), "bare": Ear(plain, of_bare)}
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()
        self._bare.wait(5)
        assert self._bare.stdout
        self._bare.stdout.close()
        self.server.__exit__()


def run(folder: Path, *, quick: bool) -> list[Row]:
    """All rows of this benchmark."""
    rows: list[Row] = []
    rounds, each, missed = (2, 50, 200) if quick else (5, 100, 1_000)
    with Writer() as writer:
        for size, label in ((700, "0.7 kB"), (3_000, "3 kB")):
            with Paths(folder / f"board-{size}", 10_000, size) as paths:
                for kind in KINDS:
                    rows += _latency(paths, writer, kind, label, rounds=rounds, each=each)
                if size == 700:
                    for gap_ms in (200, 20, 5):
                        # The slowest pace is the easiest; a look need not take 40 s for it.
                        count = 100 if quick and gap_ms == 200 else missed
                        rows.append(_missed(paths, writer, gap_ms, count))
                    rows.append(_one_file(paths, writer, missed))
    return rows


def _latency(paths: Paths, writer: Writer, kind: str, label: str, *, rounds: int, each: int) -> list[Row]:
    """Rounds of the product and of the bare path by turns."""
    took_ms: dict[str, list[list[float]]] = {"product": [], "bare": []}
    for number in range(rounds):
        for name in ("product", "bare") if number % 2 else ("bare", "product"):
            board = paths.boards[name]
            changes = _changes(board, kind, number, each)
            wanted = {_about(change) for change in changes}
            writer.start(board.root, [change for change, _ in changes], 0.015)
            arrivals = paths.ears[name].hear(wanted, 0.5, each * 0.03 + 2)
            stamps = writer.stamps()
            took_ms[name].append(
                [
                    (arrivals[_about(change)] - began_ns) / 1e6
                    for change, began_ns in zip(changes, stamps, strict=True)
                    if _about(change) in arrivals
                ]
            )
    return _latency_rows(f"{_KIND_NAMES[kind]}, {label}", took_ms)


def _latency_rows(what: str, took_ms: dict[str, list[list[float]]]) -> list[Row]:
    product, bare = ([ms for one in took_ms[name] for ms in one] for name in ("product", "bare"))
    p50 = median([median(values) for values in took_ms["product"]])
    bare_p50 = median([median(values) for values in took_ms["bare"]])
    bare_says = f"bare {shown(bare_p50)} / {shown(percentile(bare, 0.99))} / {shown(max(bare))} ms"
    return [
        Row(f"{what}: p50", p50, "ms", 2, f"{bare_says} (p50 / p99 / max)"),
        Row(f"{what}: p99", percentile(product, 0.99), "ms", 10, f"of {len(product)}"),
        Row(f"{what}: max", max(product), "ms"),
        Row(f"{what}: ratio of p50 to bare", p50 / bare_p50, "×", 3),
    ]


def _changes(board: Board, kind: str, number: int, each: int) -> list[tuple[Change, int]]:
    """Changes of `each` files with the edition each brings; other files every round."""
    if kind == "move":
        return _moves(board, number, each)
    first = number * each + (0 if kind == "replace" else 5_000)
    edition = 1 + number
    return [
        (Change(kind, board.paths[task], board.text(task, edition)), edition) for task in range(first, first + each)
    ]


def _moves(board: Board, number: int, each: int) -> list[tuple[Change, int]]:
    """Files from assigned to done and, every other round, the same ones back."""
    movers = [path for path in board.paths if path.startswith("assigned/")][-each:]
    there = [(path, path.replace("assigned/", "done/", 1)) for path in movers]
    if number % 2:
        there = [(target, path) for path, target in there]
    return [(Change("move", path, target), 0) for path, target in there]


def _about(change: tuple[Change, int]) -> tuple[str, int]:
    what, edition = change
    return (what.text if what.kind == "move" else what.path), edition


def _missed(paths: Paths, writer: Writer, gap_ms: int, count: int) -> Row:
    """Changes of 20 files in turn: each change's own content must arrive."""
    board = paths.boards["product"]
    changes = []
    for number in range(count):
        task, edition = 9_000 + number % 20, 1_000 * gap_ms + number
        kind = ("replace", "in_place")[number // 20 % 2]
        changes.append((Change(kind, board.paths[task], board.text(task, edition)), edition))
    arrivals, _ = _hear(paths, writer, changes, gap_ms)
    missed = sum(1 for change in changes if _about(change) not in arrivals)
    last = all(_about(change) in arrivals for change in changes[-20:])
    what = f"missed of {count:,} changes {gap_ms} ms apart (20 files in turn, replaced and in place)"
    return Row(what, missed, "", 0, f"the last content of each file {'came' if last else 'DID NOT COME'}")


def _one_file(paths: Paths, writer: Writer, count: int) -> Row:
    """One file again and again, 5 ms apart: contents may be passed over, the last one may not."""
    board = paths.boards["product"]
    task = 9_500
    changes = [
        (Change(("replace", "in_place")[number % 2], board.paths[task], board.text(task, 1 + number)), 1 + number)
        for number in range(count)
    ]
    arrivals, _ = _hear(paths, writer, changes, 5)
    came = sum(1 for change in changes if _about(change) in arrivals)
    last = 0 if _about(changes[-1]) in arrivals else 1
    return Row(
        f"last content missed, one file written {count:,} times 5 ms apart", last, "", 0, f"{came:,} contents came"
    )


def _hear(
    paths: Paths, writer: Writer, changes: Sequence[tuple[Change, int]], gap_ms: int
) -> tuple[Arrivals, list[int]]:
    wanted = {_about(change) for change in changes}
    writer.start(paths.boards["product"].root, [change for change, _ in changes], gap_ms / 1000)
    arrivals = paths.ears["product"].hear(wanted, 2.0, len(changes) * gap_ms / 1000 * 1.2 + 1)
    return arrivals, writer.stamps()


def _edition(title: str) -> int:
    return int(title.rpartition("[")[2].rstrip("]"))
