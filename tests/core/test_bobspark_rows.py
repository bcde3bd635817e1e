"""Rows of runs under every name and wrapping that consumers of BobSpark-APIs accept (PROTOCOLS 1.2)."""

from __future__ import annotations

import json

import pytest

from llm_service.core.bobspark.fields import Reading, bounded, rows_in
from llm_service.core.bobspark.run_rows import run_detail, run_row, run_rows, started_id, status_of

WHOLE = {
    "id": "run_8f3a1c20",
    "task": "Generate 100 Q&A Pairs examples for domain: AWS IAM",
    "model": "claude-3-5-sonnet",
    "status": "completed",
    "tokens_in": 1840,
    "tokens_out": 5230,
    "duration_s": 83.4,
    "created_at": "2026-03-01T14:02:11.120Z",
}


@pytest.mark.parametrize(
    "wrap", [lambda rows: rows, *(lambda rows, n=n: {n: rows} for n in ("runs", "queue", "items"))]
)
def test_a_list_comes_bare_or_wrapped(wrap) -> None:
    found = run_rows(wrap([WHOLE]))
    assert found is not None
    row = found.rows[0]
    assert (row.id, row.status, row.tokens_in, row.tokens_out) == ("run_8f3a1c20", "completed", 1840, 5230)
    assert (row.duration_s, row.created_at) == (83.4, "2026-03-01T14:02:11.120Z")
    assert found.refused == found.broken == 0


@pytest.mark.parametrize(
    ("field", "names", "value", "read"),
    [
        ("id", ("run_id", "id"), "r1", "r1"),
        ("id", ("run_id", "id"), 412, "412"),
        ("status", ("status", "state"), "running", "running"),
        ("task", ("task", "description", "prompt"), "do it", "do it"),
        ("model", ("model", "model_name"), "gpt-4o", "gpt-4o"),
        ("node", ("node", "node_name"), "spark", "spark"),
        ("agent", ("active_agent", "agent"), "code_agent", "code_agent"),
        ("iteration", ("iteration", "iterations", "iter"), 3, 3),
        ("max_iter", ("max_iter", "max_iterations"), 20, 20),
        ("tokens_in", ("tokens_in", "input_tokens"), "12", 12),
        ("tokens_out", ("tokens_out", "output_tokens"), 12.0, 12),
        ("duration_s", ("duration_s", "duration"), 1.5, 1.5),
        ("created_at", ("created_at", "created", "submitted_at"), 1_772_373_731, "2026-03-01T14:02:11.000Z"),
        ("finished_at", ("finished_at", "completed_at", "ended_at"), 1_772_373_731_000, "2026-03-01T14:02:11.000Z"),
        ("queue_position", ("queue_position", "position"), 2, 2),
        ("wait_s", ("wait_s", "wait"), 42.0, 42.0),
        ("error", ("error", "error_message"), "out of memory", "out of memory"),
    ],
)
def test_every_other_name_of_a_field_is_read(field: str, names: tuple[str, ...], value: object, read: object) -> None:
    for name in names:
        raw = {"id": "r1", name: value} if field != "id" else {name: value}
        row = run_row(raw, Reading())
        assert row is not None
        assert getattr(row, field) == read, name


@pytest.mark.parametrize("field", ["type", "domain", "node", "model", "max_iter"])
def test_what_a_run_was_configured_with_stands_in_for_what_its_row_does_not_say(field: str) -> None:
    value = 7 if field == "max_iter" else "x"
    row = run_row({"id": "r", "config": {field: value}}, Reading())
    assert row is not None
    assert getattr(row, field) == value
    row = run_row({"id": "r", field: 8 if field == "max_iter" else "y", "config": {field: value}}, Reading())
    assert getattr(row, field) == (8 if field == "max_iter" else "y")


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("queued", "queued"),
        ("pending", "queued"),
        ("running", "running"),
        ("RUNNING", "running"),
        ("in_progress", "running"),
        ("completed", "completed"),
        ("done", "completed"),
        ("failed", "failed"),
        ("error", "failed"),
        ("cancelled", "cancelled"),
        ("canceled", "cancelled"),
        ("exploded", "unknown"),
        (7, "unknown"),
        (None, "unknown"),
    ],
)
def test_every_word_for_a_state_is_one_of_ours(word: object, status: str) -> None:
    assert status_of(word) == status


@pytest.mark.parametrize(
    "value",
    ["many", [], {}, True, -5, float("nan"), float("inf"), 10**400, "1e999", "9" * 100],
)
def test_a_number_that_is_none_is_unknown_and_counted(value: object) -> None:
    read = Reading()
    row = run_row({"id": "r", "tokens_out": value, "duration_s": value}, read)
    assert row is not None
    assert (row.tokens_out, row.duration_s) == (None, None)
    assert read.broken == 2


@pytest.mark.parametrize("row", [None, 7, "x", [], {}, {"id": None}, {"id": ""}, {"id": "x" * 201}, {"id": "a\nb"}])
def test_a_row_without_a_usable_id_costs_itself_and_is_counted(row: object) -> None:
    found = run_rows([row, WHOLE])
    assert found is not None
    assert [one.id for one in found.rows] == ["run_8f3a1c20"]
    assert found.refused == 1


@pytest.mark.parametrize("answer", [None, 7, "text", {}, {"runs": "none"}, {"detail": "Not found"}])
def test_an_answer_that_is_no_list_is_none(answer: object) -> None:
    assert run_rows(answer) is None


@pytest.mark.parametrize(
    ("answer", "run_id"),
    [
        ({"run_id": "a", "id": "b"}, "a"),
        ({"id": "b"}, "b"),
        ({"run": {"id": "c"}}, "c"),
        ({"run": {"run_id": "d"}}, "d"),
        ({"status": "queued"}, None),
        ([], None),
    ],
)
def test_the_answer_to_a_submission_names_its_run_in_one_of_three_places(answer: object, run_id: str | None) -> None:
    assert started_id(answer) == run_id


@pytest.mark.parametrize(
    "answer",
    [
        {"run": WHOLE, "events": [{"id": 1}]},
        {**WHOLE, "events": [{"id": 1}]},
        {"run": {**WHOLE, "events": [{"id": 1}]}},
        {"run": WHOLE, "run_events": [{"id": 1}]},
    ],
)
def test_a_detail_has_its_events_beside_the_run_or_in_it(answer: object) -> None:
    detail = run_detail(answer)
    assert detail.row is not None
    assert detail.row.id == "run_8f3a1c20"
    assert detail.events == [{"id": 1}]
    assert detail.has_events


@pytest.mark.parametrize("told", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "1970-01-01T00:00:00Z", 1e14])
def test_a_time_of_another_century_is_none(told: object) -> None:
    read = Reading()
    assert read.time({"created_at": told}, "created_at") is None
    assert read.broken == 1


def test_times_are_told_by_our_clock() -> None:
    row = run_row(WHOLE, Reading(), ahead_s=90.0)
    assert row is not None
    assert row.created_at == "2026-03-01T14:00:41.120Z"


def test_what_a_server_sends_is_kept_but_not_a_flood() -> None:
    deep: object = "end"
    for _ in range(1_000):
        deep = {"a": [deep]}
    flood = {"deep": deep, "text": "x" * 10**6, "many": list(range(10**5)), "half": "\ud800", "nan": float("nan")}
    kept = bounded(flood, 1_000)
    assert len(json.dumps(kept, allow_nan=False).encode()) < 2_000
    assert bounded({"half": "\ud800", "nan": float("nan"), "huge": 10**30}, 1_000) == {
        "half": "?",
        "nan": None,
        "huge": None,
    }


def test_the_names_of_a_wrapper_are_tried_in_their_order() -> None:
    assert rows_in({"items": [1], "runs": [2]}, "runs") == [2]
    assert rows_in({"data": [3]}, "runs") == [3]
    assert rows_in("none", "runs") is None
