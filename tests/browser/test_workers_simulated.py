"""The section Workers end to end: a simulated BobSpark, the real server between, and what the page says at the end."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from llm_service.simulators.bobspark import Bobspark
from llm_service.simulators.runs import Run
from tests.browser.page_of import PageOf
from tests.browser.test_access import serious
from tests.browser.workers_kit import card, part
from tests.kit.server import Server
from tests.kit.simulator import submit, wait_for_end
from tests.kit.waiting import wait_until

BADGES = {"completed": "DONE", "failed": "ERROR", "cancelled": "CANCELLED"}
LONG = {"iterations": 200, "updates": 50, "rate": 2, "outcome": "completed"}


@pytest.fixture
def watch(make_server: Callable[..., Server], open_page: Callable[..., PageOf]) -> Callable[..., PageOf]:
    """Opens the page on a server that watches these simulators: watch(bobspark, fragment="#workers")."""

    def open_on(*simulators: Bobspark, fragment: str = "#workers", **options: Any) -> PageOf:
        flags = [flag for simulator in simulators for flag in ("--bobspark", simulator.url)]
        page = open_page(make_server(*flags).start(), fragment, **options)
        expect(page.page.locator("[data-stat=workers] .stat-figure, .run-page").first).not_to_have_text("–")
        return page

    return open_on


def open_launch(page: PageOf) -> Locator:
    """The launch form, open."""
    page.page.get_by_role("button", name=re.compile("^Launch")).first.click()
    dialog = page.page.get_by_role("dialog", name="Launch workers")
    expect(dialog.get_by_label("Domain")).to_be_focused()
    return dialog


def launch(page: PageOf, workers: int, domain: str = "AWS IAM") -> None:
    """Launch so many through the form."""
    dialog = open_launch(page)
    dialog.get_by_label("Domain").fill(domain)
    dialog.get_by_label("Workers").fill(str(workers))
    dialog.get_by_role("button", name=re.compile("^Launch")).click()
    expect(dialog).to_be_hidden()


def fails_after(simulator: Bobspark, count: int) -> None:
    """After its so many-th run it answers 500. Told by the test, that would race the workers that come after it."""
    submits = simulator.runs.submit

    def counting(*arguments: Any, **more: Any) -> Run:
        run = submits(*arguments, **more)
        if len(simulator.runs.all) == count:
            simulator.set_faults("http-500:/api/runs")
        return run

    simulator.runs.submit = counting  # type: ignore[method-assign]


def figures(page: PageOf, run_id: str) -> dict[str, Any]:
    """What a card says, as the ledger has it."""
    found: dict[str, Any] = card(page, run_id).evaluate(
        """(node) => {
          const part = (name) => node.querySelector(`[data-part=${name}]`);
          return {
            badge: node.dataset.badge, tokens_in: part("in").dataset.value, tokens_out: part("out").dataset.value,
            iteration: part("iteration")?.textContent,
            node: part("node")?.textContent, model: part("model")?.textContent,
          };
        }"""
    )
    return found


def told(run: dict[str, Any]) -> dict[str, Any]:
    """The same of a run in the ledger."""
    return {
        "badge": BADGES[run["status"]],
        "tokens_in": f"{run['tokens_in']:,}",
        "tokens_out": f"{run['tokens_out']:,}",
        "iteration": f"iter {run['iterations']}/{run['max_iter']}",
        "node": run["node"],
        "model": run["model"],
    }


def expect_figures(page: PageOf, run_id: str, wanted: dict[str, Any]) -> None:
    """Wait until a card says all of it."""
    wait_until(lambda: figures(page, run_id) == wanted, f"{wanted} on the card of {run_id}", pause_s=0.05)


def test_eighteen_workers_launched_from_the_page_end_with_the_ledgers_figures(make_bobspark, watch) -> None:
    simulator = make_bobspark(speed=12.0, seed=4, failing=0.3, slots=18)
    page = watch(simulator)
    launch(page, 18)
    expect(page.page.locator(".run-card")).to_have_count(18)
    runs = wait_for_end(simulator, deadline_s=40.0)
    assert len(runs) == 18
    assert {run["status"] for run in runs.values()} >= {"completed", "failed"}
    for run_id, run in runs.items():
        expect(card(page, run_id).locator(".run-badge")).to_have_text(BADGES[run["status"]])
        expect(part(page, run_id, "out")).to_have_attribute("data-value", f"{run['tokens_out']:,}")
        expect_figures(page, run_id, told(run))
    head = page.page.locator(".fleet-head")
    done = sum(run["status"] == "completed" for run in runs.values())
    expect(head.locator("[data-stat=done] .stat-figure")).to_have_text(str(done))
    expect(head.locator("[data-stat=done] .stat-sub")).to_have_text(f"{18 - done} failed")


def test_a_double_click_and_a_double_submit_are_one_batch(make_bobspark, watch) -> None:
    simulator = make_bobspark(speed=1.0)
    page = watch(simulator)
    dialog = open_launch(page)
    dialog.get_by_label("Domain").fill("S3")
    dialog.get_by_label("Workers").fill("3")
    page.page.evaluate(
        """() => {
          const button = document.querySelector(".launch-form [type=submit]");
          button.click(); button.click(); button.form.requestSubmit(); button.click();
        }"""
    )
    expect(page.page.locator(".run-card")).to_have_count(3)
    expect(page.page.locator(".strip")).to_have_count(0)
    assert len(simulator.ledger()["runs"]) == 3


def test_a_launch_that_stops_half_way_says_what_began_and_starts_the_rest(make_bobspark, watch) -> None:
    simulator = make_bobspark(speed=1.0)
    fails_after(simulator, 2)
    page = watch(simulator)
    launch(page, 6)
    strip = page.page.locator(".strip[data-batch][data-kind=error]")
    expect(strip).to_contain_text("of 6 workers began on")
    assert len(simulator.ledger()["runs"]) == 2
    expect(strip.locator("[data-part=started]")).to_have_text("2 of 6 workers")
    simulator.set_faults()
    strip.get_by_role("button", name=re.compile("^Start the")).click()
    expect(strip).to_have_count(0)
    expect(page.page.locator(".run-card")).to_have_count(6)
    assert len(simulator.ledger()["runs"]) == 6


def test_a_cancelled_run_and_one_whose_server_is_gone_show_their_true_state(make_bobspark, watch) -> None:
    simulator = make_bobspark(speed=1.0)
    first, second = submit(simulator, sim=LONG), submit(simulator, sim=LONG)
    page = watch(simulator)
    page.page.get_by_role("button", name=f"Cancel {first}").click()
    page.page.get_by_role("button", name="Cancel the run").click()
    expect(card(page, first).locator(".run-badge")).to_have_text("CANCELLED")
    assert simulator.ledger()["runs"][first]["status"] == "cancelled"
    expect(card(page, second).locator(".run-badge")).to_have_text("RUNNING")
    simulator.stop()
    expect(card(page, second).locator(".run-badge")).to_have_text("CONN LOST")
    expect(card(page, second).locator("[data-part=line]")).to_contain_text("annot be reached")
    expect(page.page.locator("[data-stat=running] .stat-sub")).to_have_text("1 not heard")
    expect(card(page, first).locator(".run-badge")).to_have_text("CANCELLED")


def test_a_run_page_follows_its_run_to_the_end_and_is_the_same_after_a_restart(make_bobspark, watch) -> None:
    simulator = make_bobspark(speed=4.0)
    run_id = submit(simulator, sim={"outcome": "completed", "iterations": 4, "updates": 8})
    page = watch(simulator)
    card(page, run_id).locator(".run-title a").click()
    rows = page.page.locator(".chain-row")
    expect(rows.first).to_be_visible()
    run = wait_for_end(simulator, run_id)[run_id]
    expect(page.page.locator(".run-head .run-badge")).to_have_text("DONE")
    expect(page.page.locator("[data-stat=out] .stat-figure")).to_have_text(f"{run['tokens_out']:,}")
    expect(page.page.locator("[data-stat=in] .stat-figure")).to_have_text(f"{run['tokens_in']:,}")
    expect(page.page.locator("[data-stat=iterations] .stat-figure")).to_have_text("4")
    expect(page.page.locator("[data-stat=model] .stat-figure")).to_have_text("claude-3-5-sonnet")
    expect(rows.first).to_contain_text("ended: completed")
    expect(rows).to_have_count(run["events"])
    numbers = rows.evaluate_all("(nodes) => nodes.map((node) => Number(node.dataset.n))")
    assert numbers == list(range(run["events"], 0, -1)), "each event once, the newest first"
    expect(page.page.locator(".lane-name", has_text="supervisor")).to_be_visible()
    expect(page.page.locator("[data-chart=run-tokens] chart-canvas[data-drawn]")).to_have_count(1)
    texts = rows.locator(".chain-text").all_inner_texts()
    page.server.restart()
    page.page.reload()
    expect(rows).to_have_count(run["events"])
    assert rows.locator(".chain-text").all_inner_texts() == texts
    expect(page.page.locator("[data-stat=out] .stat-figure")).to_have_text(f"{run['tokens_out']:,}")


def test_the_chain_waits_while_somebody_reads_it(make_bobspark, watch) -> None:
    simulator = make_bobspark(speed=1.0)
    run_id = submit(simulator, sim={**LONG, "rate": 8})
    page = watch(simulator)
    card(page, run_id).locator(".run-title a").click()
    rows = page.page.locator(".chain-row")
    expect(rows.nth(2)).to_be_visible()
    rows.first.hover()
    held = page.page.locator("[data-action=chain-release]")
    expect(held).to_have_text(re.compile(r"^\d+ new$"))
    newest = rows.first.get_attribute("data-n")
    expect(held).to_have_text(re.compile(r"^([5-9]|\d\d) new$"))
    assert rows.first.get_attribute("data-n") == newest
    held.click()
    expect(rows.first).not_to_have_attribute("data-n", newest)


def test_raw_events_copy_and_csv_of_a_chain(make_bobspark, watch) -> None:
    simulator = make_bobspark(speed=30.0)
    run_id = submit(simulator, sim={"outcome": "failed", "iterations": 2, "updates": 3})
    run = wait_for_end(simulator, run_id)[run_id]
    page = watch(simulator, fragment=f"#run={run_id}")
    expect(page.page.locator(".run-head .run-badge")).to_have_text("ERROR")
    rows = page.page.locator(".chain-row")
    expect(rows).to_have_count(run["events"])
    page.page.get_by_role("button", name="Raw").click()
    expect(rows.first.locator("pre")).to_contain_text('"failed"')
    with page.page.expect_download() as download:
        page.page.locator("[data-action=chain-csv]").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0].startswith("n,at,type,agent")
    assert len(lines) == run["events"] + 1


def test_one_id_on_two_servers_asks_which_and_an_unknown_one_says_so(make_bobspark, watch) -> None:
    one, other = make_bobspark(seed=7, speed=30.0), make_bobspark(seed=7, speed=30.0)
    run_id = submit(one)
    assert submit(other) == run_id
    wait_for_end(one), wait_for_end(other)
    page = watch(one, other)
    expect(page.page.locator(".run-card")).to_have_count(2)
    page.page.goto(f"{page.server.url}#run={run_id}")
    choices = page.page.locator(".message-tools a")
    expect(choices).to_have_count(2)
    choices.last.click()
    expect(page.page.locator(".run-head .id")).to_have_attribute("data-copy", run_id)
    page.page.goto(f"{page.server.url}#run=nobody")
    expect(page.page.get_by_role("heading", name="No run nobody")).to_be_visible()


def test_hostile_runs_are_shown_as_text(make_bobspark, watch) -> None:
    simulator = make_bobspark(speed=20.0, faults=["hostile"])
    run_id = submit(simulator, sim={"outcome": "completed", "iterations": 2, "updates": 4})
    wait_for_end(simulator, run_id)
    page = watch(simulator)
    expect(card(page, run_id).locator(".run-badge")).to_have_text("DONE")
    card(page, run_id).locator(".run-title a").click()
    expect(page.page.locator(".chain-row").first).to_be_visible()
    page.page.get_by_role("button", name="Raw").click()
    expect(page.page.locator(".chain-row pre").first).to_be_visible()
    assert page.page.locator("#board :is(script, iframe, img)").count() == 0
    assert page.page.evaluate("() => window.__xss") is None


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 360)])
def test_axe_finds_nothing_serious_on_a_run_page(make_bobspark, make_server, context_of, scheme, width) -> None:
    simulator = make_bobspark(speed=4.0)
    run_id = submit(simulator, sim={**LONG, "rate": 5})
    server = make_server("--bobspark", simulator.url).start()
    options = {"color_scheme": scheme, "bypass_csp": True, "reduced_motion": "reduce"}
    page = context_of(server, **options, viewport={"width": width, "height": 900}).new_page()
    page.goto(f"{server.url}#workers")
    page.locator(".run-title a").first.click()
    expect(page.locator("chart-canvas[data-drawn]")).to_have_count(1)
    expect(page.locator(".chain-row").first).to_be_visible()
    assert serious(page) == []
    overflow = page.locator(".page").evaluate("(node) => node.scrollWidth - node.clientWidth")
    assert overflow <= 0, "the page does not scroll sideways"
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_role("dialog", name="Cancel this run?")).to_be_visible()
    assert serious(page) == [], "with the question open"
    assert run_id in page.url


def test_launching_opening_and_cancelling_by_keyboard_alone(make_bobspark, watch) -> None:
    simulator = make_bobspark(speed=1.0, failing=0.0)
    page = watch(simulator)
    tab_to(page, "Launch workers")
    page.press("Enter")
    expect(page.page.get_by_label("Domain")).to_be_focused()
    page.page.keyboard.type("Graphs")
    page.press("Enter")
    expect(page.page.locator(".run-title a")).to_have_text("Q&A Pairs · Graphs")
    tab_to(page, "Q&A Pairs · Graphs")
    page.press("Enter")
    expect(page.page.locator(".chain-row").first).to_be_visible()
    expect(page.page.locator(".run-head h2")).to_have_text("Q&A Pairs · Graphs")
    tab_to(page, "Cancel")
    page.press("Enter")
    expect(page.page.get_by_role("dialog", name="Cancel this run?")).to_be_visible()
    tab_to(page, "Cancel the run")
    page.press("Enter")
    expect(page.page.locator(".run-head .run-badge")).to_have_text("CANCELLED")
    (run,) = simulator.ledger()["runs"].values()
    assert run["status"] == "cancelled"


def tab_to(page: PageOf, name: str) -> None:
    """Press Tab until that has the focus."""
    for _ in range(60):
        if page.focused() == name:
            return
        page.press("Tab")
    raise AssertionError(f"Tab never came to {name}; it is on {page.focused()}")
