"""The launch form on a real board: what it checks, what it sends, and what it shows of a refusal."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.page_of import PageOf
from tests.browser.workers_kit import fleet, iso, tell, tell_source
from tests.kit.boards import Board


class Answers:
    """Stands in for `POST /api/runs` and keeps what was sent."""

    def __init__(self, page: PageOf) -> None:
        self.sent: list[dict] = []
        self.status, self.body = 202, {"batch": {"wanted": 2}}
        page.page.route("**/api/runs", self._answer)

    def _answer(self, route: Route) -> None:
        self.sent.append(json.loads(route.request.post_data or "null"))
        route.fulfill(status=self.status, json=self.body)


@pytest.fixture
def page(board: Board, open_page: Callable[..., PageOf]) -> PageOf:
    tell_source(board)
    tell(board, fleet=fleet(), batches=[])
    return open_page(board, "#workers")


def form(page: PageOf) -> Locator:
    """The dialog, opened."""
    page.page.get_by_role("button", name="Launch").first.click()
    return page.page.get_by_role("dialog", name="Launch workers")


def test_the_task_is_shown_as_it_will_be_sent(page) -> None:
    answers, dialog = Answers(page), form(page)
    preview = dialog.locator("[data-part=preview]")
    expect(preview).to_have_text("Generate 100 Q&A Pairs examples for domain: …")
    dialog.get_by_label("Domain").fill("AWS IAM")
    dialog.get_by_label("Type").select_option(label="Code Problems")
    dialog.get_by_label("Examples").fill("250")
    expect(preview).to_have_text("Generate 250 Code Problems examples for domain: AWS IAM")
    dialog.get_by_label("Word the task myself").check()
    dialog.get_by_label("Task", exact=True).fill("Write about IAM")
    expect(preview).to_have_text("Write about IAM")
    dialog.get_by_label("Workers").fill("2")
    dialog.get_by_label("Queue them").check()
    dialog.get_by_text("System prompt").first.click()
    dialog.get_by_label("System prompt").fill("Be brief.")
    dialog.get_by_role("button", name="Queue 2 workers").click()
    expect(dialog).to_be_hidden()
    (sent,) = answers.sent
    assert len(sent.pop("batch")) == 32
    assert sent == {
        "source": "spark",
        "task": "Write about IAM",
        "type": "code",
        "domain": "AWS IAM",
        "count": 250,
        "model": "claude-3-5-sonnet",
        "node": "spark",
        "workers": 2,
        "max_iter": 20,
        "temperature": 0.8,
        "queued": True,
        "system_prompt": "Be brief.",
    }


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_sent(page) -> None:
    answers, dialog = Answers(page), form(page)
    for label, text in {"Workers": "19", "Iterations": "0", "Temperature": "3", "Examples": "1.5"}.items():
        dialog.get_by_label(label).fill(text)
    dialog.get_by_role("button", name="Launch").press("Enter")
    expect(dialog.locator(".field-error")).to_have_text(
        [
            "Examples: a whole number from 1 to 10,000.",
            "What the examples are about, such as AWS IAM.",
            "Workers: a whole number from 1 to 18.",
            "Iterations: a whole number from 1 to 200.",
            "Temperature: a number from 0 to 2.",
        ]
    )
    expect(dialog.get_by_label("Examples")).to_be_focused()
    expect(dialog.get_by_label("Examples")).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Examples").fill("15")
    expect(dialog.locator(".field-error")).to_have_count(4)
    assert answers.sent == []


def test_what_the_server_refuses_stands_beside_its_field_and_the_form_stays(page) -> None:
    answers, dialog = Answers(page), form(page)
    fields = {"model": "model is nonsense; allowed is another", "batch": "batch is known"}
    answers.status, answers.body = 400, {"error": "nothing was sent; see the fields", "fields": fields}
    dialog.get_by_label("Domain").fill("S3")
    dialog.get_by_role("button", name="Launch").click()
    expect(dialog.locator("#launch-model-error")).to_have_text("model is nonsense; allowed is another")
    expect(dialog.get_by_label("Model")).to_be_focused()
    expect(dialog.get_by_label("Domain")).to_have_value("S3")
    answers.status, answers.body = 429, {"error": "too many batches are under way"}
    dialog.get_by_role("button", name="Launch").click()
    expect(dialog.get_by_role("alert")).to_contain_text("too many batches are under way")
    answers.status, answers.body = 202, {"batch": {"wanted": 1}}
    dialog.get_by_role("button", name="Launch").click()
    expect(dialog).to_be_hidden()
    assert len({sent["batch"] for sent in answers.sent}) == 1, "one opened form is one batch"
    form(page).get_by_label("Domain").fill("S3")
    page.press("Enter")
    expect(dialog).to_be_hidden()
    assert len({sent["batch"] for sent in answers.sent}) == 2, "another form is another"


def test_of_several_servers_one_is_chosen(board, page) -> None:
    tell_source(board, "other", "backing-off")
    answers, dialog = Answers(page), form(page)
    expect(dialog.get_by_label("Server", exact=True)).to_have_value("spark")
    dialog.get_by_label("Server", exact=True).select_option("other")
    dialog.get_by_label("Domain").fill("S3")
    page.press("Enter")
    expect(dialog).to_be_hidden()
    assert answers.sent[0]["source"] == "other"


def test_escape_closes_the_form_and_the_focus_goes_back(page) -> None:
    dialog = form(page)
    expect(dialog.get_by_label("Domain")).to_be_focused()
    page.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.page.get_by_role("button", name="Launch").first).to_be_focused()


def test_a_batch_is_said_while_it_is_sent_and_when_it_stopped(board, page) -> None:
    batch = {"id": "b", "source": "spark", "wanted": 18, "started": ["spark:run_a", "spark:run_b"], "at": iso()}
    tell(board, batches=[{**batch, "state": "sending", "failed": [], "rest": 0}])
    strip = page.page.locator(".strip[data-batch=b]")
    expect(strip).to_have_text("Starting 18 workers on spark: 2 of 18")
    failed = [
        {"index": 2, "error": "spark answered 503", "maybe": False},
        {"index": 3, "error": "no answer", "maybe": True},
    ]
    tell(board, batches=[{**batch, "state": "stopped", "failed": failed, "rest": 15}])
    expect(strip).to_contain_text("2 of 18 workers began on spark; the launch stopped there.")
    expect(strip).to_contain_text("1 more worker may have begun: the answer never came, so it is not sent again.")
    expect(strip.get_by_role("link")).to_have_text(["run_a", "run_b"])
    expect(strip).to_contain_text("Worker 3: spark answered 503.")
    expect(strip.get_by_role("button", name="Start the rest (15)")).to_be_enabled()
    strip.get_by_role("button", name="Dismiss").click()
    expect(strip).to_have_count(0)
