"""Events of both dialects of the run stream and of a run's record, to one form (PROTOCOLS 1.4)."""

from __future__ import annotations

import json

import pytest

from llm_service.core.bobspark.fields import Reading
from llm_service.core.bobspark.stream_events import RunNews, stored_news, stream_news

UPDATE = {
    "active_agent": "Coder",
    "iteration": 3,
    "max_iter": 20,
    "tokens_in": 640,
    "tokens_out": 1210,
    "snippet": "def load(path): …",
    "message": "",
    "next_node": "supervisor",
}


def heard(name: str, value: object) -> RunNews:
    news = stream_news(name, json.dumps(value), Reading())
    assert news is not None
    return news


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("node_update", {"node": "code_agent", **UPDATE}),
        ("message", {"event_type": "node_update", "node": "code_agent", "data": UPDATE}),
        ("message", {"type": "node_update", "node": "code_agent", "data": UPDATE}),
        ("message", {"event_type": "node_update", "data": {"node": "code_agent", **UPDATE}}),
        ("node_update", {"event_type": "ignored", "node": "code_agent", "data": UPDATE}),
        ("message", {"event_type": "node_update", "node": "code_agent", **UPDATE}),
    ],
)
def test_both_dialects_are_one_form(name: str, value: object) -> None:
    news = heard(name, value)
    assert (news.type, news.known, news.node, news.agent) == ("node_update", True, "code_agent", "Coder")
    assert (news.iteration, news.max_iter, news.tokens_in, news.tokens_out) == (3, 20, 640, 1210)
    assert (news.snippet, news.message, news.next_node, news.text) == (
        "def load(path): …",
        None,
        "supervisor",
        "def load(path): …",
    )


def test_the_node_of_the_payload_comes_before_that_of_the_envelope() -> None:
    assert heard("message", {"event_type": "status", "node": "outer", "data": {"node": "inner"}}).node == "inner"


@pytest.mark.parametrize(
    ("name", "value", "field", "read"),
    [
        ("status", {"message": "Routing", "task": "T"}, "message", "Routing"),
        ("status", {"message": "Routing", "task": "T"}, "task", "T"),
        ("status", {"msg": "Routing"}, "message", "Routing"),
        ("error", {"message": "no backend"}, "message", "no backend"),
        ("error", {"error": "no backend"}, "message", "no backend"),
        ("node_update", {"input_preview": "first part"}, "message", "first part"),
        ("node_update", {"node": "a"}, "agent", "a"),
        ("node_update", {"iter": 2}, "iteration", 2),
        ("text_chunk", {"agent": "A", "text": "word"}, "snippet", "word"),
        ("text_chunk", {"agent": "A", "text": "word"}, "agent", "A"),
        ("usage", {"tokens_in": 3, "tokens_out": 4}, "tokens_out", 4),
        ("usage", {"input_tokens": 3, "output_tokens": 4}, "tokens_in", 3),
        ("stream_end", {"status": "completed"}, "status", "completed"),
        ("stream_end", {"status": "failed"}, "status", "failed"),
        ("stream_end", {"status": "cancelled"}, "status", "cancelled"),
        ("stream_end", {"status": "error"}, "status", "failed"),
        ("stream_end", {}, "status", None),
    ],
)
def test_every_event_and_alias_is_read(name: str, value: object, field: str, read: object) -> None:
    assert getattr(heard(name, value), field) == read
    assert getattr(heard("message", {"event_type": name, "data": value}), field) == read


def test_an_unknown_event_is_kept_as_it_is() -> None:
    news = heard("checkpoint", {"path": "/x", "node": "code_agent"})
    assert (news.type, news.known, news.node) == ("checkpoint", False, "code_agent")
    assert json.loads(str(news.raw)) == {"path": "/x", "node": "code_agent"}
    assert heard("message", {"path": "/x"}).type == "message"


@pytest.mark.parametrize("data", ["", "{", "[]", "7", "null", '"text"', "[" * 5_000, '{"a":' * 5_000])
def test_what_is_no_object_is_none(data: str) -> None:
    assert stream_news("node_update", data, Reading()) is None


def test_a_wrong_type_costs_its_field_and_is_counted() -> None:
    read = Reading()
    news = stream_news(
        "node_update", json.dumps({"iteration": "three", "tokens_out": [], "snippet": {}, "node": None}), read
    )
    assert news is not None
    assert (news.iteration, news.tokens_out, news.snippet, news.node) == (None, None, None, None)
    assert read.broken == 3


def test_nan_and_infinity_are_unknown() -> None:
    news = stream_news("node_update", '{"tokens_out": NaN, "tokens_in": Infinity, "x": NaN}', Reading())
    assert news is not None
    assert (news.tokens_out, news.tokens_in, news.raw["x"]) == (None, None, None)


def test_a_huge_snippet_is_cut() -> None:
    news = heard("node_update", {"snippet": "x" * 500_000})
    assert news.snippet is not None
    assert len(news.snippet) == 2_000
    assert len(json.dumps(news.raw)) < 10_000


@pytest.mark.parametrize("data", [UPDATE, json.dumps(UPDATE)])
def test_a_stored_event_has_its_id_and_time(data: object) -> None:
    row = {"id": 412, "event_type": "node_update", "node": "code_agent", "data": data, "ts": "2026-03-01T14:02:31Z"}
    news = stored_news(row, Reading(), ahead_s=1.0)
    assert news is not None
    assert (news.id, news.at, news.node, news.tokens_out) == ("412", "2026-03-01T14:02:30.000Z", "code_agent", 1210)


def test_a_stored_event_that_is_no_object_is_none() -> None:
    assert stored_news("x", Reading()) is None
