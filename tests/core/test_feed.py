"""Which of a run's words the feed shows: the rule as operators know it, case by case."""

from __future__ import annotations

import pytest

from llm_service.core.runs.feed import Best, best_snippet
from llm_service.core.runs.shapes import RunEvent
from tests.kit.run_cards import run_event

STATUS = {"type": "status", "node": "system"}
CASES = {
    "the last writer's": ([run_event(1, "a"), run_event(2, "b", "doc_agent")], Best("b", "doc_agent")),
    "not the supervisor's": ([run_event(1, "a"), run_event(2, "routed", "supervisor")], Best("a", "code_agent")),
    "not the system's": ([run_event(1, "a"), run_event(2, "x", "system")], Best("a", "code_agent")),
    "not the end's": ([run_event(1, "a"), run_event(2, "x", "finish")], Best("a", "code_agent")),
    "an empty one is none": ([run_event(1, "a"), run_event(2, "")], Best("a", "code_agent")),
    "else any node's": ([run_event(1, "plan", "supervisor"), run_event(2, "")], Best("plan", "supervisor")),
    "the last of any node": (
        [run_event(1, "plan", "supervisor"), run_event(2, "end", "finish")],
        Best("end", "finish"),
    ),
    "else the last status": (
        [run_event(1, "queued", **STATUS), run_event(2, "Run completed", **STATUS), run_event(3, "")],
        Best("Run completed", "system"),
    ),
    "a status never before a snippet": (
        [run_event(1, "plan", "supervisor"), run_event(2, "Run completed", **STATUS)],
        Best("plan", "supervisor"),
    ),
    "a message of a node is no snippet": (
        [run_event(1, "a"), run_event(2, "thinking", raw={"snippet": None, "message": "thinking"})],
        Best("a", "code_agent"),
    ),
    "inside an envelope": (
        [run_event(1, "a", raw={"event_type": "node_update", "data": {"snippet": "a"}})],
        Best("a", "code_agent"),
    ),
    "an envelope whose data is text": (
        [run_event(1, "a", raw={"event_type": "node_update", "data": '{"snippet": "a"}'})],
        Best("a", "code_agent"),
    ),
    "under its other name": ([run_event(1, "a", raw={"text": "a"})], Best("a", "code_agent")),
    "who is shown by name": ([run_event(1, "a", agent="Coder")], Best("a", "Coder")),
    "errors say nothing": ([run_event(1, "boom", type="error")], Best()),
    "nothing": ([], Best()),
}


@pytest.mark.parametrize(("events", "best"), CASES.values(), ids=CASES)
def test_the_best_snippet_is(events: list[RunEvent], best: Best) -> None:
    assert best_snippet(reversed(events)) == best


def test_no_event_older_than_the_first_good_one_is_looked_at() -> None:
    seen = []

    def newest_first():
        for n in range(100, 0, -1):
            seen.append(n)
            yield run_event(n, "text")

    best_snippet(newest_first())
    assert seen == [100]
