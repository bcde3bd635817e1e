"""The section Training end to end: simulated servers, the real dashboard between, and what the page says at the end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.page_of import PageOf
from tests.browser.training_kit import COUNT_CONFETTI, drawing
from tests.kit.simulator import ask
from tests.kit.waiting import wait_until

END_MS = 30_000


@pytest.fixture
def open_on(make_server, context_of) -> Callable[..., PageOf]:
    """Opens the section on a server that watches a simulated BobSpark and a simulated skill trainer."""

    def make(bobspark, skills) -> PageOf:
        server = make_server("--bobspark", bobspark.url, "--skill-training", skills.url).start()
        context = context_of(server)
        context.add_init_script(COUNT_CONFETTI)
        page = PageOf(context, server).open("#training")
        expect(page.page.get_by_role("button", name="Start a training").first).to_be_enabled()
        return page

    return make


def start(page: PageOf, kind: str, **fields: str) -> None:
    """Fill the form and send it with a double click."""
    page.page.get_by_role("button", name="Start a training").first.click()
    dialog = page.page.locator(".training-dialog")
    dialog.get_by_role("button", name=kind, exact=True).click()
    for label, value in fields.items():
        dialog.get_by_label(label.replace("_", " ")).fill(value)
    dialog.locator("[type=submit]").dblclick()


def test_a_fine_tune_started_on_the_page_ends_as_its_server_says(make_bobspark, make_skills, open_on) -> None:
    bobspark = make_bobspark(speed=4)
    page = open_on(bobspark, make_skills())
    start(page, "Fine-tune", Epochs="1")
    expect(page.page.locator(".job h2")).to_have_text("ft_01")
    expect(page.page.locator(".job-said")).to_contain_text("has been started")
    drawing(page.page)
    page.page.get_by_role("link", name="Jobs").click()
    start(page, "Fine-tune", Epochs="9")
    expect(page.page.locator(".job-said")).to_contain_text("It was running already")
    assert page.fragment().endswith(":ft_01")
    assert list(bobspark.ledger()["jobs"]) == ["ft_01"], "one start, whatever was clicked"
    bobspark._conductor.speed = 40
    expect(page.page.locator(".job-title .job-status")).to_have_text("Completed", timeout=END_MS)
    page.page.wait_for_function("() => window.__confetti === 1")
    truth = bobspark.ledger()["jobs"]["ft_01"]
    losses = [loss for _, loss in truth["losses"]]
    figures = page.page.locator(".job-stat .stat-figure")
    expect(figures.nth(0)).to_have_text(f"{losses[-1]:.4f}")
    expect(figures.nth(1)).to_have_text("400/400")
    expect(page.page.locator(".loss-chip[data-chip=last] dd")).to_have_text(f"{losses[-1]:.4f}")
    expect(page.page.locator(".loss-chip[data-chip=steps-seen] dd")).to_have_text("400")
    drawn = page.page.locator("loss-canvas").evaluate("(chart) => chart.view.lines[0].curve.buckets.last")
    assert drawn == pytest.approx(losses, abs=6e-5), "every step, as the log wrote it"


def test_a_skill_is_trained_and_its_adapter_is_listed_with_its_curve(make_bobspark, make_skills, open_on) -> None:
    skills = make_skills(speed=20, past=True)
    page = open_on(make_bobspark(), skills)
    start(page, "Skill training", Skill="no such skill", Epochs="3")
    expect(page.page.locator("#training-skill_id-error")).to_contain_text("Skill must be")
    page.page.locator(".training-dialog").get_by_label("Skill", exact=True).fill("electrician")
    page.page.locator(".training-dialog [type=submit]").click()
    expect(page.page.locator(".job h2")).to_have_text("Electrician")
    expect(page.page.locator(".job-title .job-status")).to_have_text("Completed", timeout=END_MS)
    expect(page.page.get_by_label("GPU", exact=True)).to_contain_text("Made up by its server")
    page.page.goto(f"{page.server.url}#training?tab=adapters")
    rows = page.page.locator(".adapters tbody tr")
    expect(rows).to_have_count(len(ask(f"{skills.url}/api/training/adapters")["adapters"]))
    page.page.get_by_role("button", name="Final loss").click()
    shown = [float(text) for text in rows.locator("td.figure b").all_inner_texts()]
    assert shown == sorted(shown)
    rows.get_by_label("Compare the curve of Electrician").check()
    page.page.get_by_role("link", name="Compare 1 curve").click()
    drawing(page.page)
    expect(page.page.locator(".loss-run")).to_have_text("Electrician")


def test_a_bare_id_in_the_address_is_as_good_as_a_key(make_bobspark, make_skills, open_on) -> None:
    bobspark = make_bobspark(past_runs=5)
    page = open_on(bobspark, make_skills())
    expect(page.page.locator(".job-row").first).to_be_visible()
    page.page.goto(f"{page.server.url}#job=ft_01")
    expect(page.page.locator(".job h2")).to_have_text("ft_01")
    expect(page.page.locator(".loss .chart-empty")).to_contain_text("No step of this job was seen while it ran")
    assert page.fragment().endswith(":ft_01")
    assert page.fragment() != "#job=ft_01"


def advance(page: PageOf) -> None:
    page.page.get_by_role("button", name="Advance").click()
    page.page.get_by_role("dialog").get_by_role("button", name="Advance").click()
    expect(page.page.get_by_role("dialog")).to_have_count(0)


def test_a_pipeline_that_waits_goes_on_by_hand_stage_by_stage(make_bobspark, make_skills, open_on) -> None:
    bobspark = make_bobspark(speed=20)
    body = {
        "model_name": "qwen",
        "eval_suite": "aws",
        "target_pass_rate": 99,
        "max_iterations": 1,
        "auto_advance": False,
    }
    key = ask(f"{bobspark.url}/api/pipeline/start", "POST", body)["pipeline_id"]
    pipeline = bobspark.pipelines.all[key]
    page = open_on(bobspark, make_skills())
    page.page.goto(f"{page.server.url}#training?tab=pipelines")
    expect(page.page.locator(".stage[aria-current=step]")).to_contain_text("Evaluate")
    for done, stage in enumerate(("Analyze", "Generate", "Fine-tune", "Deploy"), 1):
        wait_until(lambda: pipeline.waits, f"it waits before {stage}", 20.0)
        advance(page)
        expect(page.page.locator(".stage[data-state=done]")).to_have_count(done, timeout=END_MS)
        expect(page.page.locator(".stage[aria-current=step]")).to_contain_text(stage)
    wait_until(lambda: pipeline.waits, "it waits before the last stage, whose end needs no hand", 20.0)
    advance(page)
    expect(page.page.locator(".pipeline-outcome")).to_be_visible(timeout=END_MS)
    expect(page.page.get_by_role("button", name="Advance")).to_have_count(0)


def test_what_a_server_says_against_an_advance_stands_beside_the_button(make_bobspark, make_skills, open_on) -> None:
    bobspark = make_bobspark(speed=1)
    body = {"model_name": "qwen", "eval_suite": "aws", "target_pass_rate": 99, "max_iterations": 1}
    ask(f"{bobspark.url}/api/pipeline/start", "POST", body)
    page = open_on(bobspark, make_skills())
    page.page.goto(f"{page.server.url}#training?tab=pipelines")
    advance(page)
    expect(page.page.get_by_role("alert")).to_contain_text("Pipeline is not waiting")


def test_a_fine_tune_of_a_pipeline_that_nobody_saw_is_told_with_its_final_loss(
    make_bobspark, make_skills, open_on
) -> None:
    bobspark = make_bobspark(speed=100)
    body = {"model_name": "qwen", "eval_suite": "aws", "target_pass_rate": 99, "max_iterations": 2}
    key = ask(f"{bobspark.url}/api/pipeline/start", "POST", body)["pipeline_id"]
    wait_until(lambda: bobspark.pipelines.all[key].iteration == 2, "the second iteration", 20.0)
    bobspark._conductor.speed = 0.2
    page = open_on(bobspark, make_skills())
    page.page.goto(f"{page.server.url}#training?tab=pipelines")
    expect(page.page.locator(".loss .chart-empty")).to_have_text("There is no curve of it.")
    bobspark._conductor.speed = 40
    drawing(page.page)
    final = bobspark.ledger()["jobs"][key]["losses"]["1"][-1][1]
    row = page.page.get_by_role("row", name="1 ").filter(has_text=f"{key}-ft-1")
    expect(row).to_contain_text(f"{final:.4f} steps not seen")
    expect(page.page.locator(".loss-troubles")).to_contain_text("No step of iteration 1 was seen")
    page.page.get_by_role("heading", name=key).get_by_role("link").click()
    expect(page.page.locator(".job .loss-troubles")).to_contain_text("No step of iteration 1 was seen")
