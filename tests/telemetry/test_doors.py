"""One dollar seen through two doors is one dollar, whichever door told of it first."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from llm_service.core.invocations.usage import Door
from llm_service.telemetry.integrity import check
from tests.kit.store import ask, kept_sums, open_database, recording, row

LOG = row("claude:1", door=Door.LOG, session="s")
OTLP = row("otlp:1", door=Door.OTLP_LOGS, session="s")
METRIC = row("metric:1", door=Door.OTLP_METRICS, session="s", input_tokens=3000)


@pytest.mark.parametrize("order", list(permutations((LOG, OTLP, METRIC))))
def test_the_best_door_counts_in_any_order(tmp_path: Path, order: tuple) -> None:
    database = open_database(tmp_path)
    with recording(database) as recorder:
        for told in order:
            recorder.record([told])
    assert ask(database, "SELECT invocation_id FROM invocations WHERE counted = 1") == [("claude:1",)]
    sums = kept_sums(database)
    assert [sums["ever", "all", 0, ""][0], sums["ever", "session", 0, "s"][2]] == [1, 1000]
    assert not [key for key in sums if key[1] == "door" and key[3] != "log"]
    assert check(database).ok


def test_all_of_them_in_one_batch(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with recording(database) as recorder:
        recorder.record([METRIC, OTLP, LOG, LOG._replace(invocation_id="claude:2")])
    assert kept_sums(database)["ever", "all", 0, ""][0] == 2


def test_sessions_and_tools_are_compared_each_with_its_own(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    others = [
        OTLP._replace(invocation_id="a", session="other"),
        OTLP._replace(invocation_id="b", tool="codex"),
        OTLP._replace(invocation_id="c", session=None),
        OTLP._replace(invocation_id="d", door=Door.API),
        OTLP._replace(invocation_id="e", door=Door.IMPORT),
    ]
    with recording(database) as recorder:
        recorder.record([LOG])
        recorder.record([OTLP, *others])
    counted = ask(database, "SELECT invocation_id FROM invocations WHERE counted = 1 ORDER BY id")
    assert [name for (name,) in counted] == ["claude:1", "a", "b", "c", "d", "e"]


def test_a_lesser_row_that_comes_in_a_better_edition_stays_uncounted(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with recording(database) as recorder:
        recorder.record([LOG, OTLP])
        recorder.record([OTLP._replace(rank=5, input_tokens=9)])
    assert ask(database, "SELECT input_tokens, counted FROM invocations WHERE rank = 5") == [(9, 0)]
    assert kept_sums(database)["ever", "all", 0, ""][:3] == (1, 0, 1000)
    assert check(database).ok


def test_finding_the_lesser_rows_of_a_session_looks_at_no_others(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    plan = ask(
        database,
        "EXPLAIN QUERY PLAN SELECT id FROM invocations WHERE tool = ? AND session = ?"
        " AND door IN ('otlp-logs', 'otlp-metrics') AND door IN (?) AND counted = 1",
        *("claude-code", "s", "otlp-logs"),
    )
    assert "invocations_lesser_door (tool=? AND session=?)" in plan[0][3]
