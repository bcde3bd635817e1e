"""Benchmark 8: ten million invocations. What the page asks, how soon it is open, and what goes on top."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.kit import cost_questions
from benchmarks.kit.big_store import QUICK_ROWS, ROWS, big_store, row_count
from benchmarks.kit.board import Board
from benchmarks.kit.figures import Row, median, shown
from benchmarks.kit.http_client import HttpClient
from benchmarks.kit.invocations import STEP_MS, Calls
from benchmarks.kit.server import REPO, Server
from benchmarks.kit.store import ZONE, Store, bare_s, now_ms
from benchmarks.kit.timed_reading import Statements
from benchmarks.telemetry_ingest import single_posts, thousand_rows
from llm_service.telemetry.database import FILE_NAME, Database

NAME = "telemetry-10m"
TITLE = "Ten million invocations"
_WARM_UP = 3
_ROUNDS = 40
_MOST_MEDIAN_MS, _MOST_WORST_MS = 10, 50


class Query(NamedTuple):
    """One statement of one answer, in ms."""

    path: str
    statement: str
    median_ms: float
    worst_ms: float


def run(folder: Path, *, quick: bool) -> list[Row]:
    """All rows of this benchmark."""
    state_dir = big_store(folder, QUICK_ROWS if quick else ROWS)
    board = Board(folder / "board", 1_000, 700)
    rows = [*_size(state_dir), *_opening(state_dir, board), *_questions(state_dir, board)]
    rows += _checking(state_dir, board)
    return rows + _on_top(state_dir, board, folder, 20_000 if quick else 200_000)


def _server(board: Board, state_dir: Path) -> Server:
    """In the zone of the store: another one would have it count its days anew."""
    return Server(board.root, state_dir, "--timezone", ZONE)


def _size(state_dir: Path) -> list[Row]:
    count, size = row_count(state_dir), (state_dir / FILE_NAME).stat().st_size
    remark = f"{size / 1e9:.2f} GB for {count:,}"
    return [Row("size of a row, with all sums and indexes", size / count, "bytes", None, remark)]


def _opening(state_dir: Path, board: Board) -> list[Row]:
    opened_ms, known_s = [], []
    for _ in range(20):
        began_s = time.monotonic()
        Database.open(state_dir, zone=ZONE, now_ms=now_ms)
        opened_ms.append((time.monotonic() - began_s) * 1000)
    for _ in range(3):
        with _server(board, state_dir) as server, HttpClient(server) as client:
            while json.loads(client.get("/api/costs/now").body)["costs"]["total"] is None:
                pass
            known_s.append((time.monotonic_ns() - server.spawned_ns) / 1e9)
    with closing(sqlite3.connect(f"file:{state_dir / FILE_NAME}?mode=ro", uri=True)) as connection:
        began_s = time.monotonic()
        connection.execute("PRAGMA quick_check(1)").fetchone()
        checked_s = time.monotonic() - began_s
    return [
        Row("opening the database", median(opened_ms), "ms", None, f"max {shown(max(opened_ms))} ms of 20"),
        Row("from the start of the server to known costs", median(known_s), "s", None, "median of 3, 1,000 tasks"),
        Row("checking the file, once a week and after a kill", checked_s, "s", None, "the writer waits, nobody else"),
    ]


def _questions(state_dir: Path, board: Board) -> list[Row]:
    """Each answer over HTTP from the real server; and each of its queries in this process, where they can be timed."""
    queries, paths = _queries(state_dir)
    with _server(board, state_dir) as server, HttpClient(server) as client:
        server.wait_until_ready()
        answers = _asked(paths, lambda path: client.get(path).took_ms)
    rows = []
    for path in paths:
        mine = [query for query in queries if query.path == path]
        slowest = max(mine, key=lambda query: query.median_ms)
        worst_ms = max(query.worst_ms for query in mine)
        took_ms = answers[path]
        remark = f"worst {shown(worst_ms)} ms; {len(mine)} queries; whole answer over HTTP:"
        remark += f" median {shown(median(took_ms))}, worst {shown(max(took_ms))} ms"
        name = path.partition("&cursor=")[0] + (" (tenth page)" if "cursor" in path else "")
        rows.append(Row(f"`{name}`, slowest query: median", slowest.median_ms, "ms", _MOST_MEDIAN_MS, remark))
    worst = max(queries, key=lambda query: query.worst_ms)
    remark = f"of {len(queries)} queries, {_ROUNDS} times each; it belongs to `{worst.path[:60]}`"
    rows.append(Row("worst of all queries", worst.worst_ms, "ms", _MOST_WORST_MS, remark))
    longest = max(max(took_ms) for took_ms in answers.values())
    remark = f"of {len(paths)} questions, {_ROUNDS} times each"
    rows.append(Row("worst of all answers over HTTP", longest, "ms", None, remark))
    return rows


def _queries(state_dir: Path) -> tuple[list[Query], tuple[str, ...]]:
    statements = Statements()
    routes = cost_questions.Routes(Database.open(state_dir, zone=ZONE, now_ms=now_ms), statements)
    paths = (*cost_questions.PATHS, cost_questions.deep_page(routes))

    def ask(path: str) -> float:
        statements.calling = path
        routes.get(path)
        return 0.0

    _asked(paths, ask, warmed_up=statements.took_ms.clear)
    return [Query(*key, median(took), max(took)) for key, took in statements.took_ms.items()], paths


def _asked(
    paths: tuple[str, ...], ask: Callable[[str], float], warmed_up: Callable[[], Any] = lambda: None
) -> dict[str, list[float]]:
    """What each question took, in rounds through all of them, so that none lives off its own last answer alone."""
    took_ms: dict[str, list[float]] = {path: [] for path in paths}
    for round_ in range(_WARM_UP + _ROUNDS):
        if round_ == _WARM_UP:
            warmed_up()
        for path in paths:
            took = ask(path)
            if round_ >= _WARM_UP:
                took_ms[path].append(took)
    return took_ms


def _checking(state_dir: Path, board: Board) -> list[Row]:
    command = [sys.executable, "-m", "llm_service", "telemetry", "check", "--json", "--state-dir", str(state_dir)]
    command += ["--watch-dir", str(board.root)]
    here = {**os.environ, "PYTHONPATH": str(REPO)}
    began_s = time.monotonic()
    done = subprocess.run(command, cwd=REPO, env=here, stdout=subprocess.PIPE, check=False)
    took_s = time.monotonic() - began_s
    report = json.loads(done.stdout)
    remark = f"{report['rows']:,} rows, {report['sums']:,} sums recounted"
    return [
        Row("`telemetry check`", took_s, "s", None, remark),
        Row("sums that differ from a recount", report["different"], "", 0),
    ]


def _on_top(state_dir: Path, board: Board, folder: Path, count: int) -> list[Row]:
    """More rows into the full store, with random ids: in bulk and over HTTP."""
    # Another seed each time: a store that was kept has the ids of the runs before.
    seed = now_ms()
    calls = Calls(seed, seed - count * STEP_MS)
    raws = calls.rows(count, named=True)
    plain = count / bare_s(folder / "bare.db", raws)
    scattered = Calls(seed + 1, seed - count // 4 * STEP_MS).rows(count // 4, named=True, spread_ms=300 * 86_400_000)
    with Store(state_dir) as store:
        rate = count / store.keep(raws)
        far = len(scattered) / store.keep(scattered)
    what = f"{count:,} rows with random ids on top"
    rows = [
        Row(f"{what}: validated, priced, summed", rate, "rows/s", None, "4,000 rows a commit", least=20_000),
        Row("bare `executemany` into an empty table against ours", plain / rate, "×", None, f"{shown(plain)} rows/s"),
        Row("the same with times all over 300 days", far, "rows/s", None, f"{len(scattered):,} rows, no two in order"),
    ]
    with _server(board, state_dir) as server:
        server.wait_until_ready()
        return rows + thousand_rows(server, 10) + single_posts(server, 400)
