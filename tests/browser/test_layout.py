"""The page while it loads and after something is closed: nothing moves under the eye, Back goes where it should."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from llm_service.core.observations import Announced
from llm_service.simulators.bobspark import Bobspark
from llm_service.upstreams import Upstream
from tests.browser.page_of import PageOf
from tests.kit.board_fixtures import folder, start_board  # noqa: F401
from tests.kit.boards import Board
from tests.kit.simulator import bobspark, make_bobspark  # noqa: F401
from tests.kit.waiting import wait_until

MOST_SHIFT = 0.05
SHIFTS = """
window.__shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) {
    const where = entry.sources.map(({node}) => node?.className ?? node?.nodeName ?? "").slice(0, 3);
    window.__shifts.push([entry.value, where.join(" | ")]);
  }
}).observe({type: "layout-shift", buffered: true});
"""
TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
SECTIONS = {
    "#workers": ".message, .run-card",
    "#workers?tab=feed": ".feed-entry",
    "#workers?tab=analytics": ".analytics-totals",
    "#workers?tab=datasets": ".dataset-card",
    "#workers?tab=models": ".models-panel",
    "#training": ".job-row",
    "#training?tab=adapters": "table",
    "#costs": ".cost-head",
    "#flow": ".message",
    "#sources": ".upstream",
}
"""Of a watched server on which nothing runs, so that what moves is not what happens: the address, what shows it."""
Watching = Callable[..., Board]


@pytest.fixture
def watching(start_board: Callable[..., Board]) -> Watching:  # noqa: F811
    """Starts a board that watches a simulator as "spark"."""

    def start(simulator: Bobspark, **more: Any) -> Board:
        return start_board(bobspark=(Upstream("spark", simulator.url),), agent_logs=False, **more)

    return start


def shifted(page: Page) -> list[tuple[float, str]]:
    """What has moved by itself since the page was loaded."""
    page.evaluate(TWO_FRAMES)
    moved: list[tuple[float, str]] = page.evaluate("() => window.__shifts")
    return moved


def assert_stood_still(page: Page) -> None:
    moved = shifted(page)
    assert sum(value for value, _ in moved) <= MOST_SHIFT, moved


def test_what_is_said_above_the_board_is_there_before_the_board_is_seen(
    start_board,  # noqa: F811
    context_of: Callable[..., BrowserContext],
) -> None:
    board = start_board(token=False)
    for name in ("one", "two", "three"):
        board.put(f"inbox/{name}.yaml")
    page = context_of(None).new_page()
    page.add_init_script(SHIFTS)
    told = threading.Event()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)
        if told.is_set():
            route.continue_()

    def tell(response: Any) -> None:
        if "/api/session" in response.url:
            told.set()
            for route in held:
                route.continue_()

    # The cards' answer comes after the one that brings the warning, however busy the machine is.
    page.route("**/api/board", hold)
    page.on("response", tell)
    page.goto(board.url)
    expect(page.locator(".notice")).to_contain_text("No token is asked for")
    expect(page.locator("section.column[data-column=inbox] .card")).to_have_count(3)
    assert_stood_still(page)


def test_the_coordinator_is_drawn_at_once(bobspark, watching, context_of) -> None:  # noqa: F811
    board = watching(bobspark)
    wait_until(lambda: len(board.get("/api/nodes")[1]["nodes"]) == 2, "both machines")
    page = PageOf(context_of(board), board)
    page.page.add_init_script(SHIFTS)
    page.open("#workers?tab=coordinator")
    expect(page.page.locator(".node-card")).to_have_count(2)
    expect(page.page.locator(".queue")).to_be_visible()
    assert_stood_still(page.page)


@pytest.mark.parametrize(("fragment", "there"), SECTIONS.items())
def test_a_section_stands_still_while_it_loads(
    make_bobspark,  # noqa: F811
    watching,
    context_of,
    fragment: str,
    there: str,
) -> None:
    board = watching(make_bobspark(past_runs=60))
    page = PageOf(context_of(board), board)
    page.page.add_init_script(SHIFTS)
    page.open(fragment)
    expect(page.page.locator(there).first).to_be_visible()
    assert_stood_still(page.page)


def test_what_happens_to_machines_is_said(bobspark, watching, open_page) -> None:  # noqa: F811
    board = watching(bobspark)
    page = open_page(board, "#workers?tab=coordinator")
    expect(page.page.locator(".node-card")).to_have_count(2)
    known = board.get("/api/nodes")[1]["nodes"][0]

    def told(level: str) -> None:
        card = {**known, "key": "far:gpu-box", "source": "far", "name": "gpu-box", "level": level}
        board.runtime.hub.publish(Announced("nodes", "node.changed", {"nodes": [card]}, rows={card["key"]: card}))

    for level in ("ok", "critical"):
        told(level)
    page.hears("gpu-box of far is above 90 percent.")
    told("ok")
    page.hears("gpu-box of far is no longer near its limits.")
    told("offline")
    page.hears("gpu-box of far is offline.")


def test_a_dataset_that_was_closed_is_not_opened_by_back(bobspark, watching, open_page) -> None:  # noqa: F811
    page = open_page(watching(bobspark), "#workers?tab=models")
    page.page.get_by_role("link", name="Datasets", exact=True).click()
    page.page.locator(".dataset-card .link-button").first.click()
    dialog = page.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.press("Escape")
    expect(dialog).to_be_hidden()
    wait_until(lambda: page.fragment() == "#workers?tab=datasets", "the tab's own address")
    page.page.go_back()
    expect(page.page.locator(".models-panel").first).to_be_visible()
    assert page.fragment() == "#workers?tab=models"
    page.page.go_forward()
    expect(page.page.locator(".dataset-card").first).to_be_visible()
    expect(dialog).to_have_count(0)


def test_a_dataset_opened_by_its_address_leaves_the_tab_in_its_place(bobspark, watching, open_page) -> None:  # noqa: F811
    board = watching(bobspark)
    wait_until(lambda: board.get("/api/datasets")[1]["datasets"], "a dataset")
    key = board.get("/api/datasets")[1]["datasets"][0]["key"]
    page = open_page(board, "#board")
    page.page.evaluate(f"() => {{ location.hash = {json.dumps(f'#workers?tab=datasets&dataset={key}')}; }}")
    dialog = page.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.press("Escape")
    expect(dialog).to_be_hidden()
    page.page.go_back()
    expect(page.column("inbox")).to_be_visible()


def test_the_wall_that_was_left_is_not_opened_by_back(bobspark, watching, open_page) -> None:  # noqa: F811
    page = open_page(watching(bobspark), "#workers?tab=models")
    page.page.get_by_role("link", name="Live", exact=True).click()
    page.page.get_by_role("link", name="Wall").click()
    expect(page.page.locator(".wall-head")).to_be_visible()
    page.page.get_by_role("button", name="Leave the wall").click()
    expect(page.page.locator(".wall-head")).to_have_count(0)
    page.page.go_back()
    expect(page.page.locator(".models-panel").first).to_be_visible()


def test_a_server_that_never_answered_is_not_told_as_idle(start_board, open_page, make_bobspark) -> None:  # noqa: F811
    simulator = make_bobspark(faults=["http-500:/api/*"])
    board = start_board(bobspark=(Upstream("spark", simulator.url),), agent_logs=False)
    page = open_page(board, "#workers")
    expect(page.page.get_by_role("heading", name="No answer yet")).to_be_visible()
    expect(page.page.locator('.fleet-head [data-stat="running"] .stat-figure')).to_have_text("–")
