"""What servers say of fine-tunes and processes, in every form that consumers of them accept."""

from __future__ import annotations

from typing import Any

import pytest

from llm_service.core.training.fields import as_number, moment, rows, share, span_s
from llm_service.core.training.finetunes import finetune_report, finetune_reports, joined, pid_of, process_reports
from llm_service.core.training.reports import status_of

ROW = {
    "id": "ft_01",
    "status": "running",
    "base_model": "donut",
    "epochs": 3,
    "current_epoch": 1,
    "learning_rate": 0.0002,
    "batch_size": 4,
    "pid": 4242,
    "started_at": "2026-03-01T14:02:11",
    "finished_at": None,
}


@pytest.mark.parametrize(
    "value",
    [
        [ROW],
        {"jobs": [ROW]},
        {"finetunes": [ROW]},
        {"finetune_jobs": [ROW]},
        {"items": [ROW]},
        {"data": [ROW, 7, None]},
    ],
)
def test_a_list_may_be_bare_or_wrapped(value: object) -> None:
    (report,) = finetune_reports(value)
    assert (report.id, report.pid) == ("ft_01", "4242")
    assert report.told["status"] == "running"
    assert report.told["started_at"] == "2026-03-01T14:02:11.000Z"
    assert report.told["config"] == {"batch_size": 4}


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        ({"learning_rate": None, "lr": 1e-5}, "learning_rate", 1e-5),
        ({"base_model": None, "model": "m"}, "base_model", "m"),
        ({"base_model": "", "model_id": "n"}, "base_model", "n"),
        ({"epochs": None, "total_epochs": "4"}, "epochs", 4.0),
        ({"current_epoch": None, "epoch": 2.5}, "epoch", 2.5),
        ({"status": None, "state": "IN PROGRESS"}, "status", "running"),
        ({"started_at": None, "created_at": 1_770_000_000}, "started_at", "2026-02-02T02:40:00.000Z"),
        ({"completed_at": "2026-03-01T15:00:00Z"}, "finished_at", "2026-03-01T15:00:00.000Z"),
        ({"current_step": 7, "total_steps": 9}, "step", 7),
        ({"step": 7, "max_steps": 9}, "steps", 9),
        ({"progress": "40%"}, "progress", 40.0),
        ({"progress": 400}, "progress", 100.0),
        ({"final_loss": 0.2}, "loss", 0.2),
        ({"elapsed": "3m 12s"}, "elapsed_s", 192.0),
        ({"error": "CUDA out of memory"}, "error", "CUDA out of memory"),
    ],
)
def test_every_other_name_of_a_field_is_read(change: dict[str, Any], field: str, expected: object) -> None:
    report = finetune_report({**ROW, **change})
    assert report is not None
    assert report.told[field] == expected


@pytest.mark.parametrize("name", ["id", "job_id", "finetune_id"])
def test_an_id_has_several_names_and_may_be_a_number(name: str) -> None:
    report = finetune_report({"job": {name: 17, "status": "running"}})
    assert report is not None
    assert report.id == "17"


def test_a_row_without_an_id_costs_only_itself() -> None:
    assert [report.id for report in finetune_reports([{"status": "running"}, ROW])] == ["ft_01"]


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("running", "running"),
        ("Training", "running"),
        ("pending", "queued"),
        ("done", "completed"),
        ("SUCCEEDED", "completed"),
        ("target_reached", "completed"),
        ("max_iterations_reached", "completed"),
        ("error", "failed"),
        ("canceled", "cancelled"),
        ("hibernating", "unknown"),
        (None, None),
    ],
)
def test_a_servers_word_for_a_state_becomes_ours(word: str | None, status: str | None) -> None:
    assert status_of(word) == status


@pytest.mark.parametrize(
    ("row", "pid"),
    [
        ({"pid": 4242}, "4242"),
        ({"pid": "4242"}, "4242"),
        ({"id": "PID-4242"}, "4242"),
        ({"pid": "PID-04242"}, "4242"),
        ({"id": "4242"}, None),
        ({"pid": None, "id": "x"}, None),
    ],
)
def test_a_process_number_is_a_number_or_the_end_of_an_id(row: dict[str, Any], pid: str | None) -> None:
    assert pid_of(row) == pid


def test_a_fine_tune_and_its_process_are_one_job() -> None:
    process = {"id": "PID-4242", "pid": 4242, "node": "spark", "progress": 40, "elapsed": "3m 12s", "chunk": "2/5"}
    other = {"id": "PID-7", "pid": 7, "type": "qa", "domain": "AWS", "status": "running"}
    tune, rest = joined(finetune_reports([ROW]), process_reports([process, other]))
    assert (tune.id, tune.told["node"], tune.told["progress"], tune.told["elapsed_s"]) == (
        "ft_01",
        "spark",
        40.0,
        192.0,
    )
    assert tune.told["config"] == {"batch_size": 4, "chunk": "2/5", "process": "PID-4242"}
    assert (rest.kind, rest.id, rest.told["name"]) == ("datagen", "PID-7", "qa · AWS")


def test_a_process_number_that_is_used_again_is_not_the_ended_fine_tunes() -> None:
    ended = finetune_reports([{**ROW, "status": "completed"}])
    both = joined(ended, process_reports([{"pid": 4242, "type": "qa", "status": "running"}]))
    assert [report.id for report in both] == ["ft_01", "PID-4242"]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (12, 12.0),
        ("12s", 12.0),
        ("3m 12s", 192.0),
        ("1h 03m", 3780.0),
        ("2d 14h", 223_200.0),
        ("soon", None),
        (-1, None),
    ],
)
def test_a_span_is_seconds_or_a_text_of_them(value: object, seconds: float | None) -> None:
    assert span_s(value) == seconds


@pytest.mark.parametrize("value", [True, "x", [], {}, "1" * 50, 1e300])
def test_what_is_no_number_is_none(value: object) -> None:
    assert as_number(value) is None


def test_a_moment_may_be_seconds_or_milliseconds_but_no_span() -> None:
    assert moment({"at": 1_770_000_000}, "at") == moment({"at": 1_770_000_000_000}, "at") == "2026-02-02T02:40:00.000Z"
    assert moment({"at": 3600}, "at") is None


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"score": 0.7}, 0.7),
        ({"pass_rate": 70}, 0.7),
        ({"pass_rate": 0.7}, 0.007),
        ({"score": 70}, None),
        ({"pass_rate": 170}, None),
        ({"score": 0.7, "pass_rate": 30}, 0.7),
    ],
)
def test_a_rate_counts_by_its_name_and_never_by_its_size(row: dict[str, Any], expected: float | None) -> None:
    assert share(row, ("score",), ("pass_rate",)) == expected


def test_rows_are_objects_only() -> None:
    assert rows({"jobs": "none"}, "jobs") == []
    assert rows("x") == []
