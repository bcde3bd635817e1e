"""Topics that list things, and those of one thing, which exist while the thing is listed."""

from __future__ import annotations

from llm_service.core.observations import Announced
from llm_service.core.state import State

AT = "2026-11-21T10:00:00.000Z"


def one(key: str, **fields: object) -> dict[str, object]:
    return {"key": key, **fields}


def advanced(key: str, **fields: object) -> Announced:
    """A change of one run: sent is what changed, kept is the whole."""
    return Announced("runs", "run.advanced", {"runs": [{"key": key, "tokens_out": 7}]}, rows={key: one(key, **fields)})


def test_a_snapshot_lists_whole_things_while_events_carry_what_changed() -> None:
    state = State("e1", "board")
    [event] = state.apply(advanced("s:1", tokens_out=7, model="m"), 0.0, AT)
    assert event.payload["runs"] == [{"key": "s:1", "tokens_out": 7}]
    snapshot = state.snapshot("runs", AT)
    assert (snapshot.name, snapshot.seq) == ("runs.snapshot", 1)
    assert snapshot.payload["runs"] == [{"key": "s:1", "tokens_out": 7, "model": "m"}]


def test_what_stands_beside_the_list_stays_until_it_is_told_anew() -> None:
    state = State("e1", "board")
    state.apply(Announced("runs", "run.advanced", {"runs": []}, aside={"fleet": {"workers": 3}}), 0.0, AT)
    state.apply(advanced("s:1"), 0.0, AT)
    assert state.snapshot("runs", AT).payload["fleet"] == {"workers": 3}


def test_a_thing_that_left_the_list_is_in_no_later_snapshot() -> None:
    state = State("e1", "board")
    state.apply(advanced("s:1"), 0.0, AT)
    state.apply(Announced("runs", "run.advanced", {"runs": [], "gone": ["s:1"]}, rows={"s:1": None}), 0.0, AT)
    assert state.snapshot("runs", AT).payload["runs"] == []


def test_the_topic_of_one_thing_exists_while_it_is_listed() -> None:
    state = State("e1", "board")
    assert not state.knows("run:s:1")
    state.apply(advanced("s:1", model="m"), 0.0, AT)
    assert state.knows("run:s:1")
    snapshot = state.snapshot("run:s:1", AT)
    assert (snapshot.name, snapshot.payload["run"]) == ("run.snapshot", one("s:1", model="m"))
    state.apply(Announced("runs", "run.advanced", {"runs": []}, rows={"s:1": None}), 0.0, AT)
    assert not state.knows("run:s:1")


def test_what_is_told_of_a_thing_that_is_not_listed_reaches_nobody() -> None:
    state = State("e1", "board")
    assert state.apply(Announced("run:s:1", "run.advanced", {"runs": []}), 0.0, AT) == []


def test_a_thing_has_numbers_of_its_own() -> None:
    state = State("e1", "board")
    state.apply(advanced("s:1"), 0.0, AT)
    state.apply(advanced("s:2"), 0.0, AT)
    [event] = state.apply(Announced("run:s:1", "run.advanced", {"runs": [], "events": []}), 0.0, AT)
    assert (event.topic, event.seq) == ("run:s:1", 1)
    assert state.snapshot("runs", AT).seq == 2


def test_no_other_kind_of_thing_has_topics_of_its_own() -> None:
    state = State("e1", "board")
    state.apply(Announced("nodes", "node.changed", {"nodes": []}, rows={"s:spark": one("s:spark")}), 0.0, AT)
    for topic in ("node:s:spark", "nodes:s:spark", "run:", "job:s:spark", ["runs"], None, 7):
        assert not state.knows(topic)
