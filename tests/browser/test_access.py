"""Keyboard only, screen readers, targets, contrast."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

AXE = Path(__file__).parent / "vendor/axe-core-4.14.1/axe.min.js"

SMALL_TARGETS = """
(least) => {
  const bars = ["#rail a", "#rail button", "#topbar button", "#filters button", ".column-tabs button"];
  const found = [...document.querySelectorAll([...bars, ".card"].join(", "))];
  const targets = found.filter((node) => node.checkVisibility());
  const sized = targets.map((node) => [node.textContent.trim(), Math.round(node.getBoundingClientRect().height)]);
  return sized.filter(([, height]) => height < least);
}
"""


@pytest.fixture
def several(work_dir):
    for number in range(4):
        created = f"2026-01-0{number + 1}T00:00:00Z"
        work_dir.add("inbox", f"i{number}", title=f"Inbox {number}", created_at=created, priority="critical")
        work_dir.add("assigned/pedro", f"a{number}", title=f"Assigned {number}", created_at=created, status="blocked")
        work_dir.add("done/annie", f"d{number}", title=f"Done {number}", created_at=created, priority="low")
    work_dir.replace("inbox/bad.yaml", "id: [x\n")
    return work_dir


def test_a_whole_walk_by_keyboard(server, several, open_page):
    page = open_page(server)
    page.press("Tab")
    assert page.focused() == "Skip to the board"
    page.press("Enter")
    assert page.focused() == "bad.yaml"
    page.press("ArrowDown", "ArrowDown")
    assert page.focused() == "Inbox 2"
    page.press("ArrowRight")
    assert page.focused().startswith("Assigned")
    page.press("End")
    assert page.focused() == "Assigned 0"
    page.press("Home", "ArrowRight", "Enter")
    expect(page.dialog.locator("h2")).to_have_text("Done 3")
    page.press("Escape")
    expect(page.dialog).to_be_hidden()
    assert page.focused() == "Done 3"
    page.press("p")
    assert page.focused() == "bad.yaml"
    page.press("/")
    page.page.keyboard.type("assigned")
    expect(page.cards("inbox")).to_have_count(0)
    page.press("Enter")
    assert page.focused() == "Assigned 3"
    page.press("/", "Escape")
    expect(page.cards("inbox")).to_have_count(5)
    page.press("Escape", "?")
    expect(page.page.locator("#help-dialog")).to_be_visible()


def test_one_card_is_a_tab_stop(server, several, open_page):
    page = open_page(server)
    expect(page.page.locator(".card-title[tabindex='0']")).to_have_count(1)
    page.card("done", "Done 2").locator(".card-title").focus()
    expect(page.page.locator(".card-title[tabindex='0']")).to_have_text("Done 2")


def test_the_focus_is_never_lost(server, several, open_page):
    page = open_page(server)
    page.card("inbox", "Inbox 2").locator(".card-title").focus()
    (several.root / "inbox/i2.yaml").unlink()
    expect(page.card("inbox", "Inbox 2")).to_have_count(0)
    assert page.focused() == "Inbox 1", "the card that took the place of the removed one"
    page.press("5")
    expect(page.page.locator("#main")).to_be_focused()
    page.press("1", "a")
    page.page.get_by_role("button", name="Close activity").press("Enter")
    expect(page.page.locator("#topbar [data-action=drawer]")).to_be_focused()


def test_removing_a_filter_leaves_the_focus_at_its_menu(server, several, open_page):
    page = open_page(server, "#board?priority=low")
    page.page.get_by_role("button", name="Remove filter Low").press("Enter")
    expect(page.cards("inbox")).to_have_count(5)
    expect(page.page.locator("[data-menu=priority]")).to_be_focused()


def test_a_menu_closes_when_the_focus_leaves_it(server, several, open_page):
    page = open_page(server)
    page.page.locator("[data-menu=tag]").press("Enter")
    expect(page.page.locator(".menu")).to_be_visible()
    page.press("Shift+Tab")
    expect(page.page.locator(".menu")).to_have_count(0)


def test_single_letters_can_be_switched_off(server, open_page):
    page = open_page(server)
    page.press("?")
    page.page.get_by_role("checkbox", name="Single-letter keys work").uncheck()
    page.press("Escape", "a", "g", "5", "?")
    expect(page.page.locator("#help-dialog")).to_be_hidden()
    expect(page.page.locator("#drawer h2")).to_have_count(0)
    assert page.fragment() in ("", "#board")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
def test_axe_finds_nothing_serious(server, several, context_of, scheme, width):
    page = context_of(
        server, color_scheme=scheme, bypass_csp=True, reduced_motion="reduce", viewport={"width": width, "height": 900}
    ).new_page()
    for fragment in ("", "#board?group=agent&agent=pedro", "#task=a1", "#costs", "#board?q=nothing"):
        page.goto("about:blank")
        page.goto(server.url + fragment)
        expect(page.locator("[data-part=connection]")).to_have_text("Live")
        if fragment == "#task=a1":
            expect(page.locator("#task-dialog h2")).to_have_text("Assigned 1")
        if not fragment:
            page.locator("[data-menu=status]").click()
            assert serious(page) == [], "with an open menu"
            page.keyboard.press("Escape")
            page.keyboard.press("a")
        assert serious(page) == [], f"at {fragment or 'the board'}"


def serious(page) -> list[str]:
    page.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await window.axe.run()).violations")
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize(("width", "least"), [(1440, 32), (360, 44)])
def test_targets_are_large_enough(server, several, open_page, width, least):
    page = open_page(server, viewport={"width": width, "height": 900}, has_touch=width < 500, is_mobile=width < 500)
    small = page.page.evaluate(SMALL_TARGETS, least)
    assert small == []
