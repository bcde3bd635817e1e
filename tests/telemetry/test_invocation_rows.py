"""A mapping that somebody handed in: what is taken, what is refused and in which words."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from llm_service.core.invocations.ids import time_ordered_id
from llm_service.core.invocations.rows import Refusal, RowReader, RowRefused, nano_dollars, wire_row
from llm_service.core.invocations.usage import Door, Invocation

NOW_MS = 1_795_000_000_000
NOW = datetime.fromtimestamp(NOW_MS / 1000, UTC)


def reader(**more: Any) -> RowReader:
    return RowReader(now_ms=NOW_MS, tool="test", chance=random.Random(1).getrandbits, **more)


def test_a_full_row_is_taken_as_it_is_written() -> None:
    raw = {
        "invocation_id": "my-1",
        "timestamp": "2026-11-01T12:00:00.123+02:00",
        "model": "claude-sonnet-4-5",
        "tool": "bot",
        "provider": "anthropic",
        "agent": "anna",
        "task": "t-1",
        "session": "s",
        "project": "/p",
        "node": "spark",
        "input_tokens": 1,
        "output_tokens": 20,
        "reasoning_tokens": 5,
        "cache_read_tokens": 3,
        "cache_write_tokens": 4,
        "cache_write_5m_tokens": 6,
        "cache_write_1h_tokens": 7,
        "latency_ms": 12,
        "status": "timeout",
        "tier": "batch",
        "cost_usd": 0.1,
    }
    row = reader().read(raw)
    assert row == Invocation(
        "my-1", 1_793_527_200_123, "claude-sonnet-4-5", "bot", Door.API, "anthropic", "anna", "t-1", "s", "/p", "spark",
        1, 20, 5, 3, 4, 6, 7, 0, 12, "timeout", None, "batch", 100_000_000, 0,
    )  # fmt: skip
    assert reader(door=Door.IMPORT).read(raw).door is Door.IMPORT


def test_what_is_not_given_is_now_zero_or_nothing() -> None:
    row = reader().read({"model": "m"})
    assert (row.at_ms, row.tool, row.status, row.total_tokens) == (NOW_MS, "test", "success", 0)
    assert (row.agent, row.latency_ms, row.error, row.reported_nano) == (None, None, None, None)
    nulls = dict.fromkeys(("agent", "input_tokens", "latency_ms", "cost_usd", "timestamp", "status", "error"))
    assert reader().read({"model": "m", **nulls}) == reader().read({"model": "m"})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"model": None}, "model is missing"),
        ({"model": ""}, "model is empty"),
        ({"model": "  "}, "model is empty"),
        ({"model": 5}, "model is 5; a text is needed"),
        ({"model": "m" * 201}, "model has 201 characters; allowed are 200"),
        ({"model": "a\x00b"}, "model is 'a\\x00b', which holds a control character"),
        ({"model": "a\nb"}, "control character"),
        ({"model": "a\ud800"}, "control character"),
        ({"agent": ["x"]}, "agent is a list; a text is needed"),
        ({"task": "t" * 501}, "task has 501 characters"),
        ({"invocation_id": ""}, "invocation_id is empty"),
        ({"input_tokens": -1}, "input_tokens is -1; allowed is 0 to 1,000,000,000,000"),
        ({"input_tokens": 10**12 + 1}, "input_tokens is 1000000000001; allowed is 0 to"),
        ({"input_tokens": 10**400}, "input_tokens is a number of more than 18 digits"),
        ({"input_tokens": 1.5}, "input_tokens is 1.5; a whole number"),
        ({"input_tokens": True}, "input_tokens is True; a whole number"),
        ({"input_tokens": "12"}, "input_tokens is '12'; a whole number"),
        ({"output_tokens": float("nan")}, "output_tokens is nan"),
        ({"output_tokens": float("inf")}, "output_tokens is inf"),
        ({"output_tokens": {}}, "output_tokens is an object"),
        ({"web_searches": -2}, "web_searches is -2"),
        ({"output_tokens": 5, "reasoning_tokens": 6}, "reasoning is a part of the output"),
        ({"latency_ms": -1}, "latency_ms is -1; allowed is a number from 0"),
        ({"latency_ms": 10**10}, "latency_ms is 10000000000"),
        ({"latency_ms": "1"}, "latency_ms is '1'"),
        ({"latency_ms": float("nan")}, "latency_ms is nan"),
        ({"cost_usd": float("nan")}, "cost_usd is nan"),
        ({"cost_usd": float("inf")}, "cost_usd is inf"),
        ({"cost_usd": -0.01}, "cost_usd is -0.01"),
        ({"cost_usd": 1_000_001}, "cost_usd is 1000001"),
        ({"cost_usd": "0.1"}, "cost_usd is '0.1'"),
        ({"cost_usd": True}, "cost_usd is True"),
        ({"status": "ok"}, "status is 'ok'; allowed are success, error, timeout"),
        ({"status": []}, "status is a list"),
        ({"timestamp": "2026-11-01T12:00:00"}, "without a zone"),
        ({"timestamp": "2026-11-01"}, "without a zone"),
        ({"timestamp": datetime(2026, 11, 1)}, "without a zone"),
        ({"timestamp": "yesterday"}, "which is no time"),
        ({"timestamp": 1_790_000_000}, "timestamp is 1790000000; write it as ISO-8601 with a zone"),
        ({"timestamp": "2014-12-31T23:59:59Z"}, "before 2015"),
        ({"timestamp": (NOW + timedelta(hours=25)).isoformat()}, "more than 24 hours in the future"),
        ({"timestamp": "9999-12-31T23:59:59-12:00"}, "more than 24 hours in the future"),
        ({"timestamp": "0001-01-01T00:00:00+12:00"}, "before 2015"),
        ({"door": "log"}, "door cannot be given"),
        ({"prompt_tokens": 1}, "'prompt_tokens' is no field; did you mean input_tokens"),
        ({"inputtokens": 1}, "did you mean input_tokens"),
        ({"hostname": "spark"}, "'hostname' is no field; did you mean node"),
        ({"node": 7}, "node is 7; a text is needed"),
        ({"node": "n" * 201}, "node has 201 characters; allowed are 200"),
        ({"node": "a\nb"}, "node is 'a\\nb', which holds a control character"),
        ({"\x1b[31m": 1}, "'\\x1b[31m' is no field; known are agent"),
        ({"total_cost": 1}, "'total_cost' is no field"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field_and_value(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(RowRefused) as refused:
        reader().read({"model": "m", **fields})
    assert words in str(refused.value)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize("raw", [None, 5, "model", [], [["model", "m"]], True])
def test_what_is_no_object_is_refused(raw: object) -> None:
    with pytest.raises(RowRefused, match="a row is an object"):
        reader().read(raw)


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({"input_tokens": 5.0}, "input_tokens", 5),
        ({"latency_ms": 12.6}, "latency_ms", 13),
        ({"cost_usd": 1}, "reported_nano", 10**9),
        ({"cost_usd": Decimal("0.000000001")}, "reported_nano", 1),
        ({"cost_usd": 0.1 + 0.2}, "reported_nano", 300_000_000),
        ({"cost_usd": 1e6}, "reported_nano", 10**15),
        ({"agent": "👩‍👩‍👧 ü"}, "agent", "👩‍👩‍👧 ü"),
        ({"agent": ""}, "agent", None),
        ({"timestamp": datetime(2026, 11, 1, 12, tzinfo=UTC)}, "at_ms", 1_793_534_400_000),
        ({"timestamp": (NOW + timedelta(hours=23)).isoformat()}, "at_ms", NOW_MS + 23 * 3_600_000),
        ({"error": "a\nb\x00c"}, "error", "a\nb\ufffdc"),
        ({"error": "x" * 2100}, "error", "x" * 2000 + " … (100 more characters)"),
        ({"error": ValueError("no")}, "error", "no"),
    ],
)
def test_what_is_odd_and_clear_is_taken(fields: dict[str, Any], name: str, value: object) -> None:
    assert getattr(reader().read({"model": "m", **fields}), name) == value


def test_the_quick_way_and_the_careful_way_say_the_same() -> None:
    chance = random.Random(7)
    choices: dict[str, list[Any]] = {
        "invocation_id": ["a", "id-2", " x", None],
        "model": ["m", "gpt-5", "m\u00a0x", " m"],
        "tool": ["t", None, ""],
        "agent": ["a", "", None, "  ", "x" * 200],
        "project": ["p" * 300, "p"],
        "input_tokens": [0, 7, 10**12, 2.0, None, -1],
        "output_tokens": [0, 3, 9],
        "reasoning_tokens": [0, 3, None],
        "timestamp": ["2026-11-01T12:00:00Z", "2026-11-01 12:00:00.9999+00:00", "2026-11-01T12:00:00", None],
        "latency_ms": [0, 5, 1.2, None],
        "status": ["success", "error", None],
        "cost_usd": [0.0, 0.25, 1, None],
    }
    for _ in range(2_000):
        raw = {
            name: chance.choice(values) for name, values in choices.items() if chance.random() < 0.6 or name == "model"
        }
        assert _told(reader().read, raw) == _told(reader()._careful, raw), raw


def _told(read: Any, raw: dict[str, Any]) -> object:
    try:
        return read(raw)
    except RowRefused as error:
        return str(error)


def test_a_row_travels_and_comes_back_the_same() -> None:
    row = reader().read(
        {"model": "m", "input_tokens": 3, "latency_ms": 0, "cost_usd": 0.123456789, "error": "e", "status": "error"}
    )
    assert reader().read(wire_row(row)) == row
    assert "output_tokens" not in wire_row(row)


def test_good_rows_are_kept_beside_refused_ones() -> None:
    rows, refused = reader().read_all([{"model": "a"}, 3, {"model": "b"}, {"model": "", "invocation_id": "mine"}])
    assert [row.model for row in rows] == ["a", "b"]
    assert refused[1] == Refusal(3, "mine", "model is empty")
    assert refused[0][:2] == (1, None)


def test_ids_that_are_made_sort_by_their_time_and_are_of_version_seven() -> None:
    ids = [time_ordered_id(NOW_MS + step, random.getrandbits(74)) for step in range(50)]
    assert ids == sorted(ids)
    assert all(text[14] == "7" and text[19] in "89ab" and len(text) == 36 for text in ids)
    assert len({time_ordered_id(NOW_MS, random.getrandbits(74)) for _ in range(1_000)}) == 1_000


@pytest.mark.parametrize(("usd", "nano"), [(0.1, 10**8), (1e-9, 1), (4e-10, 0), (123.456789012, 123_456_789_012)])
def test_dollars_become_whole_nano_dollars(usd: float, nano: int) -> None:
    assert nano_dollars(usd) == nano
