"""A row is kept once, with what it cost; a better one takes its place, and what it said leaves the sums."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_service.core.invocations.usage import Invocation
from llm_service.telemetry import ids
from llm_service.telemetry.integrity import check
from llm_service.telemetry.recorder import Recorded
from tests.kit.store import ask, kept_sums, open_database, recording, row

EVER = ("ever", "all", 0, "")


def test_telling_it_twice_counts_it_once(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    rows = [row("a"), row("b"), row("a")]
    with recording(database) as recorder:
        assert recorder.record(rows) == Recorded(accepted=2, duplicate=1)
        assert recorder.record(rows) == Recorded(duplicate=3)
    assert kept_sums(database)[EVER][0] == 2


@pytest.mark.parametrize("together", [True, False])
def test_the_higher_rank_takes_the_place_of_the_lower(tmp_path: Path, together: bool) -> None:
    partial, final = row("a", output_tokens=1, session="s"), row("a", output_tokens=500, rank=3, model="haiku")
    database = open_database(tmp_path)
    with recording(database) as recorder:
        if together:
            assert recorder.record([partial, final]) == Recorded(accepted=1, replaced=1)
        else:
            assert recorder.record([partial]) == Recorded(accepted=1)
            assert recorder.record([final]) == Recorded(replaced=1)
        assert recorder.record([partial, final._replace(output_tokens=9)]) == Recorded(duplicate=2)
    assert ask(database, "SELECT invocation_id, output_tokens, rank, model, session FROM invocations") == [
        ("a", 500, 3, "haiku", None)
    ]
    assert kept_sums(database)[EVER][3] == 500
    assert ("ever", "model", 0, "sonnet") not in kept_sums(database)
    assert check(database).ok


def test_a_reported_cost_counts_and_our_estimate_is_kept_beside_it(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with recording(database) as recorder:
        recorder.record(
            [row("own"), row("told", reported_nano=5), row("new", model="new-model"), row("x", model="new")]
        )
    kept = ask(database, "SELECT reported_nano, estimated_nano, cost_nano, price_id FROM invocations ORDER BY id")
    assert kept == [(None, 1_200_000, 1_200_000, 7), (5, 1_200_000, 5, 7), (None,) * 4, (None,) * 4]
    sums = kept_sums(database)[EVER]
    assert (sums[9], sums[10], sums[11]) == (1_200_005, 2, 2200)


def test_every_field_comes_back_as_it_was_told(tmp_path: Path) -> None:
    told = Invocation(
        *("full", 1_795_000_000_123, "m", "t"),
        *("api", "p", "agent", "task", "session", "project", "node"),
        *(
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            8,
            9,
            "timeout",
            "Ünïcode ☃ \udcff".encode("utf-8", "replace").decode(),
            "batch",
            10,
            11,
        ),
    )
    database = open_database(tmp_path)
    with recording(database) as recorder:
        recorder.record([told])
    names = ", ".join(Invocation._fields)
    assert ask(database, f"SELECT {names} FROM invocations") == [tuple(told)]


def test_ids_that_share_a_hash_are_kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "hash_of", lambda _text: 42)
    database = open_database(tmp_path)
    with recording(database) as recorder:
        assert recorder.record([row("a"), row("b")]) == Recorded(accepted=2)
        assert recorder.record([row("b"), row("c"), row("a", rank=1)]) == Recorded(1, 1, 1)
    assert sorted(ask(database, "SELECT invocation_id, rank FROM invocations")) == [("a", 1), ("b", 0), ("c", 0)]
    assert check(database).ok


def test_a_batch_larger_than_one_slice_is_one_transaction(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    rows = [row(f"id-{number}") for number in range(9_000)]

    def fail(connection: object) -> None:
        raise ValueError("not this one")

    with recording(database) as recorder:
        with pytest.raises(ValueError, match="not this one"):
            recorder.record(rows, also=fail)
        assert recorder.record(rows[:10]) == Recorded(accepted=10)
        assert recorder.record(rows) == Recorded(accepted=8_990, duplicate=10)
    assert kept_sums(database)[EVER][0] == 9_000


def test_the_older_schemas_views_say_the_same(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with recording(database) as recorder:
        recorder.record(
            [row("a", cache_read_tokens=50, cache_write_5m_tokens=7, agent="ann", error="no", latency_ms=3)]
        )
        recorder.record([row("b", model="new-model")])
    columns = "invocation_id, timestamp, agent_name, tool_name, model_name, prompt_tokens, completion_tokens"
    more = "total_tokens, latency_ms, status, error_message, privacy_level"
    assert ask(database, f"SELECT {columns}, {more} FROM v1_invocations WHERE agent_name = 'ann'") == [
        (
            *("a", "2026-11-21 11:00:00.000", "ann", "claude-code", "sonnet", 1057, 100),
            *(1157, 3, "success", "no", "metadata"),
        )
    ]
    costs = ask(database, "SELECT cost_usd, cost_nano FROM v1_invocations JOIN invocations USING (invocation_id)")
    assert [usd if nano is None else usd * 1e9 - nano for usd, nano in costs] == [0.0, None]
    daily = "date, agent_name, tool_name, model_name, invocations, total_tokens, total_cost_usd IS NULL"
    assert ask(database, f"SELECT {daily} FROM v1_daily_costs") == [
        ("2026-11-21", "", "claude-code", "new-model", 1, 1100, 1),
        ("2026-11-21", "ann", "claude-code", "sonnet", 1, 1157, 0),
    ]
