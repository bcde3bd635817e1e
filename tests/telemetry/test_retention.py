"""Single rows go after their time, hours after ninety days; what they summed up to stays."""

from __future__ import annotations

from pathlib import Path

from llm_service.telemetry import retention
from llm_service.telemetry.database import Database
from llm_service.telemetry.integrity import check
from llm_service.telemetry.recorder import Recorded
from tests.kit.store import DAY_MS, HOUR_MS, NOON_MS, Clock, ask, kept_sums, open_database, recording, row
from tests.kit.waiting import wait_until

EVER = ("ever", "all", 0, "")


def count(database: Database) -> int:
    return ask(database, "SELECT count(*) FROM invocations")[0][0]


def test_old_rows_go_by_themselves_and_their_sums_stay(tmp_path: Path) -> None:
    clock = Clock()
    database = open_database(tmp_path, clock)
    many = 2 * retention.ROWS_AT_ONCE + 7
    old = [row(f"old-{number}", NOON_MS - 20 * DAY_MS + number) for number in range(many)]
    with recording(database, clock) as recorder:
        recorder.record([*old, row("new")])
    before = kept_sums(database)
    with recording(database, clock, keep_days=10) as recorder:
        wait_until(lambda: count(database) == 1, "the end of the old rows")
        # Read again, an old log adds nothing, though its rows are gone.
        assert recorder.record(old[:100]) == Recorded(duplicate=100)
        assert recorder.record([row("fresh")]) == Recorded(accepted=1)
    assert kept_sums(database)[EVER][0] == before[EVER][0] + 1 == many + 2
    report = check(database)
    assert report.ok, report
    assert report.days_from_ms == NOON_MS - 12 * HOUR_MS - 10 * DAY_MS


def test_a_number_is_never_given_twice(tmp_path: Path) -> None:
    clock = Clock()
    database = open_database(tmp_path, clock)
    with recording(database, clock) as recorder:
        recorder.record([row("new"), row("old", NOON_MS - 20 * DAY_MS)])
    with recording(database, clock, keep_days=10) as recorder:
        wait_until(lambda: count(database) == 1, "the end of the old row")
        recorder.record([row("next")])
    assert ask(database, "SELECT id, invocation_id FROM invocations") == [(1, "new"), (3, "next")]


def test_hours_go_after_ninety_days_and_days_stay(tmp_path: Path) -> None:
    clock = Clock()
    database = open_database(tmp_path, clock)
    with recording(database, clock) as recorder:
        recorder.record([row("a", latency_ms=5)])
    hours = "SELECT count(*) FROM rollups WHERE width = 'hour'"
    assert ask(database, hours) == [(9 - 1,)]
    clock.at_ms += 91 * DAY_MS
    with recording(database, clock) as recorder:
        recorder.record([row("b", clock.at_ms)])
        wait_until(lambda: ask(database, f"{hours} AND start_ms < {clock.at_ms - DAY_MS}") == [(0,)], "no old hours")
    assert ask(database, "SELECT count(*) FROM latencies WHERE width = 'hour'") == [(0,)]
    days = ask(database, "SELECT invocations FROM rollups WHERE width = 'day' AND dimension = 'all' ORDER BY start_ms")
    assert days == [(1,), (1,)]
    assert check(database).ok


def test_a_clock_that_is_years_ahead_deletes_nothing(tmp_path: Path) -> None:
    clock = Clock()
    database = open_database(tmp_path, clock)
    with recording(database, clock) as recorder:
        recorder.record([row("a"), row("b", NOON_MS - 5 * DAY_MS)])
    clock.at_ms += 20 * 365 * DAY_MS
    with recording(database, clock, keep_days=30) as recorder:
        recorder.write(lambda connection: None)
        wait_until(lambda: recorder._chores.pause_s > 0, "every chore done once")
    assert count(database) == 2
    assert ask(database, "SELECT count(*) FROM rollups WHERE width = 'hour' AND dimension = 'all'") == [(2,)]
