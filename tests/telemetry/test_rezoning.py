"""After a change of the time zone every day is a day of the new one, as if it had always been so where that can be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from llm_service.core.invocations.usage import Door, Invocation
from llm_service.telemetry.database import Database
from llm_service.telemetry.ingest import Kept
from llm_service.telemetry.integrity import check
from llm_service.telemetry.recorder import Committed, Recorder
from tests.kit.store import (
    DAY_MS,
    HOUR_MS,
    NOON_MS,
    Clock,
    FlatPrices,
    ask,
    expected_sums,
    kept_buckets,
    kept_sums,
    open_database,
    recording,
    row,
)
from tests.kit.waiting import wait_until

COST = 1_200_000


def calls() -> list[Invocation]:
    """One every 5 hours and 7 minutes for 40 days, over the end of summer time."""
    return [
        row(
            f"id-{number}",
            NOON_MS - number * (5 * HOUR_MS + 7 * 60_000),
            door=Door.LOG if number % 2 else Door.API,
            agent=f"agent-{number % 3}",
            session=f"s-{number % 7}",
            latency_ms=number * 10,
        )
        for number in range(190)
    ]


def moved(database: Database) -> bool:
    facts = dict(ask(database, "SELECT name, value FROM facts"))
    return facts["zone"] == database.zone.name and "rezoning_ms" not in facts


def kept(rows: Sequence[Invocation]) -> list[Kept]:
    assert FlatPrices().quote_for(rows[0])
    return [Kept(call, COST) for call in rows]


@pytest.mark.parametrize("zone", ["America/New_York", "UTC", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"])
def test_days_are_those_of_the_new_zone(tmp_path: Path, zone: str) -> None:
    clock = Clock()
    rows = calls()
    with recording(open_database(tmp_path, clock), clock) as recorder:
        recorder.record(rows)
    database = open_database(tmp_path, clock, zone=zone)
    with recording(database, clock) as recorder:
        recorder.record([late := row("while it is moved", NOON_MS - 3 * DAY_MS)])
        # The writer says that it is done a moment after it has written the last day.
        wait_until(lambda: moved(database) and recorder.condition == (), "the new days")
    hours_from_ms = int(ask(database, "SELECT value FROM facts WHERE name = 'hours_from_ms'")[0][0])
    assert kept_sums(database) == expected_sums(kept([*rows, late]), zone, hours_from_ms)
    assert sum(count for (width, *_), count in kept_buckets(database).items() if width == "day") == len(rows)
    report = check(database)
    assert report.ok, report


def test_hours_are_enough_where_the_rows_are_gone(tmp_path: Path) -> None:
    clock = Clock()
    rows = calls()
    with recording(open_database(tmp_path, clock), clock) as recorder:
        recorder.record(rows)
    database = open_database(tmp_path, clock)
    with recording(database, clock, keep_days=2):
        wait_until(lambda: ask(database, "SELECT count(*) FROM invocations")[0][0] < 15, "the end of the old rows")
    database = open_database(tmp_path, clock, zone="America/New_York")
    with recording(database, clock, keep_days=2):
        wait_until(lambda: moved(database), "the new days")
    assert kept_sums(database) == expected_sums(kept(rows), "America/New_York")


def test_days_without_rows_and_hours_move_to_the_day_they_share_most_with(tmp_path: Path) -> None:
    clock = Clock()
    database = open_database(tmp_path, clock)
    with recording(database, clock) as recorder:
        recorder.record([row("a", NOON_MS - 200 * DAY_MS), row("b", NOON_MS - 199 * DAY_MS), row("c")])
    with recording(database, clock, keep_days=100):
        wait_until(lambda: ask(database, "SELECT count(*) FROM invocations") == [(1,)], "the end of the old rows")
    database = open_database(tmp_path, clock, zone="America/New_York")
    with recording(database, clock, keep_days=100):
        wait_until(lambda: moved(database), "the new days")
    days = ask(database, "SELECT start_ms, invocations FROM rollups WHERE width = 'day' AND dimension = 'model'")
    # Midnight in New York is 6 hours after Berlin's.
    midnight = NOON_MS - 12 * HOUR_MS + 6 * HOUR_MS
    summer = NOON_MS - 12 * HOUR_MS - HOUR_MS + 6 * HOUR_MS
    assert sorted(days) == [(summer - 200 * DAY_MS, 1), (summer - 199 * DAY_MS, 1), (midnight, 1)]


def test_a_stop_in_the_middle_is_taken_up_again(tmp_path: Path) -> None:
    clock = Clock()
    rows = calls()
    with recording(open_database(tmp_path, clock), clock) as recorder:
        recorder.record(rows)
    for _ in range(200):
        database = open_database(tmp_path, clock, zone="Asia/Kolkata")
        with recording(database, clock) as recorder:
            recorder.write(lambda connection: None)
        if moved(database):
            break
        assert check(database).ok
    hours_from_ms = int(ask(database, "SELECT value FROM facts WHERE name = 'hours_from_ms'")[0][0])
    assert kept_sums(database) == expected_sums(kept(rows), "Asia/Kolkata", hours_from_ms)


def test_who_tells_of_days_hears_when_they_have_moved(tmp_path: Path) -> None:
    with recording(open_database(tmp_path)) as recorder:
        recorder.record(calls())
    database = open_database(tmp_path, zone="Asia/Kolkata")
    today: list[int] = []
    recorder = Recorder(database, FlatPrices(), now_ms=Clock())

    def look(committed: Committed) -> None:
        assert (committed.rows, committed.counted) == ((), 0)
        start_ms = database.zone.day_start_ms(NOON_MS)
        query = "SELECT invocations FROM rollups WHERE width = 'day' AND dimension = 'all' AND start_ms = ?"
        today.extend(number for (number,) in ask(database, query, start_ms))

    recorder.on_commit(look)
    recorder.start()
    try:
        wait_until(lambda: today, "a word about the days")
        assert moved(database)
        assert len(today) == 1
    finally:
        recorder.stop(5.0)
