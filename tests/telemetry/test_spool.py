"""Rows on disk: private, bounded, written and delivered by several processes at once, and each delivered once."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llm_service.telemetry import spool as spools
from llm_service.telemetry.spool import Address, Spool
from tests.kit.server import REPO

HERE = Address("/here")


def everything(spool: Spool, wanted: Callable[[Address], bool] = lambda _: True) -> list[Any]:
    """What a delivery hands over."""
    got: list[Any] = []

    def take(rows: list[Any]) -> bool:
        got.extend(rows)
        return True

    spool.deliver(wanted, take)
    return got


def test_rows_come_back_in_their_order_and_the_files_go(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    rows = [{"n": n, "text": "ü\n"} for n in range(10)]
    for row in rows:
        assert spool.keep([row], HERE) == 1
    assert len(spool.files()) == 1
    assert everything(Spool(tmp_path / "spool")) == rows
    assert spool.files() == []
    spool.keep(rows[:1], HERE)
    assert everything(spool) == rows[:1]


def test_only_their_owner_can_read_them(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.keep([{"n": 1}], HERE)
    assert spool.folder.stat().st_mode & 0o777 == 0o700
    assert spool.files()[0].stat().st_mode & 0o777 == 0o600


def test_rows_for_another_dashboard_stay(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.keep([{"n": 1}], HERE)
    spool.keep([{"n": 2}], Address("/there", "http://x:1"))
    assert everything(spool, lambda address: address == HERE) == [{"n": 1}]
    assert everything(spool, lambda address: address.url == "http://x:1") == [{"n": 2}]


def test_rows_that_are_not_taken_stay(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.keep([{"n": 1}], HERE)
    assert spool.deliver(lambda _: True, lambda _: False) == 0
    assert everything(spool) == [{"n": 1}]


def test_what_finds_no_room_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spools, "MOST_BYTES", 1_000)
    spool = Spool(tmp_path / "spool")
    kept = sum(spool.keep([{"n": n, "text": "x" * 80}], HERE) for n in range(20))
    assert 0 < kept < 20
    assert spool.dropped == 20 - kept
    assert len(everything(spool)) == kept


def test_a_file_that_is_being_delivered_is_not_written_to(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.keep([{"n": 1}], HERE)
    with spool.files()[0].open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        spool.keep([{"n": 2}], HERE)
        assert everything(spool) == [{"n": 2}]
    assert everything(spool) == [{"n": 1}]


def test_half_a_line_and_nonsense_cost_their_line_only(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.keep([{"n": 1}], HERE)
    with spool.files()[0].open("ab") as file:
        file.write(b'{"n": 2, "te')
    spool.keep([{"n": 3}], HERE)
    (spool.folder / "0-foreign.jsonl").write_bytes(b"\xff\xfe\n[" + b"[" * 100_000 + b"\n")
    (spool.folder / ".draft.jsonl").write_bytes(b"{}")
    got = everything(spool)
    assert [row for row in got if isinstance(row, dict)] == [{"n": 1}, {"n": 3}]
    assert '{"n": 2, "te' in got


def test_a_full_disk_leaves_no_half_of_a_row(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.keep([{"n": 1}], HERE)
    before = spool.files()[0].stat().st_size
    limit = (
        "import resource, sys, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({before + 10}, {before + 10}));"
        "from pathlib import Path; from llm_service.telemetry.spool import Spool, Address;"
        "s = Spool(Path(sys.argv[1])); s._current = s.files()[0];"
        "s.keep([{'n': 2, 'text': 'x' * 100}], Address('/here'))"
    )
    done = subprocess.run([sys.executable, "-c", limit, str(spool.folder)], cwd=REPO, capture_output=True, text=True)
    assert "File too large" in done.stderr
    assert everything(spool) == [{"n": 1}]


WRITER = """
import sys
from pathlib import Path
from llm_service.telemetry.spool import Address, Spool
spool = Spool(Path(sys.argv[1]))
for n in range(200):
    spool.keep([{"who": sys.argv[2], "n": n}], Address("/here"))
"""


def test_many_processes_write_while_another_delivers(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(folder), str(who)], cwd=REPO) for who in range(4)]
    reader, got = Spool(folder), []
    while any(writer.poll() is None for writer in writers):
        got += everything(reader)
    got += everything(reader)
    assert all(writer.returncode == 0 for writer in writers)
    assert sorted((row["who"], row["n"]) for row in got) == sorted((str(w), n) for w in range(4) for n in range(200))


def test_a_file_says_for_whom_it_is_and_holds_json_lines(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.keep([{"n": 1}], Address(os.fspath(tmp_path), "http://localhost:1/"))
    head, row = map(json.loads, spool.files()[0].read_text().splitlines())
    assert head == {"for": {"cwd": str(tmp_path), "url": "http://localhost:1/"}}
    assert row == {"n": 1}
