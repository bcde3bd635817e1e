"""OpenCode's stores while they change, are locked, vanish or are damaged."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from llm_service.sources.agentlogs import opencode_store
from tests.agentlogs.kit import FIXTURES, Store
from tests.agentlogs.rule_kit import make_database, totals

MODEL = "gpt-5.2"
AT_MS = 1_791_190_000_000


@pytest.fixture
def data(home: Path) -> Path:
    path = home / ".local/share/opencode"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def today(tmp_path: Path) -> Iterator[Store]:
    """A store whose clock is the real one."""
    made = Store(tmp_path / "today", now_ms=int(time.time() * 1000))
    yield made
    made.close()


@pytest.fixture
def writer(data: Path) -> Iterator[sqlite3.Connection]:
    """An open database as OpenCode 1.18.33 makes it, in WAL mode and without rows."""
    script = (FIXTURES / "opencode/real-1.18.33/home/.local/share/opencode/opencode.db.sql").read_text()
    make_database(data / "opencode.db", script.split("INSERT", 1)[0])
    for rest in script.split("CREATE TABLE")[2:]:
        make_database(data / "opencode.db", "CREATE TABLE" + rest.split("INSERT", 1)[0])
    with closing(sqlite3.connect(data / "opencode.db", isolation_level=None)) as connection:
        yield connection


def document(number: int, output: int | None, done: bool = True) -> dict[str, Any]:
    created = AT_MS + number * 1000
    tokens = {"input": 100, "output": output, "reasoning": 0, "cache": {"read": 0, "write": 0}} if output else {}
    time = {"created": created, **({"completed": created + 500} if done else {})}
    more = {"modelID": MODEL, "providerID": "openai", "cost": 0.01, "time": time, "finish": "stop" if done else None}
    return {"role": "assistant", "agent": "build", "path": {"cwd": "/home/ada/widget"}, "tokens": tokens, **more}


def name_of(number: int) -> str:
    return f"msg_{(AT_MS + number * 1000) * 4096 % 2**48:012x}{number:014d}"


def put(writer: sqlite3.Connection, number: int, output: int | None, done: bool = True) -> str:
    created = AT_MS + number * 1000
    row = (name_of(number), "ses_a", created, created, json.dumps(document(number, output, done)))
    writer.execute(
        "INSERT INTO message VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data", row
    )
    return row[0]


def put_session(writer: sqlite3.Connection, updated_ms: int) -> None:
    """A session whose own columns say 100 in, 10 out."""
    names = "id, project_id, slug, directory, title, version, time_created, time_updated, tokens_input, tokens_output"
    writer.execute(
        f"INSERT INTO session ({names}) VALUES ('ses_a', 'p', '', '/w', '', '1.18.33', 1, ?, 100, 10)", (updated_ms,)
    )


def output_of(store: Store) -> tuple[int, int]:
    """Messages and their output."""
    found = totals(store, "opencode").get(MODEL, {"messages": 0, "output": 0})
    return found["messages"], found["output"]


def test_new_rows_are_read_and_old_ones_are_not_read_again(
    writer: sqlite3.Connection, data: Path, home: Path, store: Store
) -> None:
    put(writer, 1, 10)
    store.read_all(home)
    put(writer, 2, 20)
    _, state = list(opencode_store.poll(data / "opencode.db", None))[-1]
    put(writer, 3, 30)
    found = [found for found, _ in opencode_store.poll(data / "opencode.db", state)]
    assert [row.output_tokens for one in found for row in one.rows] == [30]
    [source] = [source for source in store.read_all(home) if source["tool"] == "opencode"]
    assert output_of(store) == (3, 60)
    assert (source["messages"], source["state"]) == (3, "following")


def test_a_message_is_told_while_it_is_written_and_corrected_when_it_is_done(
    writer: sqlite3.Connection, home: Path, store: Store
) -> None:
    put(writer, 1, None, done=False)
    store.read_all(home)
    assert output_of(store) == (0, 0)
    put(writer, 1, 10, done=False)
    store.read_all(home)
    assert output_of(store) == (1, 10)
    put(writer, 1, 90)
    put(writer, 2, 5)
    [source] = [source for source in store.read_all(home) if source["tool"] == "opencode"]
    assert output_of(store) == (2, 95)
    assert source["messages"] == 2
    assert source["skipped"] == {}


def test_the_columns_of_a_session_wait_for_its_messages(writer: sqlite3.Connection, home: Path, today: Store) -> None:
    """While a message has no tokens yet, those of its session may be its own."""
    put_session(writer, int(time.time() * 1000))
    put(writer, 1, None, done=False)
    today.read_all(home)
    assert today.ask("SELECT count(*) FROM invocations") == [(0,)]
    put(writer, 1, 10)
    today.read_all(home)
    assert today.ask("SELECT invocation_id, output_tokens FROM invocations") == [(f"opencode:{name_of(1)}", 10)]


def test_the_columns_of_a_session_count_when_its_messages_ended_with_nothing(
    writer: sqlite3.Connection, home: Path, today: Store
) -> None:
    put_session(writer, int(time.time() * 1000))
    put(writer, 1, None, done=False)
    today.read_all(home)
    put(writer, 1, None)
    today.read_all(home)
    assert today.ask("SELECT invocation_id, output_tokens FROM invocations") == [("opencode:session:ses_a", 10)]
    writer.execute("UPDATE session SET tokens_output = 30, time_updated = time_updated + 1")
    today.read_all(home)
    [source] = [source for source in today.read_all(home) if source["tool"] == "opencode"]
    assert today.ask("SELECT invocation_id, output_tokens FROM invocations") == [("opencode:session:ses_a", 30)]
    assert source["messages"] == 1


def test_a_session_that_nobody_writes_any_more_does_not_wait(
    writer: sqlite3.Connection, home: Path, today: Store
) -> None:
    put_session(writer, int(time.time() * 1000) - 120_000)
    put(writer, 1, None, done=False)
    today.read_all(home)
    assert today.ask("SELECT invocation_id FROM invocations") == [("opencode:session:ses_a",)]


def test_numbers_of_rows_that_are_given_again_hide_nothing(
    writer: sqlite3.Connection, home: Path, store: Store
) -> None:
    """SQLite gives the number of a deleted newest row to the next one, and VACUUM numbers all rows anew."""
    for number in range(1, 5):
        put(writer, number, 10)
    store.read_all(home)
    writer.execute("DELETE FROM message WHERE id = ?", (name_of(4),))
    put(writer, 5, 100)
    store.read_all(home)
    assert output_of(store) == (5, 140)
    writer.execute("DELETE FROM message WHERE id IN (?, ?)", (name_of(1), name_of(2)))
    writer.execute("VACUUM")
    put(writer, 6, 1000)
    store.read_all(home)
    assert output_of(store) == (6, 1140)


def test_a_locked_database_is_said_and_read_later(
    writer: sqlite3.Connection, data: Path, home: Path, store: Store
) -> None:
    put(writer, 1, 10)
    writer.execute("PRAGMA locking_mode=exclusive")
    writer.execute("PRAGMA journal_mode=delete")
    writer.execute("BEGIN EXCLUSIVE")
    [source] = [source for source in store.read_all(home) if source["tool"] == "opencode"]
    assert source["error"] == f"{data / 'opencode.db'}: database is locked"
    writer.execute("COMMIT")
    writer.close()
    [source] = [source for source in store.read_all(home) if source["tool"] == "opencode"]
    assert source["error"] is None
    assert output_of(store) == (1, 10)


def test_a_database_that_vanished_keeps_its_figures(
    writer: sqlite3.Connection, data: Path, home: Path, store: Store
) -> None:
    put(writer, 1, 10)
    store.read_all(home)
    writer.close()
    for file in data.glob("opencode.db*"):
        file.unlink()
    store.read_all(home)
    assert output_of(store) == (1, 10)
    assert store.ask("SELECT gone FROM log_files") == [(1,)]


def test_what_is_no_database_is_said(data: Path, home: Path, store: Store) -> None:
    (data / "opencode.db").write_bytes(b"this is no database, it is a text" * 100)
    [source] = [source for source in store.read_all(home) if source["tool"] == "opencode"]
    assert str(source["error"]).endswith("opencode.db: file is not a database")


def test_cells_of_any_kind_cost_only_themselves(writer: sqlite3.Connection, home: Path, store: Store) -> None:
    put(writer, 1, 10)
    for number, cell in enumerate([b"\xff\xfe", 5, 1.5, "[" * 100_000, "null", '{"role": 3}']):
        writer.execute("INSERT INTO message VALUES (?, 7, 'x', 1.5, ?)", (number, cell))
    text = json.dumps(document(2, 20)).encode().replace(b"ada", b"\xff")
    writer.execute("INSERT INTO message VALUES (?, 'ses_a', 1, 1, CAST(? AS TEXT))", (name_of(2), text))
    writer.execute("INSERT INTO session_message VALUES ('x', 'y', 'assistant', 'z', 'z', 'z', '{}')")
    names = "id, project_id, slug, directory, title, version, time_created, time_updated, tokens_input"
    writer.execute(f"INSERT INTO session ({names}) VALUES (X'00', 1, 1, 1, 1, 1, 'a', 'b', 'many')")
    writer.execute(f"INSERT INTO session ({names}) VALUES (X'01', 1, 1, 1, 1, 1, 'a', 'b', 9)")
    put(writer, 3, 30)
    [source] = [source for source in store.read_all(home) if source["tool"] == "opencode"]
    assert output_of(store) == (3, 60)
    assert source["skipped"] == {"malformed line": 5}
    assert source["error"] is None


def test_a_name_with_odd_characters_is_opened(data: Path, home: Path, store: Store) -> None:
    script = (FIXTURES / "opencode/O2/home/.local/share/opencode/opencode.db.sql").read_text()
    make_database(data / "opencode-a?b#c%20d.db", script)
    store.read_all(home)
    assert output_of(store) == (1, 60)


def test_a_long_history_is_read_in_steps(writer: sqlite3.Connection, data: Path) -> None:
    writer.execute("BEGIN")
    for number in range(1, 1001):
        put(writer, number, number)
    writer.execute("COMMIT")
    steps = list(opencode_store.poll(data / "opencode.db", None))
    assert len(steps) > 3
    assert max(len(found.rows) for found, _ in steps) <= 500
    assert sum(row.output_tokens for found, _ in steps for row in found.rows) == 1000 * 1001 // 2
    assert all(len(json.dumps(state)) < 1000 for _, state in steps)
    # What was done until an interruption is good to go on from.
    _, state = steps[1]
    rest = [row for found, _ in opencode_store.poll(data / "opencode.db", state) for row in found.rows]
    assert len(rest) == 1000 - sum(len(found.rows) for found, _ in steps[:2])


def test_json_files_are_read_as_they_come_and_change(data: Path, home: Path, store: Store) -> None:
    folder = data / "storage/message/ses_a"
    folder.mkdir(parents=True)

    def write(number: int, output: int | None, done: bool, at_s: int) -> None:
        path = folder / f"{name_of(number)}.json"
        path.write_text(json.dumps({"id": name_of(number), **document(number, output, done)}))
        os.utime(path, (at_s, at_s))

    write(1, 10, True, 1000)
    write(2, None, False, 1001)
    store.read_all(home)
    assert output_of(store) == (1, 10)
    write(2, 20, True, 1005)
    # In the very moment of the newest that was read.
    write(3, 5, True, 1005)
    store.read_all(home)
    assert output_of(store) == (3, 35)
    write(5, 100, True, 1005)
    store.read_all(home)
    assert output_of(store) == (4, 135)
    (folder / f"{name_of(4)}.json").write_text('{"role": "assist')
    [source] = [source for source in store.read_all(home) if source["tool"] == "opencode"]
    assert source["skipped"] == {"malformed line": 1}
    assert source["messages"] == 4
    assert output_of(store) == (4, 135)
