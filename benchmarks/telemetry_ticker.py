"""Benchmark 9: from an invocation handed in over HTTP to the changed ticker in Chromium."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.kit.board import Board
from benchmarks.kit.browser import chromium, open_page, until
from benchmarks.kit.figures import Row, median, percentile, shown
from benchmarks.kit.http_client import HttpClient
from benchmarks.kit.server import Server

NAME = "telemetry-ticker"
TITLE = "From an invocation to the ticker"
_PROBE = Path(__file__).parent / "kit" / "ticker_probe.js"
_GAP_S = 0.4
"""Longer than the quarter of a second in which the server tells costs once."""
_USD = 1.25


class Change(NamedTuple):
    """Milliseconds from the first byte of the request to its answer, to the changed text, and to the painted frame."""

    answered: float
    changed: float
    painted: float


def run(folder: Path, *, quick: bool) -> list[Row]:
    """All rows of this benchmark."""
    board = Board(folder / "board", 1_000, 700)
    with (
        Server(board.root, folder / "state") as server,
        chromium() as browser,
        HttpClient(server) as client,
    ):
        server.wait_until_ready()
        rows = []
        for section in ("", "costs"):
            page = open_page(browser, server, _PROBE, section)
            changes = _changes(page, client, 15 if quick else 120)
            rows += _rows(changes, "page Costs" if section else "board of 1,000 tasks")
            page.context.close()
        return rows


def _changes(page: Any, client: HttpClient, count: int) -> list[Change]:
    row = {"model": "house-model-7b", "agent": "curator", "input_tokens": 900, "cost_usd": _USD}
    client.post("/api/telemetry/invocations", [row])
    until(page, "document.querySelector('[data-part=connection]')?.dataset.word === 'live' && benchTicker.length > 0")
    ahead_ms = _ahead_ms(page)
    changes = []
    for number in range(5 + count):
        # Not in step with the page's frames; and the last answer must have been told.
        page.wait_for_timeout(_GAP_S * 1000 + number % 17)
        before = page.evaluate("benchTicker.length")
        began_ms = time.time_ns() / 1e6
        answered_ms = client.post("/api/telemetry/invocations", [row]).took_ms
        until(page, f"benchTicker.length > {before} && benchTicker[{before}].painted !== null", every_ms=10)
        seen = page.evaluate(f"benchTicker[{before}]")
        if number >= 5:
            changed, painted = (seen[name] - ahead_ms - began_ms for name in ("at", "painted"))
            changes.append(Change(answered_ms, changed, painted))
    return changes


def _ahead_ms(page: Any) -> float:
    """How far the page's clock is ahead of ours: of many looks, the one that took least."""
    looks = []
    for _ in range(40):
        before = time.time_ns() / 1e6
        there = page.evaluate("benchNow()")
        after = time.time_ns() / 1e6
        looks.append((after - before, there - (before + after) / 2))
    return min(looks)[1]


def _rows(changes: list[Change], where: str) -> list[Row]:
    answered, changed, painted = (list(column) for column in zip(*changes, strict=True))
    remark = f"max {shown(max(changed))} ms of {len(changed)}; request answered after {shown(median(answered))} ms"
    return [
        Row(f"{where}: ticker changed, p50", median(changed), "ms", 50, remark),
        Row(f"{where}: ticker changed, p99", percentile(changed, 0.99), "ms"),
        Row(f"{where}: painted, p50", median(painted), "ms", None, f"p99 {shown(percentile(painted, 0.99))} ms"),
    ]
