"""Eighteen workers at 20 events a second each, watched by the page Workers in Chromium."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from benchmarks.kit.board import Board
from benchmarks.kit.browser import chromium, open_page, until
from benchmarks.kit.figures import Row, percentile, shown
from benchmarks.kit.server import Server
from llm_service.simulators.bobspark import Bobspark

NAME = "live-cards"
TITLE = "Eighteen live cards"
WORKERS = 18
RATE = 20.0
_PROBE = Path(__file__).parent / "kit" / "page_probe.js"
_LONG = {"iterations": 1_000, "rate": RATE, "outcome": "completed"}


def run(folder: Path, *, quick: bool) -> list[Row]:
    """All rows of this benchmark. The simulator shares this process; the server and Chromium have their own."""
    board = Board(folder / "board", 10, 3_000)
    simulator = Bobspark(slots=WORKERS, seed=1).start()
    try:
        for _ in range(WORKERS):
            config = {"type": "qa", "domain": "AWS IAM", "sim": _LONG}
            simulator.runs.submit("Generate 100 Q&A Pairs examples for domain: AWS IAM", "gpt-4o", config)
        with Server(board.root, folder / "state", "--bobspark", simulator.url) as server, chromium() as browser:
            server.wait_until_ready()
            return _watch(browser, server, simulator, 8 if quick else 30)
    finally:
        simulator.stop()


def _watch(browser: Any, server: Server, simulator: Bobspark, seconds: int) -> list[Row]:
    page = open_page(browser, server, _PROBE, "workers")
    until(page, f"document.querySelectorAll('.run-card[data-flowing]').length === {WORKERS}")
    page.wait_for_timeout(2_000)  # what is only loaded once is loaded
    line = page.context.new_cdp_session(page)
    line.send("Performance.enable")
    before_mb, told = _heap_mb(line), _events(simulator)
    page.evaluate("benchFrames(true)")
    began_s = time.monotonic()
    page.wait_for_timeout(seconds * 1_000)
    seen = page.evaluate("(benchRunning = false, {tasks: benchSeen.tasks, frames: benchSeen.frames})")
    rate = (_events(simulator) - told) / (time.monotonic() - began_s)
    grown_mb = _heap_mb(line) - before_mb
    page.context.close()
    long = [task["ms"] for task in seen["tasks"]]
    longest = f"longest {shown(max(long))} ms" if long else "none to be named"
    frames = f"frames: p50 {shown(percentile(seen['frames'], 0.5))}, p99 {shown(percentile(seen['frames'], 0.99))} ms"
    what = f"main-thread tasks over 50 ms in {seconds} s"
    return [
        Row(what, len(long), "", 0, f"{rate:.0f} events/s; {longest}; {frames}"),
        Row("heap grown, after collecting", grown_mb, "MB", 2, f"from {shown(before_mb)} MB"),
    ]


def _events(simulator: Bobspark) -> int:
    return sum(run["events"] for run in simulator.ledger()["runs"].values())


def _heap_mb(line: Any) -> float:
    """Used JavaScript heap of the page once garbage is gone."""
    line.send("HeapProfiler.collectGarbage")
    metrics = {metric["name"]: metric["value"] for metric in line.send("Performance.getMetrics")["metrics"]}
    return float(metrics["JSHeapUsedSize"]) / 1e6
