"""However the bytes of a log arrive, the same calls come out."""

from __future__ import annotations

import json
import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from llm_service.core.agentlogs.claude import ClaudeFold
from llm_service.core.agentlogs.fold import Found
from tests.agentlogs.kit import best, rules

AT = "2026-10-05T10:00:00Z"
KEYS = ["type", "message", "usage", "id", "model", "input_tokens", "output_tokens", "cache_creation", "timestamp"]
KEYS += ["iterations", "data", "costUSD", "sessionId", "cwd", "server_tool_use"]
LINES = [
    line.rstrip(b"\n")
    for rule in rules("claude")
    for file in sorted((rule / "home").rglob("*.jsonl"))
    for line in file.read_bytes().splitlines(keepends=True)
]


def read(chunks: list[list[bytes]], again: bool = False) -> dict:
    """Feed chunk by chunk; `again` makes a new fold from the state between any two."""
    fold = ClaudeFold("-home-ada-widget", None, None)
    found: list[Found] = []
    for chunk in chunks:
        found.append(fold.feed(chunk))
        if again:
            fold = ClaudeFold("-home-ada-widget", None, json.loads(json.dumps(fold.state())))
    return best(found)


WHOLE = read([LINES])
assert len(WHOLE) > 40


def cut(lines: list[bytes], places: list[int]) -> list[list[bytes]]:
    edges = [0, *sorted(place % (len(lines) + 1) for place in places), len(lines)]
    return [lines[start:end] for start, end in pairwise(edges)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 10_000), max_size=40), st.booleans())
def test_any_split_of_the_lines_gives_the_same_calls(places: list[int], again: bool) -> None:
    assert read(cut(LINES, places), again) == WHOLE


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False))
def test_any_order_of_the_lines_gives_the_same_tokens(chance: random.Random) -> None:
    lines = [line for line in LINES if b"timestamp" in line]
    shuffled = chance.sample(lines, len(lines))
    assert tokens(read([shuffled])) == tokens(read([lines]))


def tokens(rows: dict) -> dict:
    return {key: (row.model, row.total_tokens, row.output_tokens, row.reported_nano) for key, row in rows.items()}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=200)))
def test_no_bytes_whatever_break_the_reader(lines: list[bytes]) -> None:
    found = ClaudeFold("x", None, None).feed([line.replace(b"\n", b"") + b' "usage" ' for line in lines])
    assert found.rows == []


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(KEYS),
                inner,
                max_size=6,
            )
        ),
        max_leaves=25,
    )
)
def test_no_shape_whatever_breaks_the_reader(value: object) -> None:
    message = {"id": "m", "model": "claude-x", "usage": value}
    lines = [
        json.dumps(shape).encode()
        for shape in (
            {"type": "assistant", "usage": 1, "message": value},
            {"type": "assistant", "timestamp": AT, "message": message, "costUSD": value},
            {"type": "progress", "usage": 1, "data": value},
            {"type": "progress", "timestamp": AT, "data": {"message": {"message": value, "type": value}}},
            {"type": value, "usage": 1},
            {"type": "assistant", "timestamp": AT, "message": {**message, "usage": {"iterations": [{"type": value}]}}},
            {"type": "assistant", "timestamp": AT, "message": {"id": value, "model": value, "usage": {}}},
            {"type": "assistant", "timestamp": value, "sessionId": value, "cwd": value, "message": message},
        )
    ]
    for row in ClaudeFold("x", None, None).feed(lines).rows:
        assert min(row.input_tokens, row.output_tokens, row.cache_read_tokens, row.rank) >= 0
        assert 0 <= row.rank < 2**63
