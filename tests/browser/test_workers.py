"""The tab Live and the wall on a real board that is told of runs: what a card says, its order, filters, keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from llm_service.core.observations import Announced
from tests.browser.page_of import PageOf
from tests.browser.test_access import serious
from tests.browser.workers_kit import SIZES, card, fleet, iso, line, order, part, tell, tell_source, working
from tests.kit.boards import Board

HOSTILE = "<img src=x onerror=window.__xss=1><script>window.__xss=1</script>"


def flowing(page: PageOf, run_id: str):
    return card(page, run_id).and_(page.page.locator("[data-flowing]"))


def corner(page: PageOf, run_id: str) -> tuple[float, float]:
    """Where a card begins."""
    box = card(page, run_id).bounding_box()
    assert box is not None
    return box["x"], box["y"]


@pytest.fixture
def page(board: Board, open_page: Callable[..., PageOf]) -> PageOf:
    tell_source(board)
    tell(board, fleet=fleet(), batches=[])
    return open_page(board, "#workers")


def test_a_card_says_all_that_is_known_of_its_run(board, page) -> None:
    # A token that comes for as long as the test may take: the glow goes out 3 s after the last one.
    tell(board, working("run_8f3a1c20", last_token_at=iso(-60)))
    expect(card(page, "run_8f3a1c20").locator(".run-badge")).to_have_text("RUNNING")
    said = {
        "agent": "code_agent",
        "node": "spark",
        "model": "gpt-4o",
        "iteration": "iter 3/20",
        "progress": "15 %",
        "rate": "38.2",
        "in": "640",
        "out": "1,210",
        "first": "0.8 s",
        "snippet": "def load(path):",
    }
    for name, text in said.items():
        expect(part(page, "run_8f3a1c20", name)).to_have_text(text)
    expect(part(page, "run_8f3a1c20", "last")).to_have_text(re.compile(r"^\d s$"))
    assert card(page, "run_8f3a1c20").locator(".spark-line").get_attribute("d").count("L") == 2
    expect(flowing(page, "run_8f3a1c20")).to_have_count(1)


def test_what_nobody_knows_is_a_dash_and_never_nought(board, page) -> None:
    bare = dict.fromkeys(("tokens_in", "tokens_out", "tokens_per_s", "first_token_s", "last_token_at", "iteration"))
    tell(board, working("r", progress=None, rates=[], agent=None, node=None, model=None, **bare))
    for name in ("in", "out", "rate", "first", "last", "iteration", "progress"):
        expect(part(page, "r", name)).to_have_text("–")
    expect(flowing(page, "r")).to_have_count(0)


@pytest.mark.parametrize(
    ("badge", "status"),
    [
        ("DONE", "completed"),
        ("ERROR", "failed"),
        ("CANCELLED", "cancelled"),
        ("CONN LOST", "running"),
        ("STALE", "running"),
        ("QUEUED", "queued"),
    ],
)
def test_every_state_has_a_word_and_a_shape(board, page, badge, status) -> None:
    tell(board, working("one"), working("r", badge=badge, status=status, line=line("backing-off", "the line broke")))
    expect(card(page, "r").locator(".run-badge")).to_have_text(badge)
    shapes = page.page.locator(".run-badge svg").evaluate_all("(nodes) => nodes.map((node) => node.innerHTML)")
    assert len(set(shapes)) == 2, "told apart without colour"
    expect(flowing(page, "r")).to_have_count(0)
    cancels = 1 if status in ("running", "queued") else 0
    expect(card(page, "r").locator(".run-cancel")).to_have_count(cancels)


def test_a_stall_is_said_and_ends_the_glow(board, page) -> None:
    tell(board, working("r", stalled=True, last_token_at=iso(75)))
    expect(part(page, "r", "last")).to_have_text(re.compile("stalled, .*1 min [1-5]\\d s"))
    expect(flowing(page, "r")).to_have_count(0)


def test_the_glow_goes_out_by_itself_when_no_token_comes(board, page) -> None:
    tell(board, working("r", last_token_at=iso(-60)))
    expect(flowing(page, "r")).to_have_count(1)
    tell(board, working("r", last_token_at=iso(1.5)))
    expect(flowing(page, "r")).to_have_count(0)
    expect(card(page, "r").locator(".run-badge")).to_have_text("RUNNING")


def test_a_gap_is_hatched_and_says_how_long_it_was(board, page) -> None:
    gap = {"start": iso(20), "end": iso(8), "seconds": 12.0, "tokens_out": 340, "recovered": False}
    tell(board, working("r", rates=[5.0, None, None, 9.0], gaps=[gap]))
    expect(part(page, "r", "gap")).to_have_text("Gap of 12 s, 340 tokens")
    expect(card(page, "r").locator(".hatched")).to_have_count(1)
    tell(board, working("r", rates=[5.0, 6.0, 7.0, 9.0], gaps=[{**gap, "recovered": True}]))
    expect(part(page, "r", "gap")).to_have_count(0)
    expect(card(page, "r").locator(".hatched")).to_have_count(0)


def test_the_head_counts_the_fleet_and_says_when_it_is_done(board, page) -> None:
    figures = {"workers": 18, "running": 12, "queued": 2, "done": 3, "failed": 1, "tokens_per_s": 413.06}
    tell(board, fleet=fleet(**figures, tokens_out=231_400, eta_s=252, eta_low_s=180, eta_high_s=360))
    head = page.page.locator(".fleet-head")
    said = {"workers": "18", "running": "12", "done": "3", "rate": "413.1tok/s", "eta": "4 min 12 s"}
    for name, text in said.items():
        expect(head.locator(f"[data-stat={name}] .stat-figure")).to_have_text(text)
    expect(head.locator("[data-stat=eta] .stat-sub")).to_have_text("between 3 min and 6 min")
    expect(head.locator("[data-stat=done] .stat-sub")).to_have_text("1 failed")


def test_new_runs_never_move_the_card_under_the_pointer_or_the_focus(board, page) -> None:
    done = {"status": "completed", "badge": "DONE", "duration_s": 3.0}
    tell(board, *(working(f"d{number}", finished_at=iso(100 + number), **done) for number in range(8)))
    expect(page.page.locator(".run-card")).to_have_count(8)
    card(page, "d3").hover()
    before = corner(page, "d3")
    tell(board, *(working(f"n{number}", created_at=iso(10 - number)) for number in range(6)))
    expect(page.page.locator(".run-card")).to_have_count(14)
    assert corner(page, "d3") == before
    page.page.mouse.move(5, 5)
    card(page, "d1").locator(".run-title a").focus()
    before = corner(page, "d1")
    tell(board, working("late", created_at=iso(1)))
    expect(card(page, "late")).to_have_count(1)
    assert corner(page, "d1") == before


def test_new_runs_come_before_what_has_ended_and_an_end_moves_nothing(board, page) -> None:
    page.page.mouse.move(5, 5)
    tell(board, working("a", created_at=iso(30)), working("b", created_at=iso(20)))
    expect(page.page.locator(".run-card")).to_have_count(2)
    tell(board, working("a", status="completed", badge="DONE", duration_s=30.0))
    expect(card(page, "a").locator(".run-badge")).to_have_text("DONE")
    assert order(page) == ["a", "b"]
    tell(board, working("b", status="failed", badge="ERROR", duration_s=30.0), working("c"))
    expect(card(page, "c")).to_have_count(1)
    assert order(page) == ["c", "a", "b"]


def test_what_is_done_can_be_cleared_and_brought_back(board, page) -> None:
    tell(board, working("a"), working("b", status="completed", badge="DONE"))
    page.page.get_by_role("button", name="Clear done").click()
    expect(card(page, "b")).to_have_count(0)
    expect(card(page, "a")).to_have_count(1)
    page.page.reload()
    expect(card(page, "a")).to_have_count(1)
    expect(card(page, "b")).to_have_count(0)
    page.page.get_by_role("button", name="Show 1 cleared").click()
    expect(card(page, "b")).to_have_count(1)


def test_hundreds_of_runs_are_drawn_a_part_at_a_time(board, page) -> None:
    ended = {"status": "completed", "badge": "DONE", "rates": []}
    tell(board, working("w"), *(working(f"d{number:03}", finished_at=iso(number), **ended) for number in range(300)))
    expect(page.page.locator(".run-card")).to_have_count(120)
    assert order(page)[0] == "w"
    page.page.get_by_role("button", name="Show more").click()
    expect(page.page.locator(".run-card")).to_have_count(301)
    expect(page.page.locator(".runs-more")).to_have_count(0)


def test_filters_are_in_the_address(board, page) -> None:
    tell_source(board, "other")
    tell(board, working("a"), working("b", node="linux"), working("c", source="other", node="linux", model="m2"))
    page.page.locator("select[data-field=node]").select_option(label="linux")
    expect(page.page.locator(".run-card")).to_have_count(2)
    assert page.fragment() == "#workers?node=linux"
    page.page.locator("select[data-field=source]").select_option(label="spark")
    expect(page.page.locator(".run-card")).to_have_count(1)
    expect(page.page.locator("[data-part=shown]")).to_have_text("1 of 3")
    page.page.reload()
    expect(page.page.locator(".run-card")).to_have_count(1)
    page.page.goto(f"{board.url}#workers?node=nowhere")
    page.page.get_by_role("button", name="Clear the filters").click()
    expect(page.page.locator(".run-card")).to_have_count(3)


def test_cancelling_asks_first_and_the_focus_comes_back(board, page) -> None:
    asked: list[str] = []
    page.page.route("**/api/runs/*", lambda route: (asked.append(route.request.url), route.fulfill(json={})))
    tell(board, working("run_1"))
    button = page.page.get_by_role("button", name="Cancel run_1")
    button.press("Enter")
    dialog = page.page.get_by_role("dialog", name="Cancel this run?")
    expect(dialog).to_contain_text("after 1,210 tokens")
    page.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
    assert asked == []
    button.press("Enter")
    dialog.get_by_role("button", name="Cancel the run").press("Enter")
    expect(card(page, "run_1").locator(".run-cancelling")).to_have_text("Cancelling")
    assert len(asked) == 1
    tell(board, working("run_1", status="cancelled", badge="CANCELLED"))
    expect(card(page, "run_1").locator(".run-badge")).to_have_text("CANCELLED")
    expect(card(page, "run_1").locator(".run-cancelling")).to_have_count(0)


def test_a_cancel_that_fails_says_so_on_its_card(board, page) -> None:
    answer = {"error": "spark answered 500 to DELETE"}
    page.page.route("**/api/runs/*", lambda route: route.fulfill(status=502, json=answer))
    tell(board, working("run_1"))
    page.page.get_by_role("button", name="Cancel run_1").click()
    page.page.get_by_role("button", name="Cancel the run").click()
    expect(card(page, "run_1")).to_contain_text("Not cancelled: spark answered 500 to DELETE.")
    expect(page.page.get_by_role("button", name="Cancel run_1")).to_be_visible()


def test_arrows_go_from_card_to_card_and_enter_opens_one(board, page) -> None:
    tell(board, *(working(f"r{number}", created_at=iso(60 - number)) for number in range(8)))
    expect(page.page.locator(".run-card")).to_have_count(8)
    focused = page.page.locator(".run-card:focus-within .id")
    card(page, "r0").locator(".run-title a").focus()
    for key, run_id in (("ArrowRight", "r1"), ("ArrowDown", "r6"), ("Home", "r0"), ("End", "r7"), ("ArrowUp", "r2")):
        page.press(key)
        expect(focused).to_have_attribute("data-copy", run_id)
    page.press("Enter")
    expect(page.page.locator(".run-page")).to_have_count(1)
    assert page.fragment() == "#run=spark:r2"


def test_hostile_text_is_text(board, page) -> None:
    texts = dict.fromkeys(("task", "model", "node", "agent", "snippet", "domain", "type", "error"), HOSTILE)
    lost = {"badge": "CONN LOST", "line": line("backing-off", HOSTILE)}
    tell(board, working("x", **texts), working("y", **{**texts, **lost, "task": "javascript:1"}))
    tell_source(board, state="backing-off", reason=HOSTILE)
    expect(part(page, "x", "snippet")).to_have_text(HOSTILE)
    expect(page.page.locator(".strip[data-source=spark]")).to_contain_text(HOSTILE)
    assert page.page.evaluate("() => window.__xss") is None
    assert page.page.locator("#board :is(script, img)").count() == 0


def test_without_a_source_the_page_says_what_would_fill_it(board, open_page) -> None:
    page = open_page(board, "#workers")
    expect(page.page.get_by_role("heading", name="No BobSpark server is watched yet")).to_be_visible()
    expect(page.page.locator(".example pre").first).to_contain_text("[[bobspark]]")
    expect(page.page.locator(".example pre").last).to_contain_text("llm-service simulate bobspark")
    tell_source(board)
    tell(board, fleet=fleet())
    expect(page.page.get_by_role("heading", name="Nothing is running")).to_be_visible()


def test_a_server_that_is_away_is_said_and_its_cards_are_kept_and_dimmed(board, page) -> None:
    tell(board, working("a"), working("b", source="other"))
    tell_source(board, "other")
    tell_source(board, state="backing-off", reason="connection refused", next_try_at=iso(-9))
    strip = page.page.locator(".strip[data-source=spark]")
    expect(strip).to_contain_text("spark (http://10.0.0.69:9010) has not answered since")
    expect(strip).to_contain_text("Connection refused.")
    expect(strip).to_contain_text("Next try at")
    expect(card(page, "a").and_(page.page.locator("[data-old]"))).to_have_count(1)
    expect(card(page, "b").and_(page.page.locator("[data-old]"))).to_have_count(0)
    concern = {"name": "queue", "every_s": 6.0, "failures": 2, "missing": False, **line("backing-off", "answered 500")}
    tell_source(board, concerns=[concern])
    expect(strip).to_have_text(re.compile("spark answers only in part; the rest is up to date. queue: Answered 500."))
    tell_source(board)
    expect(strip).to_have_count(0)


def test_the_wall_fills_the_screen_and_escape_leaves_it(board, page) -> None:
    tell(board, *(working(f"r{number}") for number in range(18)), fleet=fleet(running=18, tokens_per_s=612.4))
    page.page.goto(f"{board.url}#workers?wall=yes")
    expect(page.page.locator(".run-card")).to_have_count(18)
    expect(page.page.locator(".wall-figure").first).to_contain_text("18")
    for part_of_page in ("#rail", "#topbar", "#drawer"):
        expect(page.page.locator(part_of_page)).to_be_hidden()
    fits = page.page.locator(".wall").evaluate("(node) => [node.scrollHeight - node.clientHeight, node.clientWidth]")
    assert fits == [0, 1440], "all cards are on the screen"
    page.press("Escape")
    expect(page.page.locator("#rail")).to_be_visible()
    assert page.fragment() == "#workers"


def test_a_tab_whose_module_does_not_come_says_so_and_comes_later(board, page) -> None:
    page.page.route("**/workers/models.js", lambda route: route.abort())
    page.page.get_by_role("link", name="Models").click()
    expect(page.page.get_by_role("alert")).to_contain_text("Models could not be loaded from the server.")
    page.page.get_by_role("link", name="Live", exact=True).press("Enter")
    expect(page.page.locator(".fleet-head")).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 360)])
def test_axe_finds_nothing_serious(board, context_of, scheme, width) -> None:
    tell_source(board)
    gap = {"start": iso(20), "end": iso(8), "seconds": 12.0, "tokens_out": 340, "recovered": False}
    lost = working("lost", badge="CONN LOST", gaps=[gap], line=line("backing-off", "the line broke"))
    states = [("DONE", "completed"), ("ERROR", "failed"), ("CANCELLED", "cancelled"), ("QUEUED", "queued")]
    runs = [working(status, badge=badge, status=status) for badge, status in states]
    failed = {"index": 1, "error": "503", "maybe": False}
    batch = {"id": "b", "source": "spark", "state": "stopped", "wanted": 2, "started": ["spark:a"], "failed": [failed]}
    tell(board, working("a"), lost, *runs, fleet=fleet(failed=1), batches=[{**batch, "rest": 1, "at": iso()}])
    options = {"color_scheme": scheme, "bypass_csp": True, "reduced_motion": "reduce"}
    page = context_of(board, **options, viewport={"width": width, "height": 900}).new_page()
    page.goto(f"{board.url}#workers")
    expect(page.locator(".run-card")).to_have_count(6)
    assert serious(page) == []
    small = page.locator(".workers :is(button, select, .tab)").evaluate_all(SIZES)
    assert [named for named in small if named[1] < 30] == []
    overflow = page.locator(".page").evaluate("(node) => node.scrollWidth - node.clientWidth")
    assert overflow <= 0, "the page does not scroll sideways"
    page.get_by_role("button", name="Launch").click()
    assert serious(page) == [], "with the form open"
    page.keyboard.press("Escape")
    page.goto(f"{board.url}#workers?wall=yes")
    expect(page.locator(".wall .run-card")).to_have_count(6)
    assert serious(page) == [], "on the wall"


@pytest.mark.parametrize(("motion", "animation"), [("no-preference", "flowing"), ("reduce", "none")])
def test_the_glow_moves_only_where_motion_is_wanted(board, open_page, motion, animation) -> None:
    tell_source(board)
    tell(board, working("r", last_token_at=iso(-60)), fleet=fleet())
    page = open_page(board, "#workers", reduced_motion=motion)
    expect(flowing(page, "r")).to_have_count(1)
    style = "(node) => { const s = getComputedStyle(node, '::before'); return [s.animationName, s.animationDuration]; }"
    name, duration = card(page, "r").evaluate(style)
    assert name == animation
    if name != "none":
        assert duration == "1.6s"


def test_an_end_is_said_to_those_who_do_not_look(board, page) -> None:
    tell(board, working("a"), working("b"))
    expect(page.page.locator(".run-card")).to_have_count(2)
    for run_id, badge, status in (("a", "DONE", "completed"), ("b", "ERROR", "failed")):
        run = working(run_id, badge=badge, status=status)
        board.runtime.hub.publish(Announced("runs", "run.finished", {"run": run}, rows={run["key"]: run}))
    page.hears("1 run done, 1 run failed.")
