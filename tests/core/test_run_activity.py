"""Lines of the activity feed about runs."""

from __future__ import annotations

import pytest

from llm_service.core.runs.activity import entries_of

AT = "2026-11-21T09:00:00Z"


def ended(name: str, status: str = "completed") -> tuple[str, dict[str, object]]:
    card = {
        "key": f"spark:{name}",
        "id": name,
        "status": status,
        "badge": "DONE",
        "domain": "S3",
        "task": "",
        "error": None,
    }
    return "finished", card


def test_a_run_that_ended_is_one_line_that_leads_to_it() -> None:
    (entry,) = entries_of([ended("run_1")], AT)
    assert entry == {
        "event": "run.finished",
        "at": AT,
        "text": "Run run_1 (S3) finished",
        "href": "#run=spark:run_1",
        "outcome": "completed",
    }


@pytest.mark.parametrize(("count", "lines"), [(3, 3), (4, 1)])
def test_many_that_ended_alike_at_once_are_one_line(count: int, lines: int) -> None:
    entries = entries_of([ended(f"run_{number}") for number in range(count)], AT)
    assert len(entries) == lines
    assert lines > 1 or (entries[0]["text"], entries[0]["count"]) == ("4 runs finished", 4)


def test_what_is_found_later_says_so() -> None:
    (entry,) = entries_of([("found", ended("run_1", "failed")[1])], AT)
    assert entry["text"] == "Run run_1 (S3) failed while this dashboard was away"
    lines = entries_of([*(("found", ended(f"run_{n}")[1]) for n in range(5)), ended("run_9")], AT)
    assert [line["text"] for line in lines] == [
        "5 runs finished while this dashboard was away",
        "Run run_9 (S3) finished",
    ]
