"""`telemetry check` finds a damaged page and a sum that is not what the rows give."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from llm_service.telemetry.integrity import check
from tests.kit.store import open_database, recording, row


def test_a_good_database_is_good(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with recording(database) as recorder:
        assert check(database).ok
        recorder.record([row(f"id-{number}", latency_ms=number) for number in range(50)])
        report = check(database)
    assert report.ok
    assert (report.rows, report.different, report.days_from_ms) == (50, 0, None)
    assert report.sums > 20


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            "UPDATE rollups SET output_tokens = output_tokens + 1 WHERE dimension = 'agent' AND width = 'day'",
            "agent ''",
        ),
        ("UPDATE rollups SET cost_nano = 0 WHERE dimension = 'session'", "session ''"),
        ("DELETE FROM rollups WHERE width = 'hour' AND dimension = 'model'", "kept nothing"),
        ("UPDATE latencies SET count = 3 WHERE width = 'hour'", "latency '50'"),
        ("DELETE FROM invocations", "the rows give nothing"),
        ("UPDATE invocations SET counted = 0", "the rows give nothing"),
    ],
)
def test_a_sum_that_differs_is_named(tmp_path: Path, change: str, told: str) -> None:
    database = open_database(tmp_path)
    with recording(database) as recorder:
        recorder.record([row("a", latency_ms=4)])
    with closing(sqlite3.connect(database.path)) as connection, connection:
        connection.execute(change)
    report = check(database)
    assert report.sound
    assert not report.ok
    assert report.different >= 1
    assert told in report.differences[0]


def test_a_damaged_page_is_found(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with recording(database) as recorder:
        recorder.record([row(f"id-{number}") for number in range(2_000)])
    with database.path.open("r+b") as file:
        file.seek(60 * 4096)
        file.write(b"\xff" * 4096)
    report = check(database)
    assert not report.sound
    assert report.problem
