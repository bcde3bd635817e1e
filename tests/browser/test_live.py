"""What happens to the files appears on every open page by itself."""

from __future__ import annotations

from playwright.sync_api import expect

WATCH_MOTION = """
() => {
  window.__seen = { flights: 0, outlined: 0 };
  const look = ({ target, addedNodes }) => {
    if (target.id === "travel") window.__seen.flights += addedNodes.length;
    const changed = target.classList?.contains("changed");
    if (changed && getComputedStyle(target).outlineStyle === "solid") window.__seen.outlined += 1;
  };
  const watch = new MutationObserver((changes) => changes.forEach(look));
  watch.observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["class"] });
}
"""


def test_a_file_moved_on_disk_shows_on_both_open_pages(server, work_dir, open_page):
    work_dir.add("inbox", "t1", title="Write the tour")
    pages = [open_page(server), open_page(server)]
    for page in pages:
        expect(page.card("inbox", "Write the tour")).to_have_count(1)
    work_dir.move("t1", "inbox", "assigned/pedro")
    for page in pages:
        expect(page.card("assigned", "Write the tour")).to_have_count(1)
        expect(page.cards("inbox")).to_have_count(0)
        expect(page.count("assigned")).to_have_text("1")
        expect(page.card("assigned", "Write the tour")).to_contain_text("pedro")


def test_a_card_follows_its_file_from_creation_to_deletion(server, work_dir, open_page):
    page = open_page(server)
    expect(page.column("inbox")).to_contain_text("Save a task file")
    path = work_dir.add("inbox", "t1", title="First")
    expect(page.card("inbox", "First")).to_have_count(1)
    work_dir.replace(path, "id: t1\ntitle: Second\npriority: critical\n")
    expect(page.card("inbox", "Second")).to_contain_text("Critical")
    work_dir.remove(path)
    expect(page.cards("inbox")).to_have_count(0)
    expect(page.count("inbox")).to_have_text("0")


def test_a_broken_file_is_a_problem_card_and_heals(server, work_dir, open_page):
    page = open_page(server)
    work_dir.replace("inbox/bad.yaml", "id: t1\ntitle: [never closed\nagent: x\n")
    card = page.cards("inbox")
    expect(card).to_contain_text("bad.yaml")
    expect(card).to_contain_text("line ")
    expect(page.page).to_have_title("(1 problem) " + "/".join(work_dir.root.parts[-2:]) + " · llm-service")
    expect(page.column("inbox").locator(".chip.danger")).to_have_text("1 problem")
    work_dir.replace("inbox/bad.yaml", "id: t1\ntitle: Healed\n")
    expect(page.card("inbox", "Healed")).to_have_count(1)
    expect(page.page.locator("#topbar .chip.danger")).to_have_count(0)


def test_a_storm_ends_as_the_folder_does(server, work_dir, open_page):
    for number in range(150):
        work_dir.add("inbox", f"t{number:03}")
    page = open_page(server)
    expect(page.count("inbox")).to_have_text("150")
    (work_dir.root / "inbox").rename(work_dir.root / "elsewhere")
    expect(page.count("inbox")).to_have_text("0")
    (work_dir.root / "elsewhere").rename(work_dir.root / "inbox")
    expect(page.count("inbox")).to_have_text("150")
    expect(page.cards("inbox")).to_have_count(100)
    expect(page.page.locator(".card.away, #travel .card")).to_have_count(0)


def test_new_cards_wait_where_they_would_push_what_is_read(server, work_dir, open_page):
    for number in range(40):
        work_dir.add("inbox", f"t{number:02}", created_at=f"2026-01-01T00:{number:02}:00Z")
    page = open_page(server)
    expect(page.cards("inbox")).to_have_count(40)
    top = page.card("inbox", "Task t39")
    top.hover()
    box = top.bounding_box()
    work_dir.add("inbox", "newer", title="Newer", created_at="2026-02-01T00:00:00Z")
    chip = page.column("inbox").locator(".chip.held")
    expect(chip).to_have_text("1 new")
    expect(page.count("inbox")).to_have_text("41")
    assert top.bounding_box() == box
    chip.click()
    expect(page.card("inbox", "Newer")).to_have_count(1)
    expect(chip).to_have_count(0)


def test_held_cards_come_in_when_the_reader_leaves(server, work_dir, open_page):
    work_dir.add("inbox", "t1", created_at="2026-01-01T00:00:00Z")
    page = open_page(server)
    page.card("inbox", "Task t1").hover()
    work_dir.add("inbox", "t2", created_at="2026-01-02T00:00:00Z")
    expect(page.column("inbox").locator(".chip.held")).to_have_count(1)
    page.page.mouse.move(700, 10)
    expect(page.card("inbox", "Task t2")).to_have_count(1)


def test_the_focus_stays_on_a_card_that_moves(server, work_dir, open_page):
    work_dir.add("inbox", "t1", title="Mine")
    page = open_page(server)
    page.card("inbox", "Mine").locator(".card-title").focus()
    work_dir.move("t1", "inbox", "done/pedro")
    expect(page.card("done", "Mine").locator(".card-title")).to_be_focused()


def test_the_activity_tells_it_and_opens_its_thing(server, work_dir, open_page):
    page = open_page(server)
    page.press("a")
    drawer = page.page.locator("#drawer")
    expect(drawer).to_contain_text("Nothing has happened")
    work_dir.add("inbox", "t1", title="Tell it")
    expect(drawer.locator(".feed-row")).to_contain_text("Tell it new in Inbox")
    for number in range(4):
        work_dir.add("inbox", f"many{number}")
    expect(drawer.locator(".feed-row").first).to_contain_text("5 tasks new in Inbox")
    drawer.locator(".feed-row").first.get_by_role("button").click()
    drawer.get_by_role("link", name="Tell it").click()
    expect(page.dialog.locator("h2")).to_have_text("Tell it")


def test_a_screen_reader_hears_a_batch_as_one_sentence(server, work_dir, open_page):
    page = open_page(server)
    for number in range(3):
        work_dir.add("inbox", f"t{number}")
    page.hears("3 tasks new in Inbox.")


def test_reduced_motion_outlines_and_does_not_travel(server, work_dir, open_page):
    work_dir.add("inbox", "t1", title="Calm")
    page = open_page(server, reduced_motion="reduce")
    page.page.evaluate(WATCH_MOTION)
    work_dir.move("t1", "inbox", "done/pedro")
    expect(page.card("done", "Calm")).to_have_count(1)
    expect(page.page.locator(".card.changed")).to_have_count(0)
    assert page.page.evaluate("() => window.__seen") == {"flights": 0, "outlined": 1}


def test_a_scrolled_reader_keeps_the_place(server, work_dir, open_page):
    for number in range(40):
        work_dir.add("inbox", f"t{number:02}", created_at=f"2026-01-01T00:{number:02}:00Z")
    page = open_page(server)
    read = page.card("inbox", "Task t20")
    read.scroll_into_view_if_needed()
    page.page.mouse.move(700, 10)
    box = read.bounding_box()
    work_dir.add("inbox", "newer", title="Newer", created_at="2026-02-01T00:00:00Z")
    expect(page.column("inbox").locator(".chip.held")).to_have_text("1 new")
    assert read.bounding_box() == box
    page.press("n")
    expect(page.card("inbox", "Newer")).to_be_in_viewport()
