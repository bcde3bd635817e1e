"""The section Training: the list, a job's page, what happens once, and every state, against a real board."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.gate import Gate
from tests.browser.page_of import PageOf
from tests.browser.test_access import serious
from tests.browser.training_kit import COUNT_CONFETTI, Training, at, curve, drawing
from tests.kit.boards import running_board

FT = "spark:ft_1"


@pytest.fixture
def training(tmp_path) -> Iterator[Training]:
    """A board that watches two servers, and verbs for what they tell."""
    (tmp_path / "board").mkdir()
    with running_board(tmp_path / "board", tmp_path / "state") as board:
        telling = Training(board)
        telling.watch("spark")
        telling.watch("brain", "skill-training")
        yield telling
        telling.stop()


@pytest.fixture
def running(training: Training) -> Training:
    """One fine-tune that runs, with 60 steps."""
    known = {"step": 60, "steps": 150, "epoch": 1.2, "epochs": 3, "loss": 0.8123, "first_loss": 3.2, "progress": 40}
    pace = {"eta_s": 301, "elapsed_s": 60, "learning_rate": 2e-4, "steps_per_s": 1.0, "rating": "Good"}
    training.begin(FT, name="donut", base_model="Qwen2.5", node="spark-1", **known, **pace)
    training.steps(FT, curve(60))
    return training


@pytest.fixture
def opened(context_of: Callable[..., BrowserContext]) -> Iterator[Callable[..., PageOf]]:
    """Opens pages that count confetti; nothing may go wrong in them."""
    made: list[PageOf] = []

    def make(training: Training, fragment: str, **options: object) -> PageOf:
        context = context_of(training.board, **options)
        context.add_init_script(COUNT_CONFETTI)
        made.append(PageOf(context, training.board))  # type: ignore[arg-type]
        return made[-1].open(fragment)

    yield make
    assert [complaint for page in made for complaint in page.complaints()] == []


def confetti(page: PageOf) -> int:
    return page.page.evaluate("() => window.__confetti")


def stat(page: PageOf, name: str):
    return page.page.locator(f".job-stat[data-stat={name}]")


def test_the_list_shows_what_runs_first_and_leads_to_a_job(running, opened) -> None:
    running.begin("brain:el", kind="skill", name="Electrician", started_at=at(10), alarms=[])
    running.end("brain:el", loss=0.423, rating="Great", step=63, steps=63, elapsed_s=306)
    page = opened(running, "#training")
    rows = page.page.locator(".job-row")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("donut")
    expect(rows.nth(0)).to_contain_text("60/150")
    expect(rows.nth(0)).to_contain_text("6 min")
    expect(rows.nth(1)).to_contain_text("Great")
    page.page.get_by_label("Kind").select_option("skill")
    expect(rows).to_have_count(1)
    assert page.fragment() == "#training?kind=skill"
    page.page.get_by_role("link", name="Electrician").press("Enter")
    expect(page.page.locator(".job h2")).to_have_text("Electrician")
    page.page.go_back()
    expect(rows).to_have_count(1)


def test_the_four_figures_are_told_live(running, opened) -> None:
    page = opened(running, f"#job={FT}")
    expect(stat(page, "loss").locator(".stat-figure")).to_have_text("0.8123")
    expect(stat(page, "loss")).to_contain_text("Good so far")
    expect(stat(page, "steps").locator(".stat-figure")).to_have_text("60/150")
    expect(stat(page, "eta").locator(".stat-figure")).to_have_text("6 min")
    expect(stat(page, "epoch").locator(".stat-figure")).to_have_text("1.2/3")
    expect(page.page.locator("[data-part=rate]")).to_have_text("2e-4")
    running.advance(FT, step=120, loss=0.2876, rating="Excellent", eta_s=7500, epoch=2.4, progress=80)
    expect(stat(page, "loss").locator(".stat-figure")).to_have_text("0.2876")
    expect(stat(page, "loss")).to_contain_text("Excellent")
    expect(stat(page, "steps").locator(".stat-figure")).to_have_text("120/150")
    expect(stat(page, "eta").locator(".stat-figure")).to_have_text("2 h 05 min")
    assert page.page.locator(".job-bar.whole").evaluate("(bar) => bar.value") == 80


def test_confetti_falls_once_when_a_job_that_was_seen_running_completes(running, opened) -> None:
    page = opened(running, f"#job={FT}")
    drawing(page.page)
    assert confetti(page) == 0
    running.end(FT, loss=0.2, rating="Excellent")
    expect(page.page.locator(".job-title .job-status")).to_have_text("Completed")
    page.page.wait_for_function("() => window.__confetti === 1")
    page.hears("donut completed: Excellent")
    running.advance(FT, log=["saved"])
    expect(page.page.locator(".log-tail")).to_contain_text("saved")
    assert confetti(page) == 1
    page.page.reload()
    expect(page.page.locator(".job-title .job-status")).to_have_text("Completed")
    assert confetti(page) == 0, "not on load"


@pytest.mark.parametrize("how", ["still", "failed", "elsewhere"])
def test_no_confetti_for_readers_who_want_stillness_for_failures_or_on_another_page(running, opened, how) -> None:
    options = {"reduced_motion": "reduce"} if how == "still" else {}
    running.begin("spark:other", name="other")
    page = opened(running, "#job=spark:other" if how == "elsewhere" else f"#job={FT}", **options)
    drawing(page.page) if how != "elsewhere" else expect(page.page.locator(".job h2")).to_have_text("other")
    running.end(FT, "failed" if how == "failed" else "completed", error="out of memory" if how == "failed" else "")
    if how == "failed":
        expect(page.page.locator(".job-trouble[role=alert]")).to_contain_text("It failed. out of memory.")
    else:
        page.hears("donut completed")
    running.advance("spark:other", log=["later"])
    assert confetti(page) == 0


def test_no_confetti_for_what_ended_while_the_line_was_down(running, context_of) -> None:
    context = context_of(running.board)
    context.add_init_script(COUNT_CONFETTI)
    page = PageOf(context, running.board)  # type: ignore[arg-type]
    gate = Gate(page.page)
    page.open(f"#job={FT}")
    drawing(page.page)
    gate.shut()
    expect(page.pill).not_to_have_text("Live")
    running.end(FT, loss=0.2)
    gate.is_open = True
    expect(page.pill).to_have_text("Live")
    expect(page.page.locator(".job-title .job-status")).to_have_text("Completed")
    assert confetti(page) == 0


def test_facts_turn_by_hand_and_can_be_stopped(running, opened) -> None:
    page = opened(running, f"#job={FT}")
    panel = page.page.locator(".facts-panel")
    expect(panel).to_contain_text("1 of 5")
    panel.get_by_role("button", name="The next fact").click()
    expect(panel).to_contain_text("2 of 5")
    pause = panel.get_by_role("button", name="Stop turning the facts")
    pause.press("Enter")
    expect(pause).to_have_attribute("aria-pressed", "true")


def test_facts_turn_by_themselves_every_eight_seconds_and_not_for_those_who_want_stillness(running, opened) -> None:
    for reduced in (False, True):
        page = opened(running, "#training", **({"reduced_motion": "reduce"} if reduced else {}))
        page.page.clock.install()
        page.page.reload()
        page.page.get_by_role("link", name="donut").click()
        panel = page.page.locator(".facts-panel")
        expect(panel).to_contain_text("1 of 5")
        page.page.mouse.move(2, 2)
        page.page.clock.run_for(8_100)
        expect(panel).to_contain_text("1 of 5" if reduced else "2 of 5")
        assert panel.get_by_role("button", name="Stop turning the facts").count() == (0 if reduced else 1)


def test_a_stale_job_is_said_to_be_and_can_be_started_again(running, opened) -> None:
    running.advance(FT, status="stale", config={"epochs": 7, "batch_size": 2}, actions=[])
    page = opened(running, f"#job={FT}")
    notice = page.page.locator(".job-trouble")
    expect(notice).to_contain_text("silent for 30 minutes, so it counts as stale: a new training may be started")
    notice.get_by_role("button", name="Start again").click()
    dialog = page.page.locator(".training-dialog")
    expect(dialog.get_by_label("Epochs")).to_have_value("7")
    expect(dialog.locator(".form-note")).to_contain_text("counts as stale, so a new start is allowed")
    page.press("Escape")
    expect(dialog).to_have_count(0)
    expect(notice.get_by_role("button", name="Start again")).to_be_focused()


def test_a_double_click_sends_one_start_and_a_409_leads_to_the_running_job(running, opened) -> None:
    page = opened(running, "#training")
    sent: list[str] = []

    def conflict(route) -> None:
        sent.append(route.request.post_data)
        route.fulfill(status=409, json={"error": "ft_1 runs already", "job": FT})

    page.page.route(re.compile(r"/api/training$"), conflict)
    page.page.get_by_role("button", name="Start a training").click()
    page.page.locator(".training-dialog [type=submit]").dblclick()
    expect(page.page.locator(".job h2")).to_have_text("donut")
    expect(page.page.locator(".job-said")).to_contain_text("It was running already, so nothing was started")
    assert page.fragment() == f"#job={FT}"
    assert len(sent) == 1
    assert '"batch_size":4' in sent[0]
    page.page.locator(".job-said").get_by_role("button", name="Dismiss").click()
    expect(page.page.locator(".job-said")).to_have_count(0)


def test_wrong_fields_are_said_beside_the_fields_and_nothing_is_sent(running, opened) -> None:
    page = opened(running, "#training")
    sent: list[str] = []
    page.page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.page.get_by_role("button", name="Start a training").click()
    dialog = page.page.locator(".training-dialog")
    dialog.get_by_role("button", name="Skill training").click()
    dialog.get_by_role("button", name="20 epochs").click()
    expect(dialog.get_by_label("Epochs")).to_have_value("20")
    dialog.get_by_label("LoRA rank").fill("none")
    page.press("Enter")
    expect(dialog.locator("#training-skill_id-error")).to_have_text("Skill: it is needed.")
    expect(dialog.get_by_label("LoRA rank")).to_have_attribute("aria-invalid", "true")
    expect(dialog.get_by_role("button", name="Start", exact=True)).to_be_enabled()
    assert sent == []


def test_cancelling_is_asked_first(running, opened) -> None:
    page = opened(running, f"#job={FT}")
    sent: list[str] = []

    def refuse(route) -> None:
        if route.request.method != "DELETE":
            return route.continue_()
        sent.append(route.request.method)
        return route.fulfill(status=502, json={"error": "spark does not answer"})

    page.page.route("**/api/training/spark*", refuse)
    page.page.get_by_role("button", name="Cancel").click()
    dialog = page.page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Keep it running")).to_be_focused()
    page.press("Escape")
    expect(dialog).to_have_count(0)
    assert sent == []
    page.page.get_by_role("button", name="Cancel").click()
    dialog.get_by_role("button", name="Cancel the training").click()
    expect(page.page.locator(".job-head [role=alert]")).to_have_text("spark does not answer")
    assert sent == ["DELETE"]


def test_what_servers_say_is_text_and_never_markup(training, opened) -> None:
    evil = '<img src=x onerror="alert(1)">'
    training.begin(FT, name=evil, log=[evil], error=evil, node=evil, config={"epochs": evil}, preview_in=evil)
    page = opened(training, f"#job={FT}")
    expect(page.page.locator(".job h2")).to_have_text(evil)
    expect(page.page.locator(".log-tail")).to_have_text(evil)
    assert page.page.locator(".job img").count() == 0


def test_gpu_figures_say_whether_they_are_made_up(running, opened) -> None:
    running.advance(
        FT, gpu={"name": "NVIDIA A10G", "used_gb": 18.2, "total_gb": 22.0, "percent": 94.0, "made_up": True}
    )
    page = opened(running, f"#job={FT}")
    expect(page.page.get_by_label("GPU", exact=True)).to_contain_text("Made up by its server")


def test_an_unknown_job_and_an_empty_section_say_what_to_do(training, opened) -> None:
    page = opened(training, "#job=spark:nope")
    expect(page.page.locator(".message")).to_contain_text("Nobody knows this job")
    page.page.get_by_role("link", name="All jobs").click()
    expect(page.page.locator(".message")).to_contain_text("Nothing has been trained yet")
    page.page.get_by_role("button", name="Start a training").click()
    expect(page.page.locator(".training-dialog h2")).to_be_focused()


def test_a_server_that_never_answered_is_not_said_to_train_nothing(training, opened) -> None:
    away = {"state": "backing-off", "reason": "connection refused", "last_heard_at": None}
    training.watch("spark", **away)
    training.watch("brain", "skill-training", **away)
    page = opened(training, "#training")
    expect(page.page.locator(".message h2")).to_have_text("No answer yet")
    page.page.get_by_role("link", name="How it was asked").click()
    expect(page.page.locator("#rail [aria-current=page]")).to_contain_text("Sources")


def test_a_server_that_is_away_is_said_and_what_was_there_stays(running, opened) -> None:
    page = opened(running, "#training")
    expect(page.page.locator(".job-row")).to_have_count(1)
    heard = {"last_heard_at": at(40), "next_try_at": at(-5)}
    running.watch("spark", state="backing-off", reason="spark: connection refused", **heard)
    note = page.page.locator(".job-trouble[data-source=spark]")
    expect(note).to_contain_text("has not answered since")
    expect(note).to_contain_text("Connection refused.")
    expect(page.page.locator(".job-row")).to_have_count(1)
    page.page.get_by_role("link", name="donut").click()
    expect(note).to_be_visible()
    broken = {"name": "pipelines", "every_s": 15.0, "failures": 3, "missing": False, "reason": "spark answered 500"}
    line = {"state": "backing-off", "since": at(9), "last_heard_at": at(9), "next_try_at": at(-9)}
    running.watch("spark", concerns=[{**line, **broken}, {**line, **broken, "name": "nodes", "reason": "no nodes"}])
    expect(note).to_contain_text("answers only in part")
    expect(note).not_to_contain_text("no nodes")


def test_by_keyboard_alone_a_training_is_found_opened_and_started(running, opened) -> None:
    page = opened(running, "")
    page.press("3")
    expect(page.page.locator(".job-row")).to_have_count(1)

    def tab_to(name: str) -> None:
        for _ in range(40):
            page.press("Tab")
            if page.focused().startswith(name):
                return
        raise AssertionError(f"{name} is not reached by Tab")

    tab_to("donut")
    page.press("Enter")
    expect(page.page.locator(".job h2")).to_have_text("donut")
    drawing(page.page)
    tab_to("Jobs")
    page.press("Enter")
    tab_to("Start a training")
    page.press("Enter")
    expect(page.page.locator(".training-dialog h2")).to_be_focused()
    tab_to("Skill training")
    page.press("Enter")
    tab_to("320 epochs")
    page.press("Enter", "Tab")
    page.page.keyboard.type("electrician")
    page.page.route(
        re.compile(r"/api/training$"),
        lambda route: route.fulfill(status=400, json={"error": "no", "fields": {"epochs": "must be less"}}),
    )
    page.press("Enter")
    expect(page.page.locator("#training-epochs")).to_be_focused()
    expect(page.page.locator("#training-epochs-error")).to_have_text("Epochs must be less.")
    expect(page.page.locator("#training-epochs")).to_have_value("20")
    page.press("Escape")
    expect(page.page.get_by_role("button", name="Start a training")).to_be_focused()


def pipeline(training: Training) -> None:
    rounds = [
        {"n": 1, "pass_rate": 0.61, "after_pass_rate": 0.705, "advice": "IAM is weak.", "suggested": ["More IAM"]},
        {"n": 2, "pass_rate": 0.705, "after_pass_rate": None, "advice": "", "suggested": []},
    ]
    links = {"datagen_job": None, "finetune_job": None, "series": None}
    stage = {"stage": "FINE-TUNE", "step": "fine_tuning", "iteration": 2, "max_iterations": 5}
    score = {"target": 0.85, "score": 0.705, "outcome": None, "message": "", "suite": "aws"}
    body = {**stage, **score, "iterations": [{**one, **links} for one in rounds]}
    training.begin("spark:pl_1", kind="pipeline", name="qwen aws", pipeline=body, actions=["cancel", "advance"])
    for number in (1, 2):
        training.steps("spark:pl_1", curve(30, seed=number), f"spark:pl_1/iter-{number}")


def test_a_pipeline_shows_its_loop_its_rounds_and_a_line_an_iteration(training, opened) -> None:
    pipeline(training)
    page = opened(training, "#training?tab=pipelines")
    expect(page.page.locator(".stage[aria-current=step]")).to_contain_text("Fine-tune")
    expect(page.page.locator(".stage[data-state=done]")).to_have_count(3)
    expect(page.page.locator(".pipeline-score")).to_contain_text("Target 85.0 %")
    expect(page.page.get_by_role("row", name="1 61.0 % 70.5 % +9.5 points")).to_be_visible()
    expect(page.page.get_by_label("Advice", exact=True)).to_contain_text("IAM is weak.")
    expect(page.page.locator(".loss-legend tbody tr")).to_have_count(2)
    expect(page.page.locator(".loss-run").first).to_have_text("iter 1")
    expect(page.page.locator("[data-chart=pipeline-rates] chart-canvas[data-drawn]")).to_be_attached()
    sent: list[str] = []
    page.page.route("**/advance", lambda route: sent.append(route.request.post_data) or route.fulfill(json={"job": {}}))
    page.page.get_by_role("button", name="Advance").click()
    page.page.get_by_role("dialog").get_by_role("button", name="Advance").click()
    expect(page.page.get_by_role("dialog")).to_have_count(0)
    assert sent == ['{"step":"fine_tuning"}']


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 360)])
def test_axe_finds_nothing_serious(running, context_of, scheme, width) -> None:
    pipeline(running)
    running.begin("spark:ft_0", name="old", status="stale")
    size = {"viewport": {"width": width, "height": 900}}
    page = context_of(running.board, color_scheme=scheme, bypass_csp=True, reduced_motion="reduce", **size).new_page()
    page.goto(f"{running.board.url}#training")
    for fragment, shown in (
        ("#training", ".job-row"),
        (f"#job={FT}", "loss-canvas[data-drawn]"),
        (f"#job={FT}&table=yes&from=10&to=40", ".chart-table tr"),
        (f"#training?tab=loss&with={FT},spark:pl_1", "loss-canvas[data-drawn]"),
        ("#training?tab=loss", ".loss-implied"),
        ("#training?tab=pipelines", "loss-canvas[data-drawn]"),
        ("#training?tab=adapters", ".message"),
    ):
        page.evaluate("(to) => (location.hash = to)", fragment)
        expect(page.locator(shown).first).to_be_visible()
        assert serious(page) == [], f"at {fragment}"
        overflow = "() => document.querySelector('.page').scrollWidth - document.querySelector('.page').clientWidth"
        assert page.evaluate(overflow) <= 0, f"{fragment} does not scroll sideways"
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width, (
            f"{fragment} is as wide as the window"
        )
    page.evaluate("() => (location.hash = '#training')")
    page.get_by_role("button", name="Start a training").click()
    page.locator(".training-dialog").get_by_role("button", name="Pipeline").click()
    page.locator(".training-dialog [type=submit]").click()
    assert serious(page) == [], "with the form"
