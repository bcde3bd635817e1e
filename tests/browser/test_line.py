"""The page and its server: crashes, long absences, sleep, another version, another login."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.gate import Gate
from tests.browser.page_of import PageOf
from tests.kit.waiting import wait_until

HIDE = """
(hidden) => {
  const word = hidden ? "hidden" : "visible";
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => word });
  document.dispatchEvent(new Event("visibilitychange"));
}
"""


def test_three_pages_recover_by_themselves_after_a_crash(server, work_dir, open_page):
    work_dir.add("inbox", "t1", title="Before")
    work_dir.add("inbox", "t2", title="Goes away")
    pages = [open_page(server), open_page(server, "#board?q=before"), open_page(server, "#board?sort=updated")]
    server.kill()
    for page in pages:
        expect(page.pill).not_to_have_text("Live")
    work_dir.move("t1", "inbox", "done/pedro")
    work_dir.remove("inbox/t2.yaml")
    server.start()
    for page in pages:
        expect(page.pill).to_have_text("Live")
        expect(page.card("done", "Before")).to_have_count(1)
        expect(page.cards("inbox")).to_have_count(0)
        expect(page.page.locator(".notice")).to_have_count(0)


def test_a_server_that_is_gone_is_told_with_the_time_and_the_cards_stay(server, work_dir, open_page):
    work_dir.add("inbox", "t1", title="Still here")
    page = open_page(server)
    server.stop()
    expect(page.pill).to_have_text(re.compile(r"^Stale since \d\d:\d\d$"))
    expect(page.page.locator(".notice[data-kind=error]")).to_contain_text("tries again every 30 seconds")
    expect(page.card("inbox", "Still here")).to_have_count(1)
    page.page.get_by_role("button", name="Try now").click()
    expect(page.pill).to_have_text(re.compile("^Stale"))


def test_an_open_task_says_that_it_is_old_and_is_made_new_after_a_crash(server, work_dir, open_page):
    work_dir.add("inbox", "t1", title="Before")
    page = open_page(server, "#task=t1")
    expect(page.dialog.locator("h2")).to_have_text("Before")
    server.kill()
    expect(page.dialog.locator(".sheet-notice")).to_contain_text("The server does not answer. This is as it was at")
    work_dir.add("inbox", "t1", title="After")
    server.start()
    expect(page.dialog.locator("h2")).to_have_text("After")
    expect(page.dialog.locator(".sheet-notice")).to_have_count(0)


def test_without_a_socket_the_page_asks_over_http_and_says_so(server, work_dir, context_of):
    work_dir.add("inbox", "t1", title="First")
    page = PageOf(context_of(server), server)
    gate = Gate(page.page)
    page.open()
    gate.shut()
    expect(page.pill).to_have_text(re.compile(r"^Polling, last answer \d\d:\d\d$"))
    expect(page.page.locator(".notice")).to_contain_text("asks every 30 seconds")
    work_dir.add("inbox", "t2", title="Second")
    wait_until(lambda: len(server.get_json("/api/board")["columns"]["inbox"]["cards"]) == 2)
    page.page.get_by_role("button", name="Try now").click()
    expect(page.card("inbox", "Second")).to_have_count(1)
    gate.is_open = True
    expect(page.pill).to_have_text("Live")
    assert page.complaints() == []


def test_a_page_that_comes_back_to_the_front_checks_its_line(server, work_dir, open_page):
    page = open_page(server)
    page.page.evaluate(HIDE, True)
    work_dir.add("inbox", "t1", title="While away")
    page.page.evaluate(HIDE, False)
    expect(page.card("inbox", "While away")).to_have_count(1)
    expect(page.pill).to_have_text("Live")


def test_after_a_long_sleep_the_page_takes_a_fresh_snapshot(server, work_dir, context_of):
    work_dir.add("inbox", "t1", title="First")
    page = PageOf(context_of(server), server)
    frames: list[str] = []
    page.page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    page.page.clock.install()
    page.open()
    before = sum("board.snapshot" in frame for frame in frames)
    page.page.clock.fast_forward("01:00:00")
    page.page.evaluate(HIDE, False)
    expect(page.pill).to_have_text("Live")
    work_dir.add("inbox", "t2", title="Second")
    page.page.clock.run_for(2_000)
    expect(page.card("inbox", "Second")).to_have_count(1)
    assert sum("board.snapshot" in frame for frame in frames) > before
    assert page.complaints() == []


def test_a_first_visit_is_the_login_page_and_the_link_logs_in(server, work_dir, context_of):
    work_dir.add("inbox", "t1", title="Behind the door")
    page = context_of(None).new_page()
    answer = page.goto(server.url)
    assert answer is not None
    assert answer.status == 401
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in to the board")
    page.goto(server.login_url)
    expect(page.get_by_role("link", name="Behind the door")).to_have_count(1)
    expect(page.locator("[data-part=connection]")).to_have_text("Live")


def test_a_page_whose_login_is_gone_says_so(server, work_dir, open_page):
    page = open_page(server)
    page.context.clear_cookies()
    server.kill()
    server.start()
    # A page whose server was away for more than 3 s asks every 30 s.
    expect(page.pill).to_have_text("Logged out", timeout=60_000)
    expect(page.page.get_by_role("link", name="Log in")).to_be_visible()


def test_a_server_of_another_version_offers_a_reload(server, context_of):
    page = PageOf(context_of(server), server)
    gate = Gate(page.page)
    page.open()
    gate.rewrite = lambda message: re.sub(r'("version":)"[^"]+"', r'\1"99.0.0"', message)
    server.kill()
    server.start()
    expect(page.page.locator(".notice")).to_contain_text("99.0.0. Reload to get the new page.")
    gate.rewrite = lambda message: message
    page.page.get_by_role("button", name="Reload").click()
    expect(page.page.locator(".notice")).to_have_count(0)
    expect(page.pill).to_have_text("Live")
