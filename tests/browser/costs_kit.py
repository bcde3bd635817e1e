"""Verbs of the page Costs: calls recorded over HTTP, charts and their tables, the database's own answers."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Locator, expect

from tests.browser.page_of import PageOf
from tests.kit.server import Server
from tests.kit.waiting import wait_until

LISTED = ("claude-sonnet-4-5", "claude-opus-4-5", "gpt-5-mini")
"""Models of these tests that have a published price."""
PIXELS = """
(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set();
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] > 200) colours.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
  }
  return colours.size;
}
"""


def iso(ago_s: float = 0.0) -> str:
    """A time so many seconds ago."""
    return (datetime.now(UTC) - timedelta(seconds=ago_s)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def record(server: Server, *rows: dict) -> None:
    """Record calls; none of them may be refused. On a busy machine the list's prices come after the rows."""
    body = json.dumps(rows).encode()
    answer = server.ask(
        "/api/telemetry/invocations", "POST", headers={"Content-Type": "application/json"}, body=body
    ).json()
    assert answer["refused"] == [], answer
    late = f"SELECT model FROM invocations WHERE cost_nano IS NULL AND model IN {LISTED}"
    wait_until(lambda: not sql(server, late), "the prices of the listed models")


def sql(server: Server, query: str) -> list[tuple]:
    """Ask the database of a server, read only."""
    path = server.state_dir / "telemetry.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def three_days(server: Server) -> None:
    """Calls of three models and three agents over three days, some failed, one without a price."""
    day_s = 86_400
    rows = [
        {
            "model": ("claude-sonnet-4-5", "claude-opus-4-5", "gpt-5-mini")[number % 3],
            "agent": ("pedro", "annie", "rita")[number % 2],
            "tool": "claude-code",
            "input_tokens": 1_000 + 37 * number,
            "output_tokens": 200 + number,
            "cache_read_tokens": 5_000,
            "cache_write_tokens": 300,
            "reasoning_tokens": 50,
            "latency_ms": 400 + 90 * number,
            **({"node": "spark"} if number % 4 == 0 else {}),
            "status": "error" if number % 7 == 0 else "success",
            "timestamp": iso(day_s * (number % 3) + 60),
        }
        for number in range(21)
    ]
    record(server, *rows, {"model": "nobody-knows-it", "agent": "rita", "input_tokens": 900, "timestamp": iso(30)})


def chart(page: PageOf, name: str) -> Locator:
    """A chart's panel."""
    return page.page.locator(f"[data-chart={name}]")


def drawn_colours(page: PageOf, name: str) -> int:
    """How many colours its drawing has, once it is drawn."""
    area = chart(page, name).locator("chart-canvas[data-drawn]")
    expect(area).to_have_count(1)
    return area.locator("canvas").evaluate(PIXELS)


def table_of(page: PageOf, name: str) -> list[list[str]]:
    """The rows of a chart's table as [name, exact figures …], and back to the drawing."""
    panel = chart(page, name)
    panel.locator("[data-action=chart-table]").click()
    rows = panel.locator("tbody tr")
    expect(rows.first).to_be_visible()
    found = rows.evaluate_all(
        "(rows) => rows.map((row) => [...row.children].map((cell) => cell.dataset.value ?? cell.textContent))"
    )
    panel.locator("[data-action=chart-table]").click()
    return found


def figures(rows: Sequence[Sequence[str]]) -> list[tuple[float, ...]]:
    """The figures of a table; a dash is -1."""
    return [tuple(-1.0 if cell == "–" else float(cell) for cell in row[1:]) for row in rows]
