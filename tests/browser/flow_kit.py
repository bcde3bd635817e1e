"""Verbs of the page Flow and of the returning reader: boards with a past, charts, and a browser that was away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Locator, expect

from tests.browser.page_of import PageOf
from tests.kit.server import Server
from tests.kit.work_dir import WorkDir

CHARTS = ("flow-throughput", "flow-cycle", "flow-ageing", "flow-standing", "flow-agents")


def hours_ago(hours: float) -> str:
    """A stamp as task files carry it."""
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat(timespec="seconds").replace("+00:00", "Z")


def past(work_dir: WorkDir) -> None:
    """Six finished tasks (cycles of 1, 2, 3, 4, 5 and 60 hours), one without times, two in work, one waiting."""
    for number, cycle in enumerate((1, 2, 3, 4, 5, 60)):
        end = 30 + 24 * number
        stamps = {
            "created_at": hours_ago(end + cycle + 1),
            "assigned_at": hours_ago(end + cycle),
            "completed_at": hours_ago(end),
        }
        work_dir.add(f"done/{('pedro', 'annie')[number % 2]}", f"d{number}", title=f"Finished {number}", **stamps)
    work_dir.add("done/pedro", "timeless", title="Timeless")
    work_dir.add("assigned/annie", "w1", title="Old work", created_at=hours_ago(90), assigned_at=hours_ago(80))
    work_dir.add("assigned/pedro", "w2", title="Young work", created_at=hours_ago(3), assigned_at=hours_ago(1.5))
    work_dir.add("inbox", "i1", title="Waiting", created_at=hours_ago(5))


def flow_of(server: Server, span: str = "30d") -> dict:
    """What the server says."""
    return server.get_json(f"/api/flow?range={span}")


def drawn(page: PageOf) -> None:
    """Wait until every chart of the page is drawn."""
    expect(page.page.locator(".flow chart-canvas[data-drawn]")).to_have_count(len(CHARTS))


def show_table(page: PageOf, name: str) -> Locator:
    """A chart's panel with its table open."""
    panel = page.page.locator(f"[data-chart={name}]")
    if not panel.locator(".chart-table").count():
        panel.locator("[data-action=chart-table]").click()
    expect(panel.locator("tbody tr").first).to_be_visible()
    return panel


def cells(panel: Locator) -> list[list[str]]:
    """The rows of an open table: name, then exact values as text."""
    return panel.locator("tbody tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.children].map((cell) => cell.dataset.value ?? cell.textContent.trim()))"
    )


def was_away(page: PageOf, minutes: float) -> None:
    """As if this browser had last looked so long ago; then it comes back. Leaving now must not be noted as a visit."""
    page.page.evaluate(
        """(ms) => {
          const key = Object.keys(localStorage).find((name) => name.startsWith("llm-service.visit."));
          localStorage.setItem(key, String(Date.now() - ms));
          Storage.prototype.setItem = () => {};
        }""",
        minutes * 60_000,
    )
    page.page.reload()
    expect(page.pill).to_have_text("Live")


def visited(page: PageOf) -> None:
    """Wait until the visit has been noted."""
    page.page.wait_for_function(
        "() => Object.keys(localStorage).some((key) => key.startsWith('llm-service.visit.'))", polling=50
    )
