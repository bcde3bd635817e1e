"""Every view is a URL: search, filters, sort, grouping, the open task, back, forward and reload."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture
def dozen(work_dir):
    for number in range(12):
        column = ("inbox", "assigned/pedro", "assigned/annie", "done/pedro")[number % 4]
        priority = ("low", "high", "critical")[number % 3]
        work_dir.add(
            column,
            f"t{number:02}",
            title=f"Piece {number:02}",
            priority=priority,
            tags=f"[tag{number % 2}]",
            created_at=f"2026-01-{number + 1:02}T00:00:00Z",
        )
    return work_dir


def test_search_is_in_the_address_and_survives_a_reload(server, dozen, open_page):
    page = open_page(server)
    page.press("/")
    page.page.keyboard.type("piece 04")
    expect(page.cards("inbox")).to_have_count(1)
    expect(page.count("inbox")).to_have_text("1 of 3")
    assert page.fragment() == "#board?q=piece%2004"
    page.page.reload()
    expect(page.cards("inbox")).to_have_count(1)
    expect(page.page.locator("[data-input=search]")).to_have_value("piece 04")


def test_filters_are_chosen_counted_and_taken_back(server, dozen, open_page):
    page = open_page(server)
    page.page.get_by_role("button", name="Agent", exact=True).click()
    page.page.get_by_role("checkbox", name=re.compile("^pedro")).check()
    expect(page.cards("assigned")).to_have_count(3)
    page.page.get_by_role("button", name="Priority").click()
    page.page.get_by_role("checkbox", name=re.compile("^High")).check()
    expect(page.cards("assigned")).to_have_count(1)
    assert page.fragment() == "#board?agent=pedro&priority=high"
    page.press("Escape")
    page.page.get_by_role("button", name="Remove filter pedro").click()
    expect(page.cards("assigned")).to_have_count(2)
    page.page.go_back()
    expect(page.cards("assigned")).to_have_count(1)
    page.page.get_by_role("button", name="Clear all").click()
    expect(page.cards("assigned")).to_have_count(6)


def test_a_live_event_goes_into_a_filtered_view_only_when_it_matches(server, dozen, open_page):
    page = open_page(server, "#board?agent=pedro&sort=priority")
    expect(page.cards("assigned")).to_have_count(3)
    dozen.add("assigned/annie", "other", title="Other")
    dozen.add("assigned/pedro", "mine", title="Mine", priority="critical", created_at="2026-03-01T00:00:00Z")
    expect(page.cards("assigned")).to_have_count(4)
    expect(page.cards("assigned").first).to_contain_text("Mine")
    expect(page.count("assigned")).to_have_text("4 of 8")


def test_nothing_found_says_so_and_offers_a_way_back(server, dozen, open_page):
    page = open_page(server, "#board?q=nowhere")
    expect(page.column("done")).to_contain_text("None of the 3 tasks in Done match")
    page.column("done").get_by_role("button", name="Clear search and filters").click()
    expect(page.cards("done")).to_have_count(3)


def test_sort_changes_the_order(server, dozen, open_page):
    page = open_page(server)
    expect(page.cards("inbox").first).to_contain_text("Piece 08")
    page.page.get_by_label("Sort by").select_option("priority")
    expect(page.cards("inbox").first).to_contain_text("Critical")
    assert page.fragment() == "#board?sort=priority"


def test_groups_by_agent_fold_and_are_remembered(server, dozen, open_page):
    page = open_page(server)
    page.press("g")
    heads = page.column("assigned").locator(".group-head")
    expect(heads).to_have_text([re.compile(r"annie\s*3"), re.compile(r"pedro\s*3")])
    heads.first.click()
    expect(page.cards("assigned")).to_have_count(3)
    page.page.reload()
    expect(heads.first).to_have_attribute("aria-expanded", "false")
    expect(page.cards("assigned")).to_have_count(3)


def test_more_cards_come_on_demand(server, work_dir, open_page):
    for number in range(130):
        work_dir.add("done/pedro", f"t{number:03}", created_at=f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z")
    page = open_page(server)
    expect(page.cards("done")).to_have_count(100)
    # Not clicked by the mouse: bringing the button into view is reading near the end, which brings the cards by itself.
    page.column("done").locator(".more").dispatch_event("click")
    expect(page.cards("done")).to_have_count(130)
    expect(page.column("done").locator(".more")).to_have_count(0)


def test_a_section_without_data_says_what_would_fill_it(server, open_page):
    page = open_page(server)
    page.press("4")
    expect(page.page.locator("#board")).to_contain_text("Single sessions of agents are not shown in this version.")
    page.press("1")
    expect(page.column("inbox")).to_be_visible()


def test_a_missing_folder_is_waited_for(make_server, work_dir, open_page):
    root = work_dir.root.parent / "later" / "board"
    page = open_page(make_server(root=root).start())
    message = page.page.locator(".message")
    expect(message).to_contain_text("Waiting for the folder")
    expect(message).to_contain_text(f"mkdir -p '{root}/inbox' '{root}/assigned' '{root}/done'")
    (root / "inbox").mkdir(parents=True)
    (root / "inbox/t1.yaml").write_text("id: t1\ntitle: At last\n")
    expect(page.card("inbox", "At last")).to_have_count(1)


def test_the_theme_is_toggled_and_remembered(server, open_page):
    page = open_page(server, color_scheme="light")
    body = "() => getComputedStyle(document.body).backgroundColor"
    before = page.page.evaluate(body)
    page.press("t", "t")
    expect(page.page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.page.evaluate(body) != before
    page.page.reload()
    expect(page.page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_phone_shows_one_column_at_a_time(server, dozen, open_page):
    page = open_page(server, viewport={"width": 360, "height": 740}, has_touch=True)
    expect(page.column("inbox")).to_be_visible()
    page.page.get_by_role("button", name="Done 3").click()
    expect(page.column("done")).to_be_visible()
    expect(page.column("inbox")).to_be_hidden()
    assert page.fragment() == "#board?column=done"
    wide = page.page.evaluate("() => document.documentElement.scrollWidth")
    assert wide == 360


def test_at_least_24_cards_are_visible_at_1440_by_900(server, work_dir, open_page):
    for number in range(60):
        column = ("inbox", "assigned/python-pedro", "done/python-pedro")[number % 3]
        title = f"A title of the usual length, number {number:02}"
        work_dir.add(column, f"2026-01-01T0900-some-task-{number:02}", title=title)
    page = open_page(server)
    expect(page.cards("done")).to_have_count(20)
    visible = page.page.evaluate(
        """() => [...document.querySelectorAll(".card")].filter((card) => {
          const box = card.getBoundingClientRect();
          return box.bottom <= innerHeight && box.height > 0;
        }).length"""
    )
    assert visible >= 24


def test_the_problem_chip_finds_a_problem_on_a_further_page(server, work_dir, open_page):
    for number in range(120):
        work_dir.add("inbox", f"t{number:03}", created_at=f"2036-01-01T00:{number // 60:02}:{number % 60:02}Z")
    work_dir.replace("inbox/bad.yaml", "id: [x\n")
    page = open_page(server)
    expect(page.cards("inbox")).to_have_count(100)
    page.page.locator("#topbar .chip.danger").click()
    expect(page.page.get_by_role("link", name="bad.yaml")).to_be_focused()
    assert page.fragment() == "#board?problem=true"
    expect(page.page.locator(".card")).to_have_count(1)
    page.page.get_by_role("button", name="Remove filter With a problem").click()
    expect(page.cards("inbox")).to_have_count(100)


def test_a_phone_turns_to_the_column_with_the_problem(server, dozen, open_page):
    dozen.replace("done/annie/bad.yaml", "id: [x\n")
    page = open_page(server, viewport={"width": 360, "height": 740}, has_touch=True)
    page.page.locator("#topbar .chip.danger").click()
    expect(page.page.get_by_role("link", name="bad.yaml")).to_be_focused()


def test_a_filter_does_not_hide_a_problem_from_its_chip(server, dozen, open_page):
    dozen.replace("inbox/bad.yaml", "id: [x\n")
    page = open_page(server, "#board?agent=pedro")
    page.page.locator("#topbar .chip.danger").click()
    expect(page.page.get_by_role("link", name="bad.yaml")).to_be_focused()


def test_typing_is_not_disturbed_by_what_happens_meanwhile(server, dozen, open_page):
    page = open_page(server)
    page.press("/")
    for number, letter in enumerate("piece 04 x"):
        page.press(letter if letter != " " else "Space")
        dozen.add("inbox", f"meanwhile{number}")
        expect(page.page.locator("[data-input=search]")).to_have_value("piece 04 x"[: number + 1])
        expect(page.count("inbox")).to_have_text(re.compile(rf"\b{4 + number}$"))
    expect(page.page.locator("[data-input=search]")).to_have_value("piece 04 x")
