"""The page Flow against a real server: drawn, equal to /api/flow, live, by keyboard, the same after a restart."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.costs_kit import drawn_colours
from tests.browser.flow_kit import CHARTS, cells, drawn, flow_of, past, show_table
from tests.browser.page_of import PageOf
from tests.browser.test_access import serious


@pytest.fixture
def board(work_dir, make_server):
    past(work_dir)
    return make_server().start()


@pytest.fixture
def page(board, open_page: Callable[..., PageOf]) -> PageOf:
    opened = open_page(board, "#flow")
    drawn(opened)
    return opened


def stat(page: PageOf, name: str):
    return page.page.locator(f".flow-head [data-stat={name}]")


def same(found: list[str], expected) -> None:
    assert [float(cell) for cell in found] == pytest.approx([float(cell) for cell in expected])


def test_each_chart_is_drawn_and_its_table_equals_the_server(board, page) -> None:
    for name in CHARTS[:4]:
        assert drawn_colours(page, name) > 3, f"{name} is drawn"
    told = flow_of(board)
    rows = cells(show_table(page, "flow-throughput"))
    assert len(rows) == 30
    same([row[1] for row in rows], told["done"])
    same([row[2] for row in rows], told["seeded"])
    same([row[3] for row in rows], told["created"])
    rows = cells(show_table(page, "flow-standing"))
    for place, column in enumerate(("done", "assigned", "inbox"), 1):
        same([row[place] for row in rows], told["standing"][column])
    rows = cells(show_table(page, "flow-cycle"))
    finished = [task for task in told["finished"][::-1] if task["cycle_hours"] is not None]
    assert [row[0].split(",")[0] for row in rows] == [task["title"] for task in finished]
    same([row[1] for row in rows], [task["cycle_hours"] for task in finished])
    same([row[2] for row in rows], [task["lead_hours"] for task in finished])
    assert {row[5] for row in rows} == {"its file"}
    rows = cells(show_table(page, "flow-ageing"))
    assert [row[0] for row in rows] == ["Old work", "Young work"]
    assert [float(row[1]) for row in rows] == pytest.approx([80, 1.5], abs=0.05)
    rows = cells(show_table(page, "flow-agents"))
    assert [row[0] for row in rows] == [agent["agent"] for agent in told["agents"]]
    for place, rank in enumerate(("p50", "p85", "p95"), 3):
        same([row[place] for row in rows], [agent["cycle"][rank] for agent in told["agents"]])


def test_the_head_says_the_percentiles_in_plain_words(board, page) -> None:
    cycle = stat(page, "cycle")
    expect(cycle.locator(".stat-figure")).to_contain_text("3 hours")
    expect(cycle).to_contain_text("p85 2.5 days")
    expect(stat(page, "done").locator(".stat-figure")).to_contain_text("6")
    expect(stat(page, "done")).to_contain_text("6 of them with times from their files")
    expect(stat(page, "work")).to_contain_text("oldest 3.3 days; 1 over p85 of the cycle time")
    known = page.page.locator(".flow-known")
    expect(known).to_contain_text("Watching since")
    expect(known).to_contain_text("older tasks are known by their files' own times")
    expect(known.locator("[data-part=unknown]")).to_contain_text("1 done task without any time")


def test_what_is_downloaded_is_what_is_shown(board, page) -> None:
    told = flow_of(board)
    panel = page.page.locator("[data-chart=flow-throughput]")
    with page.page.expect_download() as download:
        panel.locator("[data-action=chart-csv]").click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text())))
    assert rows[0] == ["Day", "Done", "Of these seeded from files", "Created"]
    assert [row[0] for row in rows[1:]] == told["days"]
    assert [int(row[1]) for row in rows[1:]] == told["done"]
    with page.page.expect_download() as download:
        page.page.locator("[data-chart=flow-ageing] [data-action=chart-png]").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    with page.page.expect_download() as download:
        page.page.get_by_role("link", name="Download the board's history").click()
    assert download.value.path().read_text().startswith("at,event,")


def test_a_move_on_the_board_is_on_the_page_without_a_reload(board, work_dir, page) -> None:
    asked: list[str] = []
    page.page.on("request", lambda request: asked.append(request.url) if "/api/flow" in request.url else None)
    done = stat(page, "done").locator(".stat-figure")
    expect(done).to_contain_text("6")
    work_dir.add("inbox", "fresh")
    work_dir.move("fresh", "inbox", "assigned/annie")
    work_dir.move("fresh", "assigned/annie", "done/annie")
    expect(done).to_contain_text("7")
    expect(stat(page, "done")).to_contain_text("6 of them with times from their files")
    assert len(asked) <= 2, "changes that come together are one question"
    today = cells(show_table(page, "flow-throughput"))[-1]
    assert today[1:3] == ["1", "0"], "watched all the way"


def test_by_keyboard_a_task_that_gets_old_is_opened_and_closed_again(page) -> None:
    canvas = page.page.locator("[data-chart=flow-ageing] canvas")
    canvas.focus()
    page.press("ArrowDown")
    expect(page.page.locator("[data-chart=flow-ageing] [role=status]")).to_contain_text("Old work: Over p95 3.3 days")
    page.press("Enter")
    expect(page.dialog.locator("h2")).to_have_text("Old work")
    assert page.fragment() == "#flow?task=w1"
    page.press("Escape")
    expect(page.dialog).to_be_hidden()
    assert page.fragment() == "#flow"
    show_table(page, "flow-cycle").get_by_role("link", name="Finished 5").press("Enter")
    expect(page.dialog.locator("h2")).to_have_text("Finished 5")


def test_a_click_on_a_bar_opens_its_task_and_the_legend_filters(page) -> None:
    panel = page.page.locator("[data-chart=flow-ageing]")
    box = panel.locator("canvas").bounding_box()
    assert box is not None
    panel.locator("canvas").click(position={"x": box["width"] * 0.6, "y": 34})
    expect(page.dialog.locator("h2")).to_have_text("Old work")
    page.press("Escape")
    expect(page.dialog).to_be_hidden()
    legend = panel.get_by_role("button", name="Over p95")
    legend.click()
    expect(legend).to_have_attribute("aria-pressed", "false")
    panel.locator("canvas").focus()
    page.press("ArrowDown")
    expect(panel.locator("[role=status]")).to_contain_text("Young work")


def test_a_range_is_in_the_address_and_back_goes_back(page) -> None:
    page.page.get_by_role("button", name="last 7 days").click()
    expect(page.page.locator(".flow[data-word=ready][data-range='7d']")).to_have_count(1)
    assert page.fragment() == "#flow?range=7d"
    assert len(cells(show_table(page, "flow-throughput"))) == 7
    page.page.go_back()
    expect(page.page.get_by_role("button", name="last 30 days")).to_have_attribute("aria-pressed", "true")


def test_a_failure_is_said_keeps_what_was_there_and_is_retried(page) -> None:
    page.page.route("**/api/flow*", lambda route: route.fulfill(status=503, json={"error": "the disk is full"}))
    page.page.get_by_role("button", name="last 90 days").click()
    alert = page.page.locator(".flow [role=alert]")
    expect(alert).to_contain_text("The flow could not be loaded: the disk is full. It is as it was at")
    expect(page.page.locator(".flow[data-stale]")).to_have_count(1)
    page.page.unroute("**/api/flow*")
    alert.get_by_role("button", name="Try again").click()
    expect(alert).to_have_count(0)
    expect(page.page.locator(".flow[data-stale]")).to_have_count(0)


def test_an_empty_board_says_what_would_fill_the_page(server, open_page) -> None:
    page = open_page(server, "#flow")
    expect(page.page.locator(".message")).to_contain_text("No task has been seen yet")
    expect(page.page.locator(".message pre")).to_contain_text("completed_at")


def test_the_flow_is_the_same_after_a_restart_with_what_happened_meanwhile(board, work_dir, page) -> None:
    work_dir.move("i1", "inbox", "assigned/annie")
    expect(stat(page, "work").locator(".stat-figure")).to_have_text("3")
    before = flow_of(board)
    board.stop()
    work_dir.move("w2", "assigned/pedro", "done/pedro")
    board.start()
    expect(stat(page, "done").locator(".stat-figure")).to_contain_text("7")
    after = flow_of(board)
    assert after["watching_since"] == before["watching_since"]
    assert after["done"][:-1] == before["done"][:-1]
    assert [task["id"] for task in after["ageing"]] == ["w1", "i1"]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 360)])
def test_axe_finds_nothing_serious(board, context_of, scheme, width) -> None:
    options = {"color_scheme": scheme, "bypass_csp": True, "reduced_motion": "reduce"}
    page = context_of(board, **options, viewport={"width": width, "height": 900}).new_page()
    page.goto(f"{board.url}#flow")
    expect(page.locator(".flow chart-canvas[data-drawn]")).to_have_count(len(CHARTS))
    assert serious(page) == []
    page.locator("[data-chart=flow-ageing] [data-action=chart-table]").click()
    assert serious(page) == [], "with a table"
    small = page.locator(".flow :is(button, select, a)").evaluate_all(
        "(nodes) => nodes.map((node) => [node.textContent.trim(), Math.round(node.getBoundingClientRect().height)])"
        ".filter(([, height]) => height < 32)"
    )
    assert small == []
    overflow = page.evaluate(
        "() => document.querySelector('.flow').scrollWidth - document.querySelector('.flow').clientWidth"
    )
    assert overflow <= 0, "the page does not scroll sideways"
