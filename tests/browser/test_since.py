"""A browser that comes back: the strip that tells what happened, and the activity that pages back over restarts."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.costs_kit import record, sql
from tests.browser.flow_kit import visited, was_away
from tests.browser.page_of import PageOf
from tests.browser.test_access import serious
from tests.kit.server import Server
from tests.kit.waiting import wait_until
from tests.kit.work_dir import WorkDir

CALL = {"model": "claude-sonnet-4-5", "agent": "pedro", "input_tokens": 100_000, "output_tokens": 10_000}
"""At 3 and 15 dollars a million tokens: 0.45 dollars."""


def kept(server: Server, event: str = "task.%") -> int:
    """Such lines in the kept history."""
    try:
        return int(sql(server, f"SELECT count(*) FROM board_history WHERE event LIKE '{event}'")[0][0])
    except sqlite3.OperationalError:
        return 0  # the database is not there yet


@pytest.fixture(autouse=True)
def watched(server: Server) -> None:
    """What is there when watching begins for the first time is no news; these tests come after that."""
    wait_until(lambda: kept(server, "watch.started"), "somebody watches")


def wait_kept(server: Server, count: int) -> None:
    wait_until(lambda: kept(server) >= count, f"{count} changes in the history")


def busy_night(server: Server, work_dir: WorkDir) -> None:
    """Three new tasks, two of them done, one that failed; two alerts and 45 cents."""
    for number in range(3):
        work_dir.add("inbox", f"n{number}", title=f"Night {number}")
    wait_kept(server, 3)
    for number in range(2):
        work_dir.move(f"n{number}", "inbox", "done/pedro")
    work_dir.add("assigned/annie", "bad", title="Went wrong", status="error")
    wait_kept(server, 6)
    body = json.dumps({"name": "Day", "scope": "all", "period": "day", "limit_usd": 0.5}).encode()
    made = server.ask("/api/budgets", "POST", headers={"Content-Type": "application/json"}, body=body)
    assert made.status in (200, 201), made.body
    record(server, CALL)
    wait_until(lambda: sql(server, "SELECT count(*) FROM alerts WHERE kind <> 'limit'")[0][0] > 0, "an alert")


def strip(page: PageOf) -> Locator:
    return page.page.locator("#since")


def part(page: PageOf, name: str) -> Locator:
    return strip(page).locator(f"[data-part={name}]")


@pytest.fixture
def page(server: Server, open_page: Callable[..., PageOf]) -> PageOf:
    """A browser that has visited the board once."""
    opened = open_page(server)
    visited(opened)
    return opened


def test_a_returning_browser_is_told_what_happened_in_one_line(server, work_dir, page) -> None:
    busy_night(server, work_dir)
    expect(strip(page)).to_have_text("")
    was_away(page, 30)
    expect(strip(page).locator("h2")).to_contain_text("Since ")
    expect(part(page, "done")).to_have_text("2 tasks done")
    expect(part(page, "failed")).to_have_text("1 failed")
    expect(part(page, "created")).to_have_text("4 new")
    expect(part(page, "alerts")).to_contain_text("alert")
    expect(part(page, "cost")).to_have_text("$0.45")
    page.hears("2 tasks done, 1 failed, 4 new")
    box = strip(page).bounding_box()
    assert box is not None
    assert box["height"] <= 44, "one line"
    part(page, "done").click()
    expect(strip(page).locator(".since-list li")).to_have_count(2)
    strip(page).get_by_role("link", name="Night 1").click()
    expect(page.dialog.locator("h2")).to_have_text("Night 1")
    page.press("Escape")
    part(page, "alerts").click()
    expect(strip(page).locator(".since-list")).to_contain_text("Day")
    part(page, "cost").click()
    assert page.fragment() == "#costs"
    strip(page).get_by_role("button", name="Dismiss").click()
    expect(strip(page)).to_have_text("")
    page.page.reload()
    expect(page.pill).to_have_text("Live")
    expect(strip(page)).to_have_text("")


def test_the_strip_is_worked_by_keyboard_and_stays_over_a_reload_until_dismissed(server, work_dir, page) -> None:
    work_dir.add("inbox", "k1", title="Came by night")
    wait_kept(server, 1)
    was_away(page, 12)
    part(page, "created").focus()
    page.press("Enter")
    expect(part(page, "created")).to_have_attribute("aria-expanded", "true")
    page.press("Tab")
    assert page.focused() == "Activity"
    page.press("Tab", "Tab")
    assert page.focused() == "Came by night"
    page.press("Escape")
    expect(strip(page).locator(".since-list")).to_have_count(0)
    assert page.focused() == "1 new"
    page.page.reload()
    expect(part(page, "created")).to_have_text("1 new")
    strip(page).get_by_role("button", name="Dismiss").press("Enter")
    expect(strip(page)).to_have_text("")
    assert page.page.evaluate("() => document.activeElement.id") == "main"


def test_nothing_is_shown_at_a_first_visit_after_a_short_absence_or_where_nothing_happened(
    server, work_dir, page
) -> None:
    with page.page.expect_response("**/api/since*") as answer:
        was_away(page, 600)
    assert answer.value.json()["created"]["count"] == 0
    work_dir.add("inbox", "s1")
    wait_kept(server, 1)
    was_away(page, 5)
    expect(page.cards("inbox")).to_have_count(1)
    expect(strip(page)).to_have_text("")


def test_a_tab_that_was_hidden_for_long_is_told_too(server, work_dir, page) -> None:
    work_dir.add("inbox", "h1")
    wait_kept(server, 1)
    page.page.evaluate("""() => {
      const key = Object.keys(localStorage).find((name) => name.startsWith("llm-service.visit."));
      localStorage.setItem(key, String(Date.now() - 3_600_000));
      document.dispatchEvent(new Event("visibilitychange"));
    }""")
    expect(part(page, "created")).to_have_text("1 new")


def test_what_happened_while_nobody_watched_is_told_with_the_gap_and_marked_in_the_activity(
    server, work_dir, page
) -> None:
    work_dir.add("inbox", "g1", title="Before the gap")
    wait_kept(server, 1)
    server.stop()
    with closing(sqlite3.connect(server.state_dir / "telemetry.db")) as db, db:
        db.execute("UPDATE board_history SET at_ms = at_ms - 900000")
    work_dir.move("g1", "inbox", "done/pedro")
    server.start()
    wait_kept(server, 2)
    was_away(page, 60)
    expect(part(page, "done")).to_have_text("1 task done")
    expect(part(page, "gaps")).to_contain_text("not watched ")
    part(page, "gaps").click()
    expect(strip(page).locator(".since-list")).to_contain_text("What changed in that time was found afterwards")
    page.press("a")
    line = page.page.locator("#drawer .feed-row[data-event='task.completed']")
    expect(line).to_contain_text("found later")
    expect(line).to_contain_text("Before the gap")
    expect(page.page.locator("#drawer .feed-row[data-event='task.created']")).not_to_contain_text("found later")
    expect(page.page.locator("#drawer .feed-end")).to_have_text("The history begins here.")


def titles(page: PageOf) -> list[str]:
    return page.page.locator("#drawer .feed-row b").evaluate_all("(nodes) => nodes.map((node) => node.textContent)")


def long_past(server: Server, work_dir: WorkDir, count: int) -> None:
    """So many edits of tasks, told one by one and minutes apart."""
    work_dir.add("inbox", "e")
    wait_kept(server, 1)
    server.stop()
    with closing(sqlite3.connect(server.state_dir / "telemetry.db")) as db, db:
        db.executemany(
            "INSERT INTO board_history (at_ms, event, path, task_id, title, column_name, priority, status, inferred)"
            " SELECT at_ms - ? * 600000, 'task.updated', 'inbox/e.yaml', 'e', ?, 'inbox', 'normal', 'new', 0"
            " FROM board_history WHERE event = 'task.created' LIMIT 1",
            [(number, f"Edit {number}") for number in range(1, count)],
        )
    server.start()


def test_the_activity_pages_back_over_a_restart_without_a_line_twice_and_keeps_the_focus(
    server, work_dir, open_page
) -> None:
    long_past(server, work_dir, 260)
    page = open_page(server)
    work_dir.add("inbox", "live", title="Live line")
    wait_kept(server, 261)
    page.press("a")
    older = page.page.locator("#drawer [data-action=older]")
    # The first page of the history begins with the live line, which is there already.
    expect(page.page.locator("#drawer .feed-row")).to_have_count(100)
    assert titles(page)[:3] == ["Live line", "Task e", "Edit 1"]
    older.evaluate("(node) => node.focus({ preventScroll: true })")  # scrolling there fetches by itself
    page.press("Enter")
    expect(page.page.locator("#drawer .feed-row")).to_have_count(200)
    page.hears("100 older lines.")
    assert page.focused() == "Older"
    page.press("Enter")
    expect(page.page.locator("#drawer .feed-row")).to_have_count(261)
    expect(page.page.locator("#drawer .feed-end")).to_have_text("The history begins here.")
    assert page.page.evaluate("() => document.activeElement.closest('#drawer') !== null")
    found = titles(page)
    assert found == ["Live line", "Task e", *(f"Edit {number}" for number in range(1, 260))]
    work_dir.remove("inbox/live.yaml")
    expect(page.page.locator("#drawer .feed-row").first).to_have_attribute("data-event", "task.removed")
    assert titles(page) == ["Live line", *found]


def test_older_lines_are_told_to_who_asks_while_scrolling_fetches_them(server, work_dir, open_page) -> None:
    long_past(server, work_dir, 150)
    page = open_page(server)
    held: list[Route] = []
    page.press("a")
    older = page.page.locator("#drawer [data-action=older]")
    expect(page.page.locator("#drawer .feed-row")).to_have_count(100)
    page.page.route("**/api/activity?before=*", lambda route: held.append(route))
    older.scroll_into_view_if_needed()
    wait_until(lambda: page.page.evaluate("() => 1") and held, "the question that scrolling asks", pause_s=0.05)
    older.focus()
    page.press("Enter")
    held[0].continue_()
    page.hears("50 older lines.")
    assert len(held) == 1


def test_scrolling_to_the_end_loads_older_lines(server, work_dir, open_page) -> None:
    long_past(server, work_dir, 150)
    page = open_page(server)
    page.press("a")
    rows = page.page.locator("#drawer .feed-row")
    expect(rows).to_have_count(100)
    page.page.locator("#drawer .feed-row").last.scroll_into_view_if_needed()
    expect(rows).to_have_count(150)


def test_an_open_activity_keeps_its_lines_when_the_server_restarts(server, work_dir, page) -> None:
    page.press("a")
    for number in range(2):
        work_dir.add("inbox", f"r{number}", title=f"Restart {number}")
        wait_kept(server, number + 1)
    expect(page.page.locator("#drawer .feed-row")).to_have_count(2)
    server.stop()
    work_dir.remove("inbox/r0.yaml")
    server.start()
    expect(page.page.locator("#drawer .feed-row")).to_have_count(3)
    expect(page.page.locator("#drawer .feed-row").first).to_contain_text("found later")
    assert titles(page) == ["Restart 0", "Restart 1", "Restart 0"]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 360)])
def test_axe_finds_nothing_serious(server, work_dir, context_of, scheme, width) -> None:
    options = {"color_scheme": scheme, "bypass_csp": True, "reduced_motion": "reduce"}
    page = context_of(server, **options, viewport={"width": width, "height": 900}).new_page()
    instance = server.get_json("/api/session")["instance"]
    page.add_init_script(f"localStorage.setItem('llm-service.visit.{instance}', String(Date.now() - 3600000))")
    busy_night(server, work_dir)
    page.goto(server.url)
    page.locator("#since [data-part=done]").click()
    expect(page.locator("#since .since-list li")).to_have_count(2)
    assert serious(page) == []
    overflow = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0, "nothing scrolls sideways"
    page.keyboard.press("a")
    expect(page.locator("#drawer .feed-row").first).to_be_visible()
    assert serious(page) == [], "with the activity"
