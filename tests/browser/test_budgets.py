"""Budgets on the page: one goes over before the reader's eyes, is acknowledged, made, changed and cleared."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from llm_service.core.budgets.settings import read_agent_budgets, read_budgets
from llm_service.core.invocations.usage import Invocation
from tests.browser.test_access import serious
from tests.kit.boards import Board, running_board
from tests.kit.waiting import wait_until

BUDGETS = read_budgets([{"name": "Day", "period": "day", "usd": 10.0, "cooldown_min": 0}])
EVERY_AGENT = read_agent_budgets([{"period": "day", "usd": 20.0}])
HEAR_NOTIFICATIONS = """
() => {
  window.__notified = [];
  const Real = window.Notification;
  window.Notification = class extends Real {
    constructor(title, options) {
      super(title, options);
      window.__notified.push(`${title}: ${options.body}`);
    }
  };
}
"""


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    (tmp_path / "work").mkdir()
    with running_board(tmp_path / "work", tmp_path / "state", budgets=BUDGETS, agent_budgets=EVERY_AGENT) as running:
        yield running


@pytest.fixture
def spend(board: Board) -> Callable[..., None]:
    """Record one call that costs so many dollars; None: nobody knows what."""

    def record(usd: float | None, agent: str = "anna") -> None:
        now_ms = time.time_ns() // 1_000_000
        row = Invocation(f"i{time.perf_counter_ns()}", now_ms, "m", "script", agent=agent, input_tokens=10,
                         reported_nano=None if usd is None else round(usd * 10**9))  # fmt: skip
        board.runtime.telemetry.opened().recorder.record([row])

    return record


def strip(page: Any) -> Any:
    return page.page.locator("#notices .budget-strip")


def panel(page: Any) -> Any:
    return page.page.locator(".budgets")


def budget(page: Any, name: str) -> Any:
    return panel(page).locator(".budget", has=page.page.locator(".budget-name").get_by_text(name, exact=True))


def test_a_budget_that_goes_over_is_seen_on_every_open_page_without_a_reload(board, spend, open_page) -> None:
    on_board, on_costs = open_page(board), open_page(board, "#costs")
    expect(budget(on_costs, "Day").locator(".budget-percent")).to_have_text("0 %")
    spend(4.0)
    expect(budget(on_costs, "Day").locator(".budget-percent")).to_have_text("40 %")
    expect(strip(on_board)).to_have_count(0)
    spend(6.5)
    for page in (on_board, on_costs):
        expect(strip(page)).to_contain_text("Day is over budget: $10.50 of $10.00 used.")
        expect(strip(page)).to_have_attribute("data-kind", "error")
        expect(page.page.locator("#rail .rail-count")).to_contain_text("1")
        page.hears("Day is over budget")
    expect(budget(on_costs, "Day").locator(".budget-state")).to_have_text("over")
    expect(budget(on_costs, "Day").locator("progress")).to_have_js_property("value", 100)
    strip(on_board).get_by_role("button", name="Acknowledge").click()
    for page in (on_board, on_costs):
        expect(strip(page)).to_have_count(0)
    expect(on_board.page.locator("#rail .rail-count")).to_contain_text("1")
    kept = [alert for alert in board.get("/api/budgets")[1]["alerts"] if alert["name"] == "Day"]
    assert kept
    assert all(alert["acknowledged"] for alert in kept)


def test_an_alert_is_a_line_of_the_activity_and_of_the_history(board, spend, open_page) -> None:
    page = open_page(board, "#costs")
    spend(10.5)
    panel(page).locator(".budget-history summary").click()
    expect(panel(page).locator(".budget-alert")).to_have_count(2)
    page.press("a")
    line = page.page.locator("#drawer .feed-row[data-event='budget.alert']").filter(has_text="Day is over budget")
    expect(line).to_have_count(1)
    panel(page).locator(".budget-alert", has_text="Day is over").get_by_role("button", name="Acknowledge").click()
    expect(panel(page).locator(".budget-alert", has_text="Day is over")).to_contain_text("acknowledged")


def test_a_budget_is_made_changed_and_removed_in_the_dialog(board, open_page) -> None:
    page = open_page(board, "#costs")
    other = open_page(board, "#costs")
    panel(page).get_by_role("button", name="Add a budget").click()
    dialog = page.page.locator("#budget-dialog")
    expect(dialog.locator("h2")).to_have_text("New budget")
    dialog.locator("[data-field=scope]").select_option("model")
    dialog.locator("[data-field=value]").fill("opus")
    dialog.locator("[data-field=limit]").fill("none")
    page.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("Limit: a number above 0.")
    dialog.locator("[data-field=limit]").fill("1,500")
    dialog.locator("[data-field=unit]").select_option("tokens")
    expect(dialog.get_by_role("alert")).to_have_count(0)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    for each in (page, other):
        expect(budget(each, "opus per day, tokens")).to_contain_text("0 tokens of 1,500 tokens today")
    budget(page, "opus per day, tokens").get_by_role("button", name="Change").click()
    expect(dialog.locator("[data-field=limit]")).to_have_value("1500")
    dialog.locator("[data-field=limit]").fill("2000")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    panel(page).locator(".budget", has_text="2,000 tokens").get_by_role("button", name="Remove").click()
    for each in (page, other):
        expect(panel(each).locator(".budget", has_text="2,000 tokens")).to_have_count(0)


def test_what_the_server_refuses_is_said_in_the_dialog_which_stays_open(board, open_page) -> None:
    page = open_page(board, "#costs")
    panel(page).get_by_role("button", name="Add a budget").click()
    dialog = page.page.locator("#budget-dialog")
    dialog.locator("[data-field=name]").fill("Day")
    dialog.locator("[data-field=limit]").fill("5")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("there is a budget 'Day' already")
    page.press("Escape")
    expect(dialog).to_be_hidden()
    assert page.focused() == "Add a budget"


def test_an_agent_gets_a_limit_of_its_own_and_goes_back_to_the_default(board, spend, open_page) -> None:
    spend(5.0)
    page = open_page(board, "#costs")
    row = budget(page, "anna per day")
    expect(row).to_contain_text("agent default")
    expect(row.locator(".budget-percent")).to_have_text("25 %")
    row.get_by_role("button", name="Give it a limit of its own").click()
    dialog = page.page.locator("#budget-dialog")
    expect(dialog.locator("[data-field=scope]")).to_have_count(0)
    dialog.locator("[data-field=limit]").fill("50")
    dialog.get_by_role("button", name="Save").click()
    expect(row.locator(".budget-percent")).to_have_text("10 %")
    expect(row).to_contain_text("own limit")
    row.get_by_role("button", name="Back to the default").click()
    expect(row.locator(".budget-percent")).to_have_text("25 %")
    expect(budget(page, "Day").get_by_role("button")).to_have_count(0)


def test_a_call_without_a_price_is_shown_beside_the_budget_that_cannot_see_it(board, spend, open_page) -> None:
    page = open_page(board, "#costs")
    spend(None)
    expect(budget(page, "Day")).to_contain_text("1 call (10 tokens) has no known price and is not in this sum.")


def test_notifications_come_only_after_the_switch_and_once_for_each_alert(board, spend, open_page) -> None:
    page = open_page(board, "#costs", permissions=["notifications"])
    page.page.evaluate(HEAR_NOTIFICATIONS)
    spend(5.5)
    page.hears("50 % reached")
    assert page.page.evaluate("() => window.__notified") == []
    panel(page).get_by_label("Notify me").check()
    kept = "() => localStorage.getItem('llm-service.notify')"
    wait_until(lambda: page.page.evaluate(kept) == "on", "the browser's answer", pause_s=0.05)
    expect(panel(page).get_by_label("Notify me")).to_be_checked()
    spend(5.0)
    expect(strip(page)).to_contain_text("Day is over budget")
    page.hears("Day is over budget")
    told = page.page.evaluate("() => window.__notified")
    assert sorted(told) == [
        "Budget: Day is over budget: $10.50 of $10.00 used.",
        "Budget: anna per day: 50 % reached, $10.50 of $20.00 used.",
    ]


def test_a_browser_that_forbids_notifications_is_told_of(board, open_page) -> None:
    page = open_page(board, "#costs", permissions=[])
    page.page.evaluate("() => { Notification.requestPermission = async () => 'denied'; }")
    panel(page).get_by_label("Notify me").click()
    expect(panel(page)).to_contain_text("The browser does not allow notifications for this page.")
    expect(panel(page).get_by_label("Notify me")).not_to_be_checked()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 360)])
def test_axe_finds_nothing_serious(board, spend, context_of, scheme: str, width: int) -> None:
    spend(None)
    spend(21.0)
    context = context_of(
        board, color_scheme=scheme, bypass_csp=True, reduced_motion="reduce", viewport={"width": width, "height": 900}
    )
    page = context.new_page()
    page.goto(board.url + "#costs")
    expect(page.locator(".budget[data-state=over]")).to_have_count(2)
    expect(page.locator(".budget-strip")).to_be_visible()
    page.locator(".budget-history summary").click()
    expect(page.locator(".budget-alert").first).to_be_visible()
    assert [one for one in serious(page) if "budget" in one or "notice" in one] == []
    page.get_by_role("button", name="Add a budget").click()
    expect(page.locator("#budget-dialog h2")).to_be_visible()
    assert [one for one in serious(page) if "budget" in one] == []
