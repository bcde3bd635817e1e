"""Single messages of OpenCode: what lies inside what, and that nothing whatever breaks the reader."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_service.core.agentlogs.opencode import (
    Session,
    document_of,
    is_answer,
    is_final,
    is_original,
    made_at,
    read_message,
    read_session,
)
from llm_service.core.agentlogs.opencode_tokens import Habit, Kept, Spent, habit_of, separated
from llm_service.core.agentlogs.values import ImpossibleCountError

INSIDE, OUTSIDE = Habit(cache_in_input=True, reasoning_in_output=True), Habit(False, False)
GIVEN = Spent(input=1500, output=60, reasoning=10, cache_read=1000)
KEYS = ["role", "tokens", "input", "output", "reasoning", "cache", "read", "write", "total", "time", "created", "path"]
KEYS += ["completed", "model", "modelID", "providerID", "cost", "error", "name", "finish", "root", "cwd", "id", "agent"]
COLUMNS = ["id", "cost", "tokens_input", "tokens_output", "tokens_reasoning", "model", "time_updated", "agent"]


@pytest.mark.parametrize(
    ("total", "habit", "used"),
    [
        # In + out + cache: nothing but the reasoning lies inside another.
        (2560, INSIDE, Spent(1500, 60, 10, 1000)),
        # The same and the reasoning: it comes on top.
        (2570, INSIDE, Spent(1500, 70, 10, 1000)),
        # In + out: the cache lies in the input.
        (1560, OUTSIDE, Spent(500, 60, 10, 1000)),
        (1570, OUTSIDE, Spent(500, 70, 10, 1000)),
        # No sum of anything, or none at all: what the version is known to have done.
        (7, INSIDE, Spent(500, 60, 10, 1000)),
        (0, INSIDE, Spent(500, 60, 10, 1000)),
        (0, OUTSIDE, Spent(1500, 70, 10, 1000)),
    ],
)
def test_the_total_decides_what_lies_inside_what(total: int, habit: Habit, used: Spent) -> None:
    assert separated(GIVEN, total, habit) == used


def test_more_cache_than_input_cannot_lie_inside_it() -> None:
    assert separated(Spent(input=10, output=5, cache_read=1000), 0, INSIDE) == Spent(10, 5, 0, 1000)


@pytest.mark.parametrize(
    ("kept", "version", "provider", "finished", "habit"),
    [
        (Kept.FOLDER, "1.0.0", "openai", False, Habit(True, True)),
        (Kept.FOLDER, "1.0.61", "openai", False, Habit(True, True)),
        (Kept.FOLDER, "1.0.0", "anthropic", False, Habit(False, True)),
        (Kept.FOLDER, "1.0.0", "openai", True, Habit(False, True)),
        (Kept.FOLDER, "1.0.98", "openai", False, Habit(False, True)),
        (Kept.FOLDER, None, "openai", False, Habit(True, True)),
        (Kept.FOLDER, "local", "openai", True, Habit(False, True)),
        (Kept.MESSAGE, "1.3.2", "openai", True, Habit(False, True)),
        (Kept.MESSAGE, "1.14.34", "openai", True, Habit(False, False)),
        (Kept.MESSAGE, None, "openai", False, Habit(False, False)),
        (Kept.SESSION_MESSAGE, "1.0.0", "openai", False, Habit(False, False)),
    ],
)
def test_without_a_total_the_version_decides(
    kept: Kept, version: str | None, provider: str, finished: bool, habit: Habit
) -> None:
    assert habit_of(kept, version, provider, finished) == habit


def test_an_id_tells_an_original_from_a_copy() -> None:
    """Both are from a real 1.18.33: the same message in its session and in a fork of it."""
    created_ms = 1_795_237_485_382
    assert is_original("msg_1fc7e1b460010nowxNNV6TW15p", created_ms)
    assert not is_original("msg_1fc7e1e63001bpQ6U7H53j6Be0", created_ms)
    assert not is_original("msg_two", created_ms)
    assert "msg_1fc7e1b460010nowxNNV6TW15p".startswith(made_at(created_ms))


SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), inner, max_size=8)
    ),
    max_leaves=30,
)
TIME = {"created": 1_795_237_485_382, "completed": 1_795_237_486_000}


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), SHAPES), SHAPES, st.sampled_from(Kept), st.none() | st.text(max_size=9))
def test_no_shape_whatever_breaks_the_reader(document: dict, part: object, kept: Kept, version: str | None) -> None:
    steps = [part] if isinstance(part, dict) else []
    for one in (document, {**document, "time": TIME}, {**document, "time": TIME, "tokens": part}):
        is_answer(one, kept, part if isinstance(part, str) else None)
        is_final(one)
        try:
            message = read_message("msg_x", one, steps, Session("s", version, "/"), kept)
        except ImpossibleCountError:
            continue
        if message is not None:
            row = message.row
            assert row.total_tokens > 0
            assert min(row.input_tokens, row.output_tokens, row.cache_read_tokens, row.cache_write_tokens) >= 0
            assert row.reasoning_tokens <= row.output_tokens
            assert 0 <= row.rank < 2**63
            hash(message.fingerprint)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(COLUMNS), SHAPES))
def test_no_columns_whatever_break_the_reader_of_sessions(columns: dict) -> None:
    try:
        row = read_session(Session("s"), {"time_created": TIME["created"], **columns})
    except ImpossibleCountError:
        return
    assert row is None or row.total_tokens > 0


@given(st.binary(max_size=60) | st.text(max_size=60) | st.integers() | st.none())
def test_no_content_whatever_breaks_the_document(data: object) -> None:
    assert document_of(data) is None or isinstance(document_of(data), dict)
