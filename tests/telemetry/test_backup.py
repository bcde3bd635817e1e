"""A backup is one private file with everything that was committed, made while others write."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from llm_service.errors import LlmServiceError, TelemetryUnavailable
from llm_service.telemetry.backup import backup
from llm_service.telemetry.integrity import check
from tests.kit.store import Clock, open_database, recording, row


def test_it_holds_what_only_the_log_holds(tmp_path: Path) -> None:
    database = open_database(tmp_path / "state")
    target = tmp_path / "copies" / "telemetry.bak"
    target.parent.mkdir()
    with recording(database) as recorder:
        recorder.record([row(f"id-{number}") for number in range(3_000)])
        size = backup(database, target)
        recorder.record([row("later")])
    assert [path.name for path in target.parent.iterdir()] == ["telemetry.bak"]
    assert size == target.stat().st_size
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("SELECT count(*) FROM invocations").fetchone() == (3_000,)


def test_it_can_be_put_back(tmp_path: Path) -> None:
    database = open_database(tmp_path / "state")
    with recording(database) as recorder:
        recorder.record([row("a")])
    (tmp_path / "other").mkdir(mode=0o700)
    backup(database, tmp_path / "other")
    again = open_database(tmp_path / "other", Clock())
    with recording(again) as recorder:
        assert recorder.record([row("a"), row("b")]).accepted == 1
    assert check(again).ok


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    database = open_database(tmp_path / "state")
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(LlmServiceError, match="exists already"):
        backup(database, tmp_path / "taken")
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    database = open_database(tmp_path / "state")
    with pytest.raises(LlmServiceError, match=r"cannot write .*nowhere/copy\.db: No such file or directory$"):
        backup(database, tmp_path / "nowhere" / "copy.db")


def test_a_damaged_database_is_not_copied_in_silence(tmp_path: Path) -> None:
    database = open_database(tmp_path / "state")
    with recording(database) as recorder:
        recorder.record([row(f"id-{number}") for number in range(2_000)])
    with database.path.open("r+b") as file:
        file.seek(60 * 4096)
        file.write(b"\xff" * 4096)
    with pytest.raises((TelemetryUnavailable, LlmServiceError)):
        backup(database, tmp_path / "copy.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state"]
