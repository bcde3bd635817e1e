"""Old curves go with all that belongs to them, others stay, and a clock that is years ahead deletes nothing."""

from __future__ import annotations

import math
from pathlib import Path

from tests.kit.store import DAY_MS, Clock, ask, open_database, recording
from tests.kit.waiting import wait_until
from tests.telemetry.loss_kit import Place, logging, points

TABLES = ("loss_series", "loss_steps", "loss_buckets", "loss_averages", "loss_alarms")


def counts(database) -> list[int]:
    return [ask(database, f"SELECT count(*) FROM {table}")[0][0] for table in TABLES]


def test_a_curve_goes_after_the_days_it_is_kept_and_the_others_stay(tmp_path: Path):
    clock = Clock()
    database = open_database(tmp_path, clock)
    with (
        recording(database, clock, keep_days=30) as recorder,
        logging(lambda: Place(database, recorder), clock) as (log, heard),
    ):
        log.append("s:old", "s:old", points([1.0] * 5_000 + [math.nan]))
        heard.wait_for("alarm.raised")
        log.ended("s:old")
        heard.wait_for("alarm.cleared")
        clock.at_ms += 31 * DAY_MS
        log.append("s:new", "s:new", points([1.0] * 300))
        wait_until(lambda: ask(database, "SELECT count(*) FROM loss_series") == [(2,)], "both curves")
    clock.at_ms += 20 * 365 * DAY_MS
    with recording(database, clock, keep_days=30):
        wait_until(lambda: ask(database, "SELECT key FROM loss_series") == [("s:new",)], "the old curve to go")
        wait_until(lambda: counts(database)[1] == 300, "its steps to go")
    assert counts(database)[4] == 0
    assert ask(
        database, "SELECT DISTINCT series FROM loss_buckets UNION SELECT DISTINCT series FROM loss_averages"
    ) == [(2,)]
