"""The tabs beside Live, and the section Sources, over a real simulator: what they show, command, and bear."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Route, expect

from llm_service.simulators.bobspark import Bobspark
from llm_service.upstreams import Upstream
from tests.browser.page_of import PageOf
from tests.browser.test_access import serious
from tests.kit.board_fixtures import folder, start_board  # noqa: F401
from tests.kit.boards import Board
from tests.kit.simulator import bobspark, make_bobspark, submit, wait_for_end  # noqa: F401
from tests.kit.waiting import wait_until

TABS = ("feed", "coordinator", "analytics", "datasets", "models")
SENTINEL = {"feed": ".feed-entry", "coordinator": ".node-card", "analytics": ".analytics-totals"}
SENTINEL |= {"datasets": ".dataset-card", "models": ".models-panel", "sources": ".upstream"}
Watching = Callable[..., Board]


@pytest.fixture
def watching(start_board: Callable[..., Board]) -> Watching:  # noqa: F811
    """Starts a board that watches a simulator as "spark"."""

    def start(simulator: Bobspark, **more: Any) -> Board:
        return start_board(bobspark=(Upstream("spark", simulator.url),), agent_logs=False, **more)

    return start


def entry(page: PageOf, run_id: str):
    return page.page.locator(f'.feed-entry[data-key="spark:{run_id}"]')


def test_a_run_that_ended_is_in_the_feed_with_its_chain_and_stays_over_a_reload(bobspark, watching, open_page) -> None:  # noqa: F811
    board = watching(bobspark)
    page = open_page(board, "#workers?tab=feed")
    run_id = submit(bobspark, sim={"outcome": "completed", "iterations": 2})
    truth = wait_for_end(bobspark, run_id)[run_id]
    expect(entry(page, run_id).locator(".run-badge")).to_have_text("DONE")
    expect(entry(page, run_id)).to_contain_text(f"{truth['tokens_out']:,} tokens out")
    entry(page, run_id).get_by_role("button", name=re.compile("Chain")).click()
    expect(entry(page, run_id).locator(".feed-chain li").first).to_be_visible()
    assert "supervisor" in entry(page, run_id).locator(".feed-chain").inner_text()
    page.page.reload()
    expect(entry(page, run_id)).to_have_count(1)


def test_questions_are_shown_with_their_answers_when_opened(make_bobspark, watching, open_page) -> None:  # noqa: F811
    page = open_page(watching(make_bobspark(past_runs=20, workers=1)), "#workers?tab=feed")
    page.page.locator(".questions > summary").click()
    question = page.page.locator(".question details").first
    question.locator("summary").click()
    expect(question.locator(".question-answer")).to_be_visible()


def test_without_a_question_feed_there_is_no_panel_of_it(make_bobspark, watching, open_page) -> None:  # noqa: F811
    board = watching(make_bobspark(past_runs=20, faults=["http-404:/api/datagen/*"]))
    page = open_page(board)
    with page.page.expect_response("**/api/qa") as answered:
        page.page.goto(f"{board.url}#workers?tab=feed")
    assert answered.value.json()["hidden"] is True
    expect(page.page.locator(".feed-entry").first).to_be_visible()
    expect(page.page.locator(".questions")).to_have_count(0)


def test_the_feeds_filters_are_in_the_address(make_bobspark, watching, open_page) -> None:  # noqa: F811
    page = open_page(watching(make_bobspark(past_runs=60)), "#workers?tab=feed&status=failed")
    expect(page.page.locator(".feed-entry .run-badge").first).to_have_text("ERROR")
    assert set(page.page.locator(".feed-entry .run-badge").all_inner_texts()) == {"ERROR"}
    page.page.locator("[data-input=feed-search]").fill("nothing says this")
    expect(page.page.get_by_role("heading", name="No finished run matches")).to_be_visible()
    assert "q=nothing%20says%20this" in page.fragment()
    page.page.locator(".message [data-action=feed-unfilter]").click()
    expect(page.page.locator(".feed-entry").first).to_be_visible()


def test_the_table_of_the_feed_has_what_its_filters_leave(make_bobspark, watching, open_page) -> None:  # noqa: F811
    simulator = make_bobspark(past_runs=60, workers=1, speed=1)
    page = open_page(watching(simulator), "#workers?tab=feed&status=failed")
    expect(page.page.locator(".feed-entry").first).to_be_visible()
    address = page.page.locator(".live-tools a[download]").get_attribute("href")
    failed = [name for name, run in simulator.ledger()["runs"].items() if run["status"] == "failed"]

    def listed() -> list[str]:
        rows = page.context.request.get(page.server.url.rstrip("/") + address).text().splitlines()
        return sorted(row.split(",")[0] for row in rows[1:])

    # Those of the last hour are there at once, older ones when they are kept.
    wait_until(lambda: listed() == sorted(failed), f"{sorted(failed)}", pause_s=0.05)
    page.page.locator("[data-action=feed-unfilter]").click()
    expect(page.page.locator(".live-tools a[download]")).to_have_attribute("href", "/api/runs/export.csv?ended=true")
    everything = page.context.request.get(f"{page.server.url}api/runs/export.csv?ended=true").text()
    assert "running" not in everything


def test_a_choice_keeps_the_focus_and_back_and_forward_show_what_was_chosen(
    make_bobspark,  # noqa: F811
    watching,
    open_page,
) -> None:
    page = open_page(watching(make_bobspark(past_runs=60)), "#workers?tab=feed")
    select = page.page.locator("[data-field=model]")
    select.focus()
    select.select_option(index=1)
    chosen = select.input_value()
    others = page.page.locator(".feed-entry").filter(has_not_text=chosen.removeprefix("="))
    expect(others).to_have_count(0)
    select.select_option("")
    expect(others.first).to_be_attached()
    expect(select).to_be_focused()
    page.page.go_back()
    expect(select).to_have_value(chosen)
    page.page.go_back()
    expect(select).to_have_value("")


def test_a_queue_that_nobody_knows_is_not_told_as_empty(make_bobspark, watching, open_page) -> None:  # noqa: F811
    simulator = make_bobspark(faults=["http-500:/api/runs/queue"])
    page = open_page(watching(simulator), "#workers?tab=coordinator")
    queue = page.page.locator(".queue")
    expect(queue).to_contain_text("What waits is not known")
    expect(queue.locator(".queue-old")).to_contain_text("500")
    expect(queue).not_to_contain_text("Nothing waits")
    expect(page.page.locator('[data-figure="depth"] dd')).to_have_text("–")
    simulator.set_faults()
    expect(queue).to_contain_text("Nothing waits", timeout=30_000)
    expect(queue.locator(".queue-old")).to_have_count(0)


def test_a_server_that_never_answered_has_answered_nothing(start_board, open_page) -> None:  # noqa: F811
    board = start_board(bobspark=(Upstream("gone", f"http://127.0.0.1:{closed_port()}"),), agent_logs=False)
    page = open_page(board, "#sources")
    expect(page.page.locator(".concerns caption")).to_contain_text(re.compile(r"^0 of \d+ questions answered"))
    page.page.goto(f"{board.url}#workers?tab=models")
    strip = page.page.locator(".strip[data-source=gone]")
    expect(strip).to_have_count(1)
    expect(strip).to_contain_text("failed for the same reason")


def closed_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize("tab", ["feed", "analytics", "datasets", "models"])
def test_what_cannot_be_loaded_says_why_and_is_tried_again(make_bobspark, watching, open_page, tab: str) -> None:  # noqa: F811
    page = open_page(watching(make_bobspark(past_runs=20)))
    asked = re.compile(rf"/api/{tab}(\?|$)")
    page.page.route(asked, lambda route: route.fulfill(status=503, json={"error": "telemetry is being repaired"}))
    page.page.goto(f"{page.server.url}#workers?tab={tab}")
    failure = page.page.locator(".page-failure")
    expect(failure).to_contain_text("could not be loaded: telemetry is being repaired")
    expect(page.page.locator(SENTINEL[tab])).to_have_count(0)
    page.page.unroute(asked)
    failure.get_by_role("button", name="Try again").click()
    expect(page.page.locator(SENTINEL[tab]).first).to_be_attached()
    expect(failure).to_have_count(0)


@pytest.mark.parametrize("tab", ["feed", "models"])
def test_before_the_answer_comes_there_is_a_skeleton(make_bobspark, watching, open_page, tab: str) -> None:  # noqa: F811
    page = open_page(watching(make_bobspark(past_runs=20)))
    held: list[Route] = []
    page.page.route(re.compile(rf"/api/{tab}(\?|$)"), lambda route: held.append(route))
    page.page.goto(f"{page.server.url}#workers?tab={tab}")
    expect(page.page.locator(".row-skeleton i").first).to_be_visible()
    held[0].continue_()
    expect(page.page.locator(SENTINEL[tab]).first).to_be_attached()
    expect(page.page.locator(".row-skeleton")).to_have_count(0)


def test_waiting_runs_are_cancelled_after_a_question_and_the_answer_says_which(
    make_bobspark,  # noqa: F811
    watching,
    open_page,
) -> None:
    simulator = make_bobspark(slots=1)
    submit(simulator, sim={"iterations": 50, "updates": 20})
    waiting = [submit(simulator, queued=True) for _ in range(3)]
    page = open_page(watching(simulator), "#workers?tab=coordinator")
    expect(page.page.locator(".queue tbody tr")).to_have_count(3)
    page.page.get_by_role("button", name="Cancel all queued").click()
    expect(page.page.get_by_role("dialog")).to_contain_text("3 runs on spark leave the queue")
    page.page.get_by_role("button", name="Cancel 3 runs").click()
    expect(page.page.locator(".queue .strip")).to_contain_text("3 runs cancelled")
    expect(page.page.locator(".queue tbody tr")).to_have_count(0)
    assert {simulator.ledger()["runs"][name]["status"] for name in waiting} == {"cancelled"}


def test_the_active_job_is_paused_resumed_and_given_a_machine(make_bobspark, watching, open_page) -> None:  # noqa: F811
    simulator = make_bobspark(workers=2, speed=1)
    page = open_page(watching(simulator), "#workers?tab=coordinator")
    row = page.page.locator(".active-job tbody tr").first
    name = row.locator("th").inner_text()
    page.page.get_by_role("button", name=f"Pause {name}").click()
    expect(page.page.get_by_role("button", name=f"Resume {name}")).to_be_visible()
    page.page.get_by_role("button", name=f"Resume {name}").click()
    expect(page.page.get_by_role("button", name=f"Pause {name}")).to_be_visible()
    page.page.locator(".add-node input").fill("nowhere")
    page.page.locator(".add-node").get_by_role("button", name="Add").click()
    expect(page.page.locator(".active-job .strip")).to_be_visible()


def test_a_machine_that_does_not_answer_is_offline_and_the_other_goes_on(bobspark, watching, open_page) -> None:  # noqa: F811
    bobspark.set_faults("http-500:/api/system/linux/stats")
    page = open_page(watching(bobspark), "#workers?tab=coordinator")
    expect(page.page.locator('.node-card[data-node="spark:linux"] .node-level')).to_have_text("OFFLINE")
    expect(page.page.locator('.node-card[data-node="spark:linux"] .node-reason')).to_contain_text("500")
    expect(page.page.locator('.node-card[data-node="spark:spark"] progress').first).to_be_visible()


def test_analytics_that_a_server_does_not_have_are_counted_from_its_runs(make_bobspark, watching, open_page) -> None:  # noqa: F811
    simulator = make_bobspark(past_runs=80, faults=["http-404:/api/runs/analytics"])
    board = watching(simulator)
    wait_until(lambda: len(board.get("/api/runs?limit=500")[1]["runs"]) >= 80, "the past is kept")
    page = open_page(board, "#workers?tab=analytics&range=all")
    expect(page.page.locator(".analytics-origin")).to_contain_text("counted from its runs")
    told = dict(zip(*figures(page), strict=True))
    assert int(told["Runs"].replace(",", "")) >= 80
    expect(page.page.locator(".analytics-charts chart-canvas[data-drawn]")).to_have_count(5)
    page.page.locator("[data-action=heatmap-table]").click()
    expect(page.page.locator(".heatmap tbody tr").first).to_be_visible()


def figures(page: PageOf) -> tuple[list[str], list[str]]:
    totals = page.page.locator(".analytics-totals")
    expect(totals).to_be_visible()
    return totals.locator("dt").all_inner_texts(), totals.locator("dd").all_inner_texts()


def test_a_dataset_opens_and_each_of_its_parts_fails_alone(bobspark, watching, open_page) -> None:  # noqa: F811
    bobspark.set_faults("http-500:/api/data/datasets/*/provenance")
    page = open_page(watching(bobspark), "#workers?tab=datasets")
    page.page.locator(".dataset-card .link-button").first.click()
    dialog = page.page.get_by_role("dialog")
    expect(dialog.locator(".slide-examples li").first).to_be_visible()
    expect(dialog.get_by_role("alert")).to_contain_text("500")
    bobspark.set_faults()
    # A failure is remembered for a moment, so that many pages do not all ask a server that is in trouble.
    wait_until(lambda: tried_again(dialog), "the part that failed")
    page.press("Escape")
    expect(dialog).to_be_hidden()
    wait_until(lambda: "dataset=" not in page.fragment(), "the address without it")


def tried_again(dialog: Locator) -> bool:
    button = dialog.get_by_role("button", name="Try again")
    if button.count():
        button.click()
    return dialog.locator(".slide-steps li").count() > 0


def test_two_models_stand_side_by_side_by_the_address(bobspark, watching, open_page) -> None:  # noqa: F811
    page = open_page(watching(bobspark), "#workers?tab=models")
    boxes = page.page.locator("[data-input=models-compare]")
    boxes.nth(0).check()
    boxes.nth(1).check()
    expect(page.page.locator(".models-compare thead th")).to_have_count(3)
    assert "compare=" in page.fragment()
    page.page.reload()
    expect(page.page.locator(".models-compare thead th")).to_have_count(3)


def test_a_server_that_goes_away_is_said_in_sources_and_comes_back(bobspark, watching, open_page) -> None:  # noqa: F811
    page = open_page(watching(bobspark), "#sources")
    state = page.page.locator(".upstream-head .upstream-state")
    expect(state).to_have_text("Live")
    expect(page.page.locator('[data-concern="runs"]')).to_contain_text("every 6 s")
    bobspark.set_faults("http-500:*")
    expect(page.page.locator('[data-concern="runs"]')).to_contain_text("500", timeout=20_000)
    bobspark.set_faults()
    expect(page.page.locator('[data-concern="runs"] .upstream-state')).to_have_text("Live", timeout=40_000)


def test_without_a_server_sources_says_how_to_name_one(start_board, open_page) -> None:  # noqa: F811
    page = open_page(start_board(), "#sources")
    expect(page.page.get_by_role("heading", name="Only the task folder is watched")).to_be_visible()
    expect(page.page.locator("pre").first).to_contain_text("[[bobspark]]")


@pytest.mark.parametrize("tab", [*TABS, "sources"])
def test_hostile_texts_of_a_server_are_only_texts(make_bobspark, watching, open_page, tab: str) -> None:  # noqa: F811
    simulator = make_bobspark(past_runs=20, workers=1, faults=["hostile"])
    page = open_page(watching(simulator), "#sources" if tab == "sources" else f"#workers?tab={tab}")
    expect(page.page.locator(SENTINEL[tab]).first).to_be_visible()
    if tab == "datasets":
        page.page.locator(".dataset-card .link-button").first.click()
        expect(page.page.locator(".slide-examples li").first).to_be_visible()
    assert page.page.evaluate("() => window.hacked === undefined")


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1440)])
def test_axe_finds_nothing_serious_in_any_tab(
    make_bobspark,  # noqa: F811
    watching,
    context_of: Callable[..., BrowserContext],
    scheme: str,
    width: int,
) -> None:
    board = watching(make_bobspark(past_runs=40, workers=2))
    page = context_of(
        board, color_scheme=scheme, bypass_csp=True, reduced_motion="reduce", viewport={"width": width, "height": 900}
    ).new_page()
    for name, sentinel in SENTINEL.items():
        page.goto("about:blank")
        page.goto(f"{board.url}#{name if name == 'sources' else f'workers?tab={name}'}")
        expect(page.locator(sentinel).first).to_be_visible()
        assert serious(page) == [], name
        wide = page.evaluate("() => document.scrollingElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name} scrolls sideways by {wide}"
