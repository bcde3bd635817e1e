"""Benchmark 5: the page in Chromium, 10,000 tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.kit.board import Board
from benchmarks.kit.browser import chromium, open_page, until
from benchmarks.kit.figures import Row, median, percentile, shown
from benchmarks.kit.server import Server
from benchmarks.kit.writer import Change, Writer

NAME = "page"
TITLE = "The page in Chromium"
_PROBE = Path(__file__).parent / "kit" / "page_probe.js"


def run(folder: Path, *, quick: bool) -> list[Row]:
    """All rows of this benchmark."""
    board = Board(folder / "board", 10_000, 3_000)
    with Server(board.root, folder / "state") as server, chromium() as browser:
        server.wait_until_ready()
        rows = _loads(browser, server, 3 if quick else 9)
        return rows + _events(browser, server, board, 300 if quick else 1_000)


def _loads(browser: Any, server: Server, times: int) -> list[Row]:
    """Every load in a context of its own: nothing is cached, nothing compiled."""
    loads = []
    for _ in range(times):
        page = open_page(browser, server, _PROBE)
        until(page, "benchSeen.interactive !== null")
        loads.append(page.evaluate("({...benchSeen, bytes: performance.getEntriesByType('resource').length})"))
        page.context.close()
    rows = []
    for what, name, most_ms in (
        ("first cards painted", "cards", 500),
        ("interactive: search has the key, a card's dialog is painted", "interactive", 600),
    ):
        values = [load[name] for load in loads]
        remark = f"median of {times}; {shown(min(values))} to {shown(max(values))}; {loads[0]['bytes']} requests"
        rows.append(Row(what, median(values), "ms", most_ms, remark))
    return rows


def _events(browser: Any, server: Server, board: Board, count: int) -> list[Row]:
    """A hundred changes a second to what the page shows: new content, and moves from column to column."""
    page = open_page(browser, server, _PROBE)
    until(page, "benchSeen.interactive !== null")
    page.keyboard.press("Escape")
    until(page, "!document.querySelector('dialog[open]')")
    changes = _changes(board, count)
    last_title = board.text(int(changes[-1].path[-11:-5]), count).split("title: '")[1].split("'")[0]
    page.evaluate("benchFrames(true)")
    with Writer() as writer:
        writer.start(board.root, changes, 0.01)
        stamps = writer.stamps()
        until(page, f"[...document.querySelectorAll('.card-title')].some(node => node.textContent === {last_title!r})")
    seen = page.evaluate("(benchRunning = false, {tasks: benchSeen.tasks, frames: benchSeen.frames})")
    page.context.close()
    rate = count / ((stamps[-1] - stamps[0]) / 1e9)
    long = [task["ms"] for task in seen["tasks"]]
    frames = f"frames: p50 {shown(percentile(seen['frames'], 0.5))}, p99 {shown(percentile(seen['frames'], 0.99))} ms"
    what = f"main-thread tasks over 50 ms in {count / rate:.0f} s"
    longest = f"longest {shown(max(long))} ms" if long else "none to be named"
    return [Row(what, len(long), "", 0, f"{rate:.0f} events/s; {longest}; {frames}")]


def _changes(board: Board, count: int) -> list[Change]:
    """The newest cards of assigned and done, which are on the screen; each change is one event."""
    newest = {
        column: [number for number in range(len(board.paths) - 1, 0, -1) if board.paths[number].startswith(column)][:40]
        for column in ("inbox", "assigned", "done")
    }
    where = list(board.paths)
    changes = []
    for step in range(count):
        column = ("inbox", "assigned", "done")[step % 3]
        number = newest[column][step // 3 % 40]
        text = board.text(number, step + 1)
        if column == "assigned" and step % 2 and step < count - 1:
            there = "done/" if where[number].startswith("assigned/") else "assigned/"
            target = there + where[number].partition("/")[2]
            changes.append(Change("move", where[number], target))
            where[number] = target
        else:
            changes.append(Change("replace", where[number], text))
    last = newest["inbox"][0]
    changes[-1] = Change("replace", where[last], board.text(last, count))
    return changes
