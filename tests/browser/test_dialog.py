"""The open task: everything its file says, live, and back to where one was."""

from __future__ import annotations

from playwright.sync_api import expect

FULL = """id: t1
title: Everything at once
agent: annie
priority: HIGH
status: new
created_at: 2026-01-01T10:00:00Z
started_at: 2026-01-02T10:00:00Z
tags: [infra, docs]
dependencies: [t2, missing]
artefacts: [out/report.md]
estimated_hours: 5
acceptance: [one, two]
description: |
  # Plan
  A **bold** step, a [good link](https://example.org) and a [bad one](javascript:alert(1)).
  ![beacon](https://example.org/x.png)
notes: |
  - remember this
result:
  summary: done well
"""


def test_a_card_opens_with_everything_its_file_says(server, work_dir, open_page):
    work_dir.add("assigned/pedro", "t1", FULL)
    work_dir.add("done/annie", "t2", title="Groundwork")
    page = open_page(server)
    page.open_card("assigned", "Everything at once")
    dialog = page.dialog
    expect(dialog.locator("h2")).to_have_text("Everything at once")
    expect(dialog.locator("strong")).to_have_text("bold")
    for text in ("remember this", "out/report.md", "done well", "estimated_hours", "infra", "Created", "Started"):
        expect(dialog).to_contain_text(text)
    expect(dialog.locator(".raw pre")).to_have_text(FULL, use_inner_text=False)
    expect(dialog.locator(".sheet-marks")).to_contain_text("the folder counts")
    expect(dialog.get_by_role("link", name="Groundwork")).to_have_count(1)
    expect(dialog.locator(".depend").nth(1)).to_contain_text("not on the board")
    expect(dialog).to_contain_text(str(work_dir.root / "assigned/pedro/t1.yaml"))
    expect(dialog).to_contain_text("llm-service task move")
    expect(dialog).to_contain_text("Why can't I drag this card?")
    assert page.fragment() == "#board?task=t1"


def test_links_are_plain_and_nothing_is_fetched(server, work_dir, open_page):
    work_dir.add("inbox", "t1", FULL)
    page = open_page(server, "#task=t1")
    prose = page.dialog.locator(".prose").first
    link = prose.get_by_role("link", name="good link")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(prose.locator("a:not([href^='https:'])")).to_have_count(0)
    expect(prose.locator("img")).to_have_count(0)


def test_escape_closes_and_gives_the_focus_back(server, work_dir, open_page):
    work_dir.add("inbox", "t1", title="Mine")
    page = open_page(server)
    title = page.card("inbox", "Mine").locator(".card-title")
    title.focus()
    page.press("Enter")
    expect(page.dialog).to_be_visible()
    page.press("Escape")
    expect(page.dialog).to_be_hidden()
    expect(title).to_be_focused()
    assert page.fragment() in ("", "#board")


def test_an_open_task_follows_its_file(server, work_dir, open_page):
    work_dir.add("inbox", "t1", title="First", description="one")
    page = open_page(server, "#task=t1")
    expect(page.dialog.locator(".prose")).to_contain_text("one")
    work_dir.add("inbox", "t1", title="Second", description="two")
    expect(page.dialog.locator("h2")).to_have_text("Second")
    expect(page.dialog.locator(".prose")).to_contain_text("two")
    work_dir.move("t1", "inbox", "done/pedro")
    expect(page.dialog.locator(".facts")).to_contain_text("Done")
    work_dir.remove("done/pedro/t1.yaml")
    expect(page.dialog.locator(".sheet-notice")).to_contain_text("no longer on the board")
    expect(page.dialog.locator("h2")).to_have_text("Second")


def test_a_dependency_opens_and_back_returns(server, work_dir, open_page):
    work_dir.add("inbox", "t1", title="Upper", dependencies="[t2]")
    work_dir.add("inbox", "t2", title="Lower")
    page = open_page(server)
    page.open_card("inbox", "Upper")
    page.dialog.get_by_role("link", name="Lower").click()
    expect(page.dialog.locator("h2")).to_have_text("Lower")
    page.page.go_back()
    expect(page.dialog.locator("h2")).to_have_text("Upper")
    page.page.go_back()
    expect(page.dialog).to_be_hidden()


def test_an_address_that_names_nothing_says_so(server, open_page):
    page = open_page(server, "#task=nobody")
    expect(page.dialog.locator("h2")).to_have_text("Not on the board")
    expect(page.dialog).to_contain_text("Nothing on the board has the id nobody")


def test_a_problem_file_opens_with_its_text_and_its_line(server, work_dir, open_page):
    work_dir.replace("inbox/bad.yaml", "id: t1\ntitle: [never closed\nagent: x\n")
    page = open_page(server)
    page.page.get_by_role("link", name="bad.yaml").click()
    expect(page.dialog.locator(".sheet-problem")).to_contain_text("line ")
    expect(page.dialog.locator(".raw pre")).to_have_text("id: t1\ntitle: [never closed\nagent: x\n")
    expect(page.dialog.locator(".raw mark")).to_have_text("agent: x")


def test_the_id_is_copied_by_a_click(server, work_dir, open_page):
    work_dir.add("inbox", "2026-01-01T0900-a-rather-long-id-that-is-cut", title="Copy me")
    page = open_page(server, permissions=["clipboard-read", "clipboard-write"])
    page.card("inbox", "Copy me").locator(".id").click()
    page.hears("Copied.")
    expect(page.dialog).to_be_hidden()
    copied = page.page.evaluate("() => navigator.clipboard.readText()")
    assert copied == "2026-01-01T0900-a-rather-long-id-that-is-cut"
