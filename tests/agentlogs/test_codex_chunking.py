"""However the lines of a rollout arrive, the same calls come out; and no line whatever breaks the reader."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from llm_service.core.agentlogs.codex import CodexFold
from llm_service.core.agentlogs.codex_totals import Meter, Usage
from llm_service.core.invocations.usage import Invocation
from tests.agentlogs.kit import rules

FILES = [
    file.read_bytes().splitlines()
    for rule in rules("codex")
    for file in sorted((rule / "home").rglob("rollout-*.jsonl"))
    if rule.name != "X14"  # ends in a torn line
]


def read(lines: list[bytes], places: list[int], again: bool) -> tuple[list[Invocation], dict[str, int], int]:
    """Feed the pieces between these places; `again` makes a new fold from the state between any two."""
    edges = [0, *sorted(place % (len(lines) + 1) for place in places), len(lines)]
    fold = CodexFold("x")
    rows: list[Invocation] = []
    skipped: dict[str, int] = {}
    messages = 0
    for start, end in pairwise(edges):
        found = fold.feed(lines[start:end])
        rows += found.rows
        messages += found.messages
        for reason, number in found.skipped.items():
            skipped[reason] = skipped.get(reason, 0) + number
        if again:
            fold = CodexFold("x", json.loads(json.dumps(fold.state())))
    return rows, skipped, messages


WHOLE = [read(lines, [], False) for lines in FILES]
assert sum(len(rows) for rows, _, _ in WHOLE) > 40


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 10_000), max_size=20), st.booleans())
def test_any_split_of_the_lines_gives_the_same_calls(places: list[int], again: bool) -> None:
    assert [read(lines, places, again) for lines in FILES] == WHOLE


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_lost_counts_cost_no_tokens_as_long_as_a_later_one_came_through(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 10**5)), min_size=1, max_size=12))
    total = Usage()
    meter, used = Meter(), 0
    for place, (given_in, out) in enumerate(sizes):
        last = Usage(input=given_in, output=out)
        total = Usage(total.input + given_in, 0, 0, total.output + out, 0)
        came_through = place == len(sizes) - 1 or data.draw(st.booleans())
        if came_through and (delta := meter.used(total, last, inherited=False)):
            used += delta.input + delta.output
    assert used == sum(given_in + out for given_in, out in sizes)


KEYS = ["type", "payload", "info", "id", "model", "total_token_usage", "last_token_usage", "source", "timestamp"]
KEYS += [
    "input_tokens",
    "output_tokens",
    "usage",
    "response_id",
    "compaction_response_id",
    "turn_id",
    "cwd",
    "subagent",
]
SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), inner, max_size=6)
    ),
    max_leaves=25,
)
KINDS = ["session_meta", "turn_context", "event_msg", "compacted", "token_usage_record", "response_item", "x"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KINDS), SHAPES, st.sampled_from(["token_count", "task_started"]))))
def test_no_shape_whatever_breaks_the_reader(shapes: list[tuple[str, object, str]]) -> None:
    fold = CodexFold("x")
    for kind, shape, event in shapes:
        payloads = [shape, {"type": event, "info": shape, "turn_id": shape, "started_at": shape}]
        payloads += [{**shape, "type": event}] if isinstance(shape, dict) else []
        lines = [json.dumps({"type": kind, "timestamp": "2026-10-05T10:00:00Z", "payload": one}) for one in payloads]
        for row in fold.feed([line.encode() for line in [*lines, json.dumps(shape)]]).rows:
            assert min(row.input_tokens, row.output_tokens, row.cache_read_tokens, row.cache_write_tokens) >= 0
            assert row.total_tokens > 0
        fold = CodexFold("x", json.loads(json.dumps(fold.state())))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=200)))
def test_no_bytes_whatever_break_the_reader(lines: list[bytes]) -> None:
    assert CodexFold("x").feed([line.replace(b"\n", b"") for line in lines]).rows == []
