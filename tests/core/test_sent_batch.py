"""A launch as it stands, and what is known of it by whoever takes it up after a kill."""

from __future__ import annotations

import json

import pytest

from llm_service.core.runs.launch_form import read_launch
from llm_service.core.runs.sent_batch import SentBatch

FORM = {"batch": "b", "model": "m", "domain": "d", "workers": 3, "system_prompt": "Be brief. \ud83d\ude00"}


@pytest.fixture
def batch() -> SentBatch:
    return SentBatch(read_launch(FORM, ("a",)), "2026-11-21T11:00:00Z")


def again(batch: SentBatch) -> SentBatch:
    """As an earlier process kept it."""
    return SentBatch.taken_up(json.loads(json.dumps(batch.kept())))


def test_a_batch_that_is_through_comes_back_as_it_was(batch: SentBatch) -> None:
    for number in range(3):
        batch.sending()
        batch.began(f"a:{number}")
    batch.rested()
    assert batch.told()["state"] == "done"
    assert again(batch).told() == batch.told()
    assert again(batch).launching == batch.launching


def test_a_batch_that_failed_half_way_comes_back_with_its_rest(batch: SentBatch) -> None:
    batch.sending()
    batch.began("a:1")
    batch.sending()
    batch.broke("it said 500", maybe=False)
    batch.rested()
    found = again(batch)
    assert found.told() == batch.told()
    assert (found.told()["state"], found.left) == ("stopped", [2, 3])
    found.resumed()
    assert (found.told()["state"], found.failed) == ("sending", [])


def test_of_a_kill_in_the_middle_of_a_worker_that_one_may_have_begun(batch: SentBatch) -> None:
    batch.sending()
    batch.began("a:1")
    batch.sending()
    found = again(batch)
    assert (found.told()["state"], found.started, found.left) == ("stopped", ["a:1"], [3])
    (failure,) = found.failed
    assert (failure["index"], failure["maybe"]) == (2, True)
    assert "may have begun" in failure["error"]


def test_of_a_kill_between_two_workers_nothing_is_left_open(batch: SentBatch) -> None:
    batch.sending()
    batch.began("a:1")
    found = again(batch)
    assert (found.told()["state"], found.left) == ("stopped", [2, 3])
    assert [(failure["index"], failure["maybe"]) for failure in found.failed] == [(2, False)]


def test_a_stop_in_good_order_says_what_is_left(batch: SentBatch) -> None:
    batch.sending()
    batch.began("a:1")
    batch.rested()
    assert [failure["index"] for failure in again(batch).failed] == [2], "a page offers the rest of what failed"
