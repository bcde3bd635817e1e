"""Records of other programs: the older telemetry.db, CSV and JSON lines, as raw rows."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from llm_service.errors import LlmServiceError
from llm_service.telemetry.foreign_rows import csv_rows, json_lines, kind_of
from llm_service.telemetry.old_database import OldDatabase, Totals

SCHEMA = """
CREATE TABLE invocations (
  id INTEGER PRIMARY KEY AUTOINCREMENT, invocation_id TEXT UNIQUE NOT NULL, timestamp DEFAULT CURRENT_TIMESTAMP,
  agent_name TEXT, tool_name TEXT NOT NULL, model_name TEXT NOT NULL, prompt_tokens INTEGER, completion_tokens INTEGER,
  total_tokens INTEGER, cost_usd REAL, latency_ms INTEGER, status TEXT NOT NULL, error_message TEXT,
  privacy_level TEXT DEFAULT 'metadata'
);
CREATE TABLE schema_version (version TEXT PRIMARY KEY, applied_at, description);
"""
INSERT = (
    "INSERT INTO invocations (invocation_id, timestamp, agent_name, tool_name, model_name, prompt_tokens,"
    " completion_tokens, total_tokens, cost_usd, latency_ms, status, error_message) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """An older database of three rows, still in WAL with nothing carried over."""
    path = tmp_path / "telemetry.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(SCHEMA)
        db.executemany(
            INSERT,
            [
                ("u-1", "2026-03-01 10:00:00", "anna", "cli", "gpt-4o", 100, 20, 120, 0.25, 900, "success", None),
                ("u-2", "2026-03-01T10:00:00+02:00", None, "cli", "unknown", 7, 0, 7, 0.0, None, "error", "boom"),
                ("u-3", "2026-03-02 00:00:00.5", "", "cli", "gpt-4o", None, None, 0, None, 3, "timeout", None),
            ],
        )
        db.commit()
    return path


def test_the_older_rows_become_rows_of_today(old: Path) -> None:
    rows = {row.line: row.raw for row in OldDatabase(old).rows()}
    assert rows[1] == {
        "invocation_id": "old:u-1", "timestamp": "2026-03-01 10:00:00+00:00", "model": "gpt-4o", "tool": "cli",
        "agent": "anna", "input_tokens": 100, "output_tokens": 20, "cost_usd": 0.25, "latency_ms": 900,
        "status": "success",
    }  # fmt: skip
    assert rows[2]["timestamp"] == "2026-03-01T10:00:00+02:00"
    assert rows[2]["error"] == "boom"
    assert "cost_usd" not in rows[2], "it said $0 for a model that it did not know"
    assert "input_tokens" not in rows[3]


def test_its_own_sums_can_be_compared_with(old: Path) -> None:
    assert OldDatabase(old).totals() == Totals(3, 107, 20, 0.25)


def test_reading_it_changes_nothing(old: Path) -> None:
    before = hashlib.sha256(old.read_bytes()).digest()
    old.chmod(0o400)
    assert len(list(OldDatabase(old).rows())) == 3
    assert hashlib.sha256(old.read_bytes()).digest() == before


def test_more_rows_than_a_page_come_once_each(old: Path) -> None:
    with closing(sqlite3.connect(old)) as db:
        more = [
            (f"n-{n}", "2026-03-01 10:00:00", None, "t", "m", n, 1, n, None, None, "success", None)
            for n in range(12_000)
        ]
        db.executemany(INSERT, more)
        db.commit()
    lines = [row.line for row in OldDatabase(old).rows()]
    assert len(lines) == len(set(lines)) == 12_003


@pytest.mark.parametrize(
    ("make", "words"),
    [
        ("CREATE TABLE tasks (id)", "holds no table invocations"),
        ("CREATE TABLE invocations (id INTEGER PRIMARY KEY, model TEXT, at_ms)", "take.* over with: telemetry export"),
        (
            "CREATE TABLE invocations (id INTEGER PRIMARY KEY, model_name TEXT)",
            "no column completion_tokens, prompt_tokens",
        ),
    ],
)
def test_another_database_is_told_apart(tmp_path: Path, make: str, words: str) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute(make)
    with pytest.raises(LlmServiceError, match=words):
        OldDatabase(path)


def test_a_damaged_database_is_an_error_in_a_line(old: Path) -> None:
    old.write_bytes(old.read_bytes()[:5000] + b"\xff" * 4000)
    with pytest.raises(LlmServiceError, match=str(old)):
        list(OldDatabase(old).rows())


def test_columns_that_are_missing_are_not_given(tmp_path: Path) -> None:
    path = tmp_path / "early.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE invocations (id INTEGER PRIMARY KEY, model_name, prompt_tokens, completion_tokens)")
        db.execute("INSERT INTO invocations VALUES (4, 'm', 1, 2)")
        db.commit()
    assert [row.raw for row in OldDatabase(path).rows()] == [
        {"invocation_id": "old:4", "model": "m", "input_tokens": 1, "output_tokens": 2}
    ]


# --- files of lines ---------------------------------------------------------------------------------------------


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.csv", b"model,x\n", "csv"),
        ("a.txt", b'{"model": "m"}\n', "jsonl"),
        ("a.json", b'\xef\xbb\xbf[\n{"model": "m"}\n]\n', "jsonl"),
        ("a.jsonl", b"broken\n", "jsonl"),
        ("a.bin", b"SQLite format 3\x00...", "sqlite"),
        ("empty", b"", "csv"),
    ],
)
def test_a_files_kind_is_what_it_begins_with(tmp_path: Path, name: str, data: bytes, kind: str) -> None:
    assert kind_of(write(tmp_path / name, data)) == kind


def test_cells_become_what_their_columns_hold(tmp_path: Path) -> None:
    text = 'model, agent,input_tokens,cost_usd,invocation_id\r\nm,"\'=a,b",5,1e-3,i\r\n\r\n'
    text += "m,,x, ,j\r\nm,a,1,2,k,more\r\n5,a\n"
    rows = list(csv_rows(write(tmp_path / "a.csv", "\ufeff" + text)))
    assert [row.line for row in rows] == [2, 4, 5, 6]
    assert rows[0].raw == {"model": "m", "agent": "=a,b", "input_tokens": 5, "cost_usd": 0.001, "invocation_id": "i"}
    assert rows[1].raw == {"model": "m", "input_tokens": "x", "invocation_id": "j"}
    assert rows[2].raw == "6 cells below 5 columns"
    assert rows[3].raw["model"] == "5"


def test_a_csv_without_a_model_is_refused_whole(tmp_path: Path) -> None:
    for text in ("", "name,tokens\nm,1\n"):
        with pytest.raises(LlmServiceError, match="header with at least the column model"):
            list(csv_rows(write(tmp_path / "a.csv", text)))


def test_lines_that_are_no_json_are_handed_on_to_be_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", b'{"model": "m", "invocation_id": "i"}\n\n{"mod\n[1]\n\xff\n' + b"[" * 50_000)
    rows = [(row.line, row.raw) for row in json_lines(path)]
    assert rows[0] == (1, {"model": "m", "invocation_id": "i"})
    assert rows[1:4] == [(3, '{"mod'), (4, [1]), (5, "\ufffd")]
    assert rows[4][1].startswith("[[[")


def test_rows_without_an_id_get_the_same_one_each_time_and_equal_rows_are_two(tmp_path: Path) -> None:
    line = json.dumps({"model": "m", "input_tokens": 1}) + "\n"
    path = write(tmp_path / "a.jsonl", line * 2 + '{"input_tokens": 1, "model": "m"}\n' + '{"model": "n"}\n')
    ids = [row.raw["invocation_id"] for row in json_lines(path)]
    assert len(set(ids)) == 4
    assert ids == [row.raw["invocation_id"] for row in json_lines(path)]
    as_csv = [row.raw["invocation_id"] for row in csv_rows(write(tmp_path / "a.csv", "model,input_tokens\nm,1\nm,1\n"))]
    assert as_csv == ids[:2]
