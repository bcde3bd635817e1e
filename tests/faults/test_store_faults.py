"""FI-22 to FI-27: no space, a damaged file, locks, long readers, clocks. The writer endures, counts and goes on."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import pytest

from llm_service.core.invocations.usage import Invocation
from llm_service.core.pricing.price import Quote
from llm_service.errors import TelemetryUnavailable
from llm_service.telemetry.database import WAL_LIMIT_BYTES, Database
from llm_service.telemetry.integrity import check
from llm_service.telemetry.recorder import Recorder
from llm_service.telemetry.work_queue import WorkQueue
from tests.kit.server import REPO
from tests.kit.store import HOUR_MS, NOON_MS, Clock, FlatPrices, ask, kept_sums, open_database, recording, row
from tests.kit.waiting import wait_until


class SmallDisk(FlatPrices):
    """Prices by whose hand the file may not grow beyond `pages`: they are asked on the writer's thread."""

    def __init__(self) -> None:
        super().__init__()
        self.pages = 1_000_000
        self.recorder: Recorder | None = None

    def prepare(self, rows: Iterable[Invocation]) -> None:
        assert self.recorder is not None
        self.recorder._file.connection.execute(f"PRAGMA max_page_count = {self.pages}")


def many(start: int, count: int = 500) -> list[Invocation]:
    return [row(f"id-{number}", error="x" * 200) for number in range(start, start + count)]


def test_a_full_disk_pauses_telemetry_counts_what_is_lost_and_ends_by_itself(tmp_path: Path) -> None:
    database, disk = open_database(tmp_path), SmallDisk()
    recorder = Recorder(database, disk, now_ms=Clock(), queue=WorkQueue(max_rows=2_000))
    disk.recorder = recorder
    recorder.start()
    try:
        recorder.record(many(0))
        disk.pages = 10
        with pytest.raises(TelemetryUnavailable, match="no space left"):
            recorder.record(many(1_000))
        paused = "Telemetry is paused: there is no space left for the telemetry database. It goes on by itself."
        assert recorder.condition == (paused,)
        with pytest.raises(TelemetryUnavailable, match="paused"):
            recorder.record(many(1_000))
        # What nobody waits for is kept for later, as far as there is room.
        offered = [recorder.offer(many(start)) for start in range(2_000, 6_000, 500)]
        assert offered.count(True) == 4
        assert recorder.dropped == 2_000
        assert len(ask(database, "SELECT 1 FROM invocations")) == 500
        disk.pages = 1_000_000
        wait_until(lambda: len(ask(database, "SELECT 1 FROM invocations")) == 2_500, "what was offered meanwhile")
        wait_until(lambda: len(recorder.condition) == 1, "the end of the pause")
        assert "2,000 rows" in recorder.condition[0]
    finally:
        recorder.stop(5.0)
    assert ask(database, "SELECT value FROM counters WHERE name = 'dropped'") == [(2_000,)]
    assert check(database).ok


def garbage(path: Path) -> None:
    path.write_bytes(b"This is not a database. " * 1_000)


def torn(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2 + 100)


def scribbled(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(50 * 4096)
        file.write(os.urandom(20 * 4096))


def headless(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xee" * 3_000)


@pytest.mark.parametrize("harm", [garbage, torn, scribbled, headless])
def test_a_damaged_file_is_moved_aside_and_a_new_one_begun(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    with recording(open_database(tmp_path)) as recorder:
        recorder.record(many(0, 3_000))
    harm(tmp_path / "telemetry.db")
    database = open_database(tmp_path)
    with recording(database) as recorder:
        assert recorder.record([row("new")]).accepted == 1
        assert recorder.condition == ()
    assert ask(database, "SELECT invocation_id FROM invocations") == [("new",)]
    aside = [
        path for path in tmp_path.iterdir() if ".damaged-" in path.name and not path.name.endswith(("-wal", "-shm"))
    ]
    assert [path.name for path in aside] == ["telemetry.db.damaged-20261121T110000Z"]
    assert len(database.notices) == 1
    assert str(aside[0]) in database.notices[0]


def test_damage_that_shows_while_writing_costs_no_waiting_row(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with recording(database) as recorder:
        recorder.record(many(0, 3_000))

        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT  # type: ignore[misc]

        def malformed(connection: sqlite3.Connection) -> None:
            if not database.notices:
                raise error

        assert recorder.offer([row("offered")], also=malformed)
        wait_until(lambda: database.notices, "a new file")
        wait_until(lambda: recorder.record([row("after")]) is not None, "an answer")
        assert ask(database, "SELECT invocation_id FROM invocations") == [("offered",), ("after",)]
    assert len(database.notices) == 1


def test_a_file_that_is_removed_while_it_is_written_is_made_anew(tmp_path: Path) -> None:
    database = open_database(tmp_path / "state")
    with recording(database) as recorder:
        recorder.record([row("before")])
        shutil.rmtree(tmp_path / "state")
        wait_until(lambda: database.notices, "a notice")
        recorder.record([row("after")])
        assert recorder.condition == ()
        assert ask(database, "SELECT invocation_id FROM invocations") == [("after",)]
    assert "was removed or replaced while it was in use" in database.notices[0]


def test_what_is_told_right_after_the_file_was_removed_is_kept_before_it_is_answered(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with recording(database) as recorder:
        recorder.record([row("before")])
        for number in range(3):
            for file in tmp_path.glob("telemetry.db*"):
                file.unlink()
            assert recorder.record([row(f"after-{number}")]).accepted == 1
            assert ask(database, "SELECT invocation_id FROM invocations") == [(f"after-{number}",)]


def test_a_price_that_cannot_be_had_costs_only_its_own_row(tmp_path: Path) -> None:
    class Broken(FlatPrices):
        def prepare(self, rows: Iterable[Invocation]) -> None:
            raise RuntimeError("no prices today")

        def quote_for(self, call: Invocation) -> tuple[Quote, int] | None:
            if call.model == "broken":
                raise RuntimeError("no price")
            return super().quote_for(call)

    database = open_database(tmp_path)
    recorder = Recorder(database, Broken(), now_ms=Clock())
    recorder.start()
    try:
        with pytest.raises(RuntimeError, match="no price"):
            recorder.record([row("a", model="broken")])
        assert recorder.record([row("b")]).accepted == 1
    finally:
        recorder.stop(5.0)
    assert check(database).ok


def test_two_damaged_files_of_one_second_are_both_kept(tmp_path: Path) -> None:
    for _ in range(2):
        garbage(tmp_path / "telemetry.db")
        open_database(tmp_path)
    assert len([path for path in tmp_path.iterdir() if ".damaged-" in path.name]) == 2


OPEN_AS_NOBODY = """
import os, sys
from pathlib import Path
from llm_service.errors import TelemetryUnavailable
from tests.kit.store import open_database

if os.geteuid() == 0:  # root may write what is read-only
    os.setuid(65534)
try:
    open_database(Path(sys.argv[1]))
except TelemetryUnavailable as error:
    print(error)
"""


@pytest.mark.parametrize("made", [True, False])
def test_a_folder_that_cannot_be_written_is_told_of(made: bool) -> None:
    # Not below tmp_path, whose parents another user may not enter.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if made:
            open_database(folder)
        for path in (folder, *folder.iterdir()):
            if os.geteuid() == 0:
                os.chown(path, 65_534, -1)
            path.chmod(0o500 if path == folder else 0o400)
        command = [sys.executable, "-c", OPEN_AS_NOBODY, name]
        done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, timeout=30)
        folder.chmod(0o700)
        at_fault = f"{name}/telemetry.db" if made else name
        assert f"{at_fault} is read-only; make it writable" in done.stdout, done.stderr


def hold_lock(database: Database, for_s: float) -> Callable[[], None]:
    """Let another writer hold the lock for a time; what is returned waits for its end."""
    begun = threading.Event()

    def hold() -> None:
        with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            begun.set()
            threading.Event().wait(for_s)
            other.execute("ROLLBACK")

    thread = threading.Thread(target=hold, name="other-writer")
    thread.start()
    assert begun.wait(10)
    return thread.join


def test_a_lock_of_three_seconds_loses_nothing(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with recording(database) as recorder:
        recorder.record([row("before")])
        end = hold_lock(database, 3.0)
        assert recorder.offer(many(0))
        assert recorder.record([row("waited for")]).accepted == 1
        end()
        assert (recorder.dropped, recorder.condition) == (0, ())
    assert len(ask(database, "SELECT 1 FROM invocations")) == 502


@pytest.mark.faults
def test_a_lock_of_thirty_seconds_fills_a_bounded_queue_and_is_survived(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with recording(database, queue=WorkQueue(max_rows=1_000)) as recorder:
        recorder.record([row("before")])
        end = hold_lock(database, 30.0)
        offered = [recorder.offer(many(start)) for start in range(0, 5_000, 500)]
        assert offered.count(True) == 2
        wait_until(lambda: recorder.condition[0].startswith("Telemetry is paused"), "the pause")
        with pytest.raises(TelemetryUnavailable, match="another program holds the telemetry database"):
            recorder.record([row("waited for")])
        assert recorder.condition[0].startswith("Telemetry is paused: another program holds")
        assert recorder.dropped == 4_000
        end()
        wait_until(lambda: len(recorder.condition) == 1, "the end of the pause")
        wait_until(lambda: len(ask(database, "SELECT 1 FROM invocations")) == 1_001, "what was offered")
    assert check(database).ok


def wal_bytes(database: Database) -> int:
    return Path(f"{database.path}-wal").stat().st_size


def read_for_long(tmp_path: Path, goes_on: Callable[[int, Database], bool]) -> None:
    """Write while somebody reads; the log grows with it, and is small again soon after."""
    database = open_database(tmp_path)
    with recording(database, queue=WorkQueue(max_rows=100_000)) as recorder:
        recorder.record([row("first")])
        with database.reading() as reader:
            reader.execute("BEGIN")
            assert reader.execute("SELECT count(*) FROM invocations").fetchone()[0] == 1
            rounds = 0
            while goes_on(rounds, database):
                recorder.record(many(rounds * 500))
                rounds += 1
            grown = wal_bytes(database)
            assert reader.execute("SELECT count(*) FROM invocations").fetchone()[0] == 1
        assert grown > WAL_LIMIT_BYTES
        wait_until(lambda: wal_bytes(database) <= 4 * 1024 * 1024, "a small log")
        assert recorder.failures == 0
    assert len(ask(database, "SELECT 1 FROM invocations")) == rounds * 500 + 1


def test_the_log_is_small_again_after_a_long_reader(tmp_path: Path) -> None:
    read_for_long(tmp_path, lambda rounds, database: wal_bytes(database) <= WAL_LIMIT_BYTES + 4096)


@pytest.mark.faults
@pytest.mark.timeout(180)
def test_the_log_is_small_again_after_a_reader_of_a_minute(tmp_path: Path) -> None:
    end_s = time.monotonic() + 60

    def goes_on(rounds: int, database: Database) -> bool:
        threading.Event().wait(0.1)
        return time.monotonic() < end_s or wal_bytes(database) <= WAL_LIMIT_BYTES

    read_for_long(tmp_path, goes_on)


def test_a_clock_that_steps_back_an_hour_costs_nothing(tmp_path: Path) -> None:
    clock = Clock()
    database = open_database(tmp_path, clock)
    with recording(database, clock, keep_days=1) as recorder:
        recorder.record([row("before", clock.at_ms)])
        clock.at_ms -= HOUR_MS
        recorder.record([row("after", clock.at_ms)])
        recorder.record([row("before", clock.at_ms, rank=1)])
    # The order of arrival stays, and no sum is below zero.
    assert ask(database, "SELECT invocation_id FROM invocations ORDER BY id") == [("before",), ("after",)]
    sums = kept_sums(database)
    assert min(value for values in sums.values() for value in values) >= 0
    assert sums["hour", "all", NOON_MS - HOUR_MS, ""][0] == 2
    assert ("hour", "all", NOON_MS, "") not in sums
    assert check(database).ok


def test_the_hour_that_comes_twice_is_two_hours_of_one_day(tmp_path: Path) -> None:
    change = 1_792_890_000_000  # 25 October 2026, 01:00 UTC: clocks in Berlin go from 03:00 back to 02:00
    clock = Clock(change + HOUR_MS)
    database = open_database(tmp_path, clock)
    with recording(database, clock) as recorder:
        recorder.record([row("a", change - 1), row("b", change), row("c", change + HOUR_MS)])
    query = "SELECT start_ms, invocations FROM rollups WHERE width = ? AND dimension = 'all' ORDER BY start_ms"
    assert ask(database, query, "hour") == [(change - HOUR_MS, 1), (change, 1), (change + HOUR_MS, 1)]
    assert ask(database, query, "day") == [(change - 3 * HOUR_MS, 3)]
    assert check(database).ok
