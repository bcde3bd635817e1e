"""The file is made private, migrated forward only, and never harmed: what is not ours or newer is left as it is."""

from __future__ import annotations

import re
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from llm_service.errors import TelemetryUnavailable
from llm_service.telemetry.database import Database
from llm_service.telemetry.migrations import STEPS
from tests.kit.store import ask, open_database, recording, row

REPO = Path(__file__).resolve().parent.parent.parent
DOCUMENT = REPO / "docs" / "telemetry-store.md"


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_made_at_first_run_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    database = open_database(tmp_path / "state")
    with recording(database) as recorder:
        recorder.record([row("a")])
        files = sorted(path.name for path in database.path.parent.iterdir())
        assert files == ["telemetry.db", "telemetry.db-shm", "telemetry.db-wal"]
        assert {mode_of(path) for path in database.path.parent.iterdir()} == {0o600}
    assert mode_of(tmp_path / "state") == 0o700
    assert ask(database, "PRAGMA journal_mode") == [("wal",)]


def test_after_a_good_end_the_log_is_empty_and_the_file_opens_again(tmp_path: Path) -> None:
    with recording(open_database(tmp_path)) as recorder:
        recorder.record([row("a")])
    assert not (tmp_path / "telemetry.db-wal").exists()
    again = open_database(tmp_path)
    assert again.notices == ()
    with again.reading() as connection:
        assert connection.execute("SELECT invocation_id FROM invocations").fetchone()["invocation_id"] == "a"


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with pytest.raises(TelemetryUnavailable, match="read-only"), database.reading() as connection:
        connection.execute("DELETE FROM facts")


def test_an_empty_file_is_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "telemetry.db").touch()
    assert open_database(tmp_path).notices == ()


def test_a_newer_schema_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = open_database(tmp_path).path
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('telemetry', 'm0099_more', '')"
        )
    before = sha256(path.read_bytes()).digest()
    with pytest.raises(TelemetryUnavailable, match=r"newer release of llm-service \(m0099_more\)"):
        open_database(tmp_path)
    assert sha256(path.read_bytes()).digest() == before
    assert [file.name for file in tmp_path.iterdir() if "damaged" in file.name] == []


def test_a_database_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE invocations (id INTEGER PRIMARY KEY, cost_usd REAL)")
    before = path.read_bytes()
    with pytest.raises(TelemetryUnavailable, match="telemetry import FILE"):
        open_database(tmp_path)
    assert path.read_bytes() == before


def test_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llm_service.telemetry.database.network_mount", lambda _path: "nfs4")
    with pytest.raises(TelemetryUnavailable, match=r"nfs4 does not have; choose a folder on this machine's own disk"):
        open_database(tmp_path)
    assert not (tmp_path / "telemetry.db").exists()


def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "telemetry.db").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TelemetryUnavailable, match="symbolic link"):
        open_database(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_many_who_open_it_at_once_share_one_whole_file(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = [pool.submit(open_database, tmp_path) for _ in range(8)]
        assert {database.result().path for database in made} == {tmp_path / "telemetry.db"}
    assert {path.name.removesuffix("-wal").removesuffix("-shm") for path in tmp_path.iterdir()} == {"telemetry.db"}
    assert len(ask(made[0].result(), "SELECT name FROM _sqlite_migrations")) == len(STEPS)


def test_opening_a_made_database_needs_no_migration_library(tmp_path: Path) -> None:
    open_database(tmp_path)
    code = (
        "import sys; from pathlib import Path; from llm_service.telemetry.database import Database;"
        f"Database.open(Path({str(tmp_path)!r}), zone='UTC', now_ms=lambda: 0);"
        "import llm_service.telemetry.recorder; print('sqlite_utils' in sys.modules, 'pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, timeout=30)
    assert done.stdout == "False False\n", done.stderr


def test_the_document_names_every_table_and_column(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    text = DOCUMENT.read_text(encoding="utf-8")
    documented = {
        name: set(re.findall(r"`([a-z0-9_]+)`", body))
        for name, body in re.findall(r"^### `([a-z0-9_]+)`\n(.*?)(?=^##|\Z)", text, re.M | re.S)
    }
    found = {
        name: {column for (_, column, *_) in ask(database, f"PRAGMA table_info({name})")}
        for (name,) in ask(database, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
        if not name.startswith(("sqlite_", "_sqlite_"))
    }
    assert documented.keys() == found.keys()
    assert {name: columns - documented[name] for name, columns in found.items() if columns - documented[name]} == {}


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE half (id)")
        raise RuntimeError("no")

    open_database(tmp_path)
    from llm_service.telemetry import migrations

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "STEPS", (*migrations.STEPS, broken))
        with pytest.raises(RuntimeError, match="no"):
            open_database(tmp_path)
    database: Database = open_database(tmp_path)
    assert ask(database, "SELECT name FROM sqlite_master WHERE name = 'half'") == []


def test_a_file_that_somebody_else_brings_up_to_date_meanwhile_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from llm_service.telemetry import migrations

    steps = migrations.STEPS
    monkeypatch.setattr(migrations, "STEPS", steps[:-2])
    open_database(tmp_path)

    def m0005_node(connection: sqlite3.Connection) -> None:
        monkeypatch.setattr(migrations, "STEPS", steps)
        open_database(tmp_path)
        steps[-2](connection)

    monkeypatch.setattr(migrations, "STEPS", (*steps[:-2], m0005_node, steps[-1]))
    database = open_database(tmp_path)
    assert len(ask(database, "SELECT name FROM _sqlite_migrations")) == len(steps)
