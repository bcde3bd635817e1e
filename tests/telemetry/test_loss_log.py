"""Steps are taken in without waiting, told after they are kept, watched for alarms, and survive a restart."""

from __future__ import annotations

import math
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from llm_service.core.loss.points import Point
from llm_service.errors import TelemetryUnavailable
from llm_service.telemetry import loss_keeping, loss_log, loss_memory, loss_store
from llm_service.telemetry.database import Database
from llm_service.telemetry.loss_reader import LossReader
from llm_service.telemetry.recorder import Recorder
from tests.kit.curves import points_of
from tests.kit.store import Clock, ask, open_database, recording
from tests.kit.waiting import wait_until
from tests.telemetry.loss_kit import JOB, Heard, Place, logging, points


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(tmp_path)


@pytest.fixture
def place(database: Database) -> Iterator[Place]:
    with recording(database) as recorder:
        yield Place(database, recorder)


def nothing_is_kept() -> Place:
    raise TelemetryUnavailable("telemetry is off")


def test_steps_are_told_after_they_are_kept_and_can_be_read_then(place: Place) -> None:
    with logging(lambda: place) as (log, heard):
        log.append(JOB, JOB, points([3.0, 2.0, math.nan, math.inf, 1.0]), name="donut")
        body = heard.wait_for("loss.appended")
        answer = LossReader(lambda: place.database).series(
            JOB, [], from_step=None, to_step=None, points=100, smoothing=0
        )["series"][0]
    assert (body["job"], body["series"], body["count"], body["rewritten"]) == (JOB, JOB, 5, False)
    assert [point["loss"] for point in body["points"]] == [3.0, 2.0, None, None, 1.0]
    assert [point.get("word") for point in body["points"]] == [None, None, "NaN", "+inf", None]
    assert (answer["name"], answer["buckets"]["first"]) == ("donut", [3.0, 2.0, None, None, 1.0])
    assert heard.all[0].topic == f"job:{JOB}"


def test_what_is_told_again_is_not_told_on_and_a_new_value_is(place: Place) -> None:
    with logging(lambda: place) as (log, heard):
        for upto in range(1, 40):
            # As a source does that gives the last twenty every time.
            log.append(JOB, JOB, points([3.0] * 20, first=max(0, upto - 20)))
        log.append(JOB, JOB, [Point(5, 9.0, None, None, 10)])
        wait_until(lambda: any(body["rewritten"] for body in heard.of("loss.appended")), "the rewritten step")
    assert heard.steps() == [*range(39), 5]
    assert ask(place.database, "SELECT count(*), sum(loss) FROM loss_steps") == [(39, 38 * 3.0 + 9.0)]


def test_many_steps_at_once_are_counted_and_not_all_told(place: Place) -> None:
    with logging(lambda: place) as (log, heard):
        log.append(JOB, JOB, points([1.0] * 12_000))
        wait_until(lambda: sum(body["count"] for body in heard.of("loss.appended")) == 12_000, "all steps")
    assert heard.steps() == []
    assert ask(place.database, "SELECT count, floor FROM loss_series") == [(12_000, 4)]


def test_append_returns_at_once_while_the_database_is_busy(place: Place) -> None:
    let_go = threading.Event()
    begun = threading.Event()

    def hold(connection: sqlite3.Connection) -> None:
        begun.set()
        assert let_go.wait(60)

    with logging(lambda: place) as (log, heard):
        place.recorder.post(hold)
        assert begun.wait(10)
        for step in range(500):
            log.append(JOB, JOB, points([1.0], first=step))
        assert not let_go.is_set(), "none of them waited for the database"
        assert heard.of("loss.appended") == []
        let_go.set()
        wait_until(lambda: len(heard.steps()) + sum(len(b["points"]) == 0 for b in heard.of("loss.appended")), "steps")
        wait_until(lambda: sum(body["count"] for body in heard.of("loss.appended")) == 500, "all steps")


def test_steps_and_alarms_are_live_where_nothing_is_kept() -> None:
    with logging(nothing_is_kept) as (log, heard):
        log.append(JOB, JOB, points([1.0, 0.5]), name="donut")
        log.append(JOB, JOB, points([1.0, 0.5, math.nan]), name="donut")
        alarm = heard.wait_for("alarm.raised")["alarm"]
        log.ended(JOB)
        heard.wait_for("alarm.cleared")
        assert log.standing(JOB) == []
    assert heard.steps() == [0, 1, 2]
    assert (alarm["kind"], alarm["step"], alarm["job"]) == ("nan", 2, JOB)
    assert log.condition == ()


def test_what_could_not_be_kept_for_a_while_is_kept_later_and_told_once(place: Place) -> None:
    away = threading.Event()
    away.set()

    def opened() -> Place:
        if away.is_set():
            raise TelemetryUnavailable("paused")
        return place

    clock = Clock()
    with logging(opened, clock) as (log, heard):
        log.append(JOB, JOB, points([1.0, math.nan]))
        heard.wait_for("loss.appended")
        away.clear()
        wait_until(lambda: ask(place.database, "SELECT count(*) FROM loss_steps") == [(2,)], "the steps")
        wait_until(lambda: ask(place.database, "SELECT kind FROM loss_alarms") == [("nan",)], "the alarm")
        log.append(JOB, JOB, points([2.0], first=2))
        heard.wait_for("loss.appended", 2)
    assert heard.steps() == [0, 1, 2]


def test_an_alarm_is_told_kept_shown_on_the_curve_and_a_line_of_activity(place: Place) -> None:
    with logging(lambda: place) as (log, heard):
        log.append(JOB, JOB, points([0.8, 0.7, math.nan]), name="donut")
        alarm = heard.wait_for("alarm.raised")["alarm"]
        line = heard.wait_for("activity.added")["entry"]
        wait_until(lambda: ask(place.database, "SELECT id FROM loss_alarms"), "the alarm")
        assert log.standing(JOB) == [alarm]
        reader = LossReader(lambda: place.database)
        curve = reader.series(JOB, [], from_step=None, to_step=None, points=10, smoothing=0)["series"][0]
        assert curve["alarms"] == [alarm]
        log.append(JOB, JOB, points([0.7] * 20, first=3), name="donut")
        cleared = heard.wait_for("alarm.cleared")["alarm"]
    assert alarm["sentence"] == "The loss is NaN at step 2; the last finite value was 0.7 at step 1."
    assert (line["event"], line["text"]) == ("alarm.raised", f"donut: {alarm['sentence']}")
    assert line["href"] == "#job=spark:ft_01"
    assert {**cleared, "cleared_at": None} == alarm
    assert [one["cleared_at"] is None for one in heard.alarms] == [True, False]
    assert heard.of("activity.added")[-1]["entry"]["text"] == "donut: The loss is finite again."
    aside = next(one.aside for one in reversed(heard.all) if one.event == "alarm.cleared")
    assert aside == {"alarms": [cleared]}


def test_alarms_and_what_detectors_remember_survive_a_restart(place: Place) -> None:
    told = points_of("sick", "one_bad_batch_is_nan")
    with logging(lambda: place) as (log, heard):
        log.append(JOB, JOB, told[:405], name="donut")
        alarm = heard.wait_for("alarm.raised")["alarm"]
    with logging(lambda: place) as (log, heard):
        wait_until(lambda: log.standing(JOB) == [alarm], "the alarm that stood")
        assert heard.alarms == [alarm]
        assert heard.all[0].aside == {"alarms": [alarm]}
        log.append(JOB, JOB, told[385:430])
        cleared = heard.wait_for("alarm.cleared")["alarm"]
        assert heard.of("alarm.raised") == []
    assert cleared["id"] == alarm["id"]
    assert ask(place.database, "SELECT count(*), count(cleared_ms) FROM loss_alarms") == [(1, 1)]


def test_steps_that_were_kept_but_not_judged_before_a_crash_are_judged_after_it(place: Place) -> None:
    losses = [1.0 + 0.01 * (step % 7) for step in range(200)]
    with logging(lambda: place) as (log, heard):
        log.append(JOB, JOB, points(losses))
        heard.wait_for("loss.appended")
    place.recorder.write(lambda connection: connection.execute("UPDATE loss_series SET watch = NULL"))
    with logging(lambda: place) as (log, heard):
        log.append(JOB, JOB, points([50.0], first=200))
        alarm = heard.wait_for("alarm.raised")["alarm"]
    assert (alarm["kind"], alarm["numbers"]["median"]) == ("spike", 1.03)


def test_the_alarms_of_a_job_that_ended_are_cleared_without_a_line(place: Place) -> None:
    with logging(lambda: place) as (log, heard):
        log.append(JOB, f"{JOB}/iter-1", points([0.8, math.nan]))
        heard.wait_for("alarm.raised")
        lines = len(heard.of("activity.added"))
        log.ended(JOB)
        heard.wait_for("alarm.cleared")
        log.append(JOB, f"{JOB}/iter-1", points([math.nan], first=9), running=False)
        wait_until(lambda: ask(place.database, "SELECT count(cleared_ms) FROM loss_alarms") == [(2,)], "both alarms")
        assert log.standing(JOB) == []
    assert len(heard.of("activity.added")) == lines
    assert len(heard.of("alarm.raised")) == 1


def test_an_alarm_of_a_job_that_ended_just_before_a_kill_does_not_stand_for_ever(place: Place) -> None:
    with logging(lambda: place) as (log, heard):
        log.append(JOB, f"{JOB}/iter-1", points([0.8, math.nan]))
        heard.wait_for("alarm.raised")
    place.recorder.write(lambda connection: loss_store.end(connection, JOB))
    with logging(lambda: place) as (log, heard):
        heard.wait_for("alarm.cleared")
        assert (log.standing(JOB), heard.of("activity.added")) == ([], [])
    assert ask(place.database, "SELECT count(*) FROM loss_alarms WHERE cleared_ms IS NULL") == [(0,)]


def test_a_job_that_falls_silent_is_told_and_its_next_step_ends_that(place: Place) -> None:
    clock = Clock()
    with logging(lambda: place, clock) as (log, heard):
        for step in range(6):
            log.append(JOB, JOB, points([1.0], first=step))
            wait_until(lambda step=step: len(heard.steps()) == step + 1, "the step")
            clock.at_ms += 5_000
        clock.at_ms += 300_000
        alarm = heard.wait_for("alarm.raised")["alarm"]
        log.append(JOB, JOB, points([1.0], first=6))
        heard.wait_for("alarm.cleared")
    assert (alarm["kind"], alarm["numbers"]["usual_s"]) == ("stalled", 5.0)
    assert alarm["sentence"].startswith("No new step for 5 minutes; one usually comes every 5 s.")


def test_what_is_no_step_is_counted_and_said(place: Place) -> None:
    with logging(lambda: place) as (log, heard):
        log.append(JOB, JOB, [Point(-1, 1.0), Point(1, 1.0, at_ms=5)])
        heard.wait_for("loss.appended")
    assert heard.steps() == [1]
    assert log.condition == ("1 steps of training curves had no step number or no loss and were left out.",)


def test_what_finds_no_room_is_counted_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss_log, "WAITING", 100)
    log = loss_log.LossLog(nothing_is_kept, Heard().publish, now_ms=Clock())
    log.append(JOB, JOB, points([1.0] * 90))
    log.append(JOB, JOB, points([1.0] * 20, first=90))
    assert log.condition == ("20 steps of training curves could not be kept since the start.",)


def test_what_waits_when_it_stops_is_kept(place: Place, database: Database) -> None:
    with logging(lambda: place) as (log, _):
        for step in range(3_000):
            log.append(JOB, JOB, points([1.0], first=step))
    assert ask(database, "SELECT count FROM loss_series") == [(3_000,)]


def test_a_removed_file_is_begun_anew_and_steps_go_on(place: Place, database: Database) -> None:
    with logging(lambda: place) as (log, heard):
        log.append(JOB, JOB, points([1.0]))
        heard.wait_for("loss.appended")
        database.path.unlink()
        log.append(JOB, JOB, points([2.0], first=1))
        heard.wait_for("loss.appended", 2)
        wait_until(lambda: database.path.exists() and ask(database, "SELECT count(*) FROM loss_steps") == [(1,)], "it")
    assert isinstance(place.recorder, Recorder)


def test_averages_that_rewritten_steps_left_behind_catch_up_when_it_is_quiet(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loss_keeping, "BEHIND_S", 0.0)
    with logging(lambda: place) as (log, heard):
        log.append(JOB, JOB, points([1.0] * 30_000))
        wait_until(lambda: sum(body["count"] for body in heard.of("loss.appended")) == 30_000, "all steps")
        log.append(JOB, JOB, points([2.0], first=10))
        wait_until(lambda: heard.of("loss.appended")[-1]["rewritten"], "the rewritten step")
        wait_until(lambda: ask(place.database, "SELECT smooth_from FROM loss_series") == [(30_000,)], "the averages")
        wait_until(lambda: not log.behind, "nothing to do")


def test_a_curve_with_many_spikes_is_one_line_of_activity_and_all_of_them_on_the_curve(place: Place) -> None:
    losses = [20.0 if step % 40 == 39 and step > 60 else 1.0 + 0.01 * (step % 7) for step in range(400)]
    with logging(lambda: place) as (log, heard):
        log.append(JOB, JOB, points(losses), name="donut")
        heard.wait_for("alarm.cleared", 8)
    assert len(heard.of("alarm.raised")) == 9
    assert [line["entry"]["event"] for line in heard.of("activity.added")] == ["alarm.raised"]
    assert ask(place.database, "SELECT count(*) FROM loss_alarms") == [(9,)]


def test_a_jump_to_another_level_is_called_that_when_it_clears(place: Place) -> None:
    losses = [(20.0 if step < 20 else 1.0 if step < 120 else 7.0) + 0.01 * (step % 7) for step in range(220)]
    with logging(lambda: place) as (log, heard):
        log.append(JOB, JOB, points(losses), name="donut")
        cleared = heard.wait_for("alarm.cleared")["alarm"]
        lines = [heard.wait_for("activity.added", count)["entry"] for count in (1, 2)]
        wait_until(lambda: ask(place.database, "SELECT sentence FROM loss_alarms") == [(cleared["sentence"],)], "it")
    (raised,) = heard.of("alarm.raised")
    assert raised["alarm"]["sentence"].startswith("The loss jumped to 7.01 at step 120")
    assert cleared["sentence"].startswith("The loss went to another level at step 120: from about 1.03 to about 7.0")
    assert (cleared["id"], cleared["kind"]) == (raised["alarm"]["id"], "spike")
    assert cleared["numbers"]["became"] == "level"
    assert [line["event"] for line in lines] == ["alarm.raised", "alarm.cleared"]
    assert lines[1]["text"] == f"donut: {cleared['sentence']}"


def test_in_memory_the_curves_not_heard_of_for_longest_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss_memory, "MOST_STEPS", 1_000)
    memory, clock = loss_memory.LossMemory(), Clock()
    with logging(lambda: memory, clock) as (log, heard):
        for number, name in enumerate(("s:a", "s:b", "s:c")):
            clock.at_ms += 1_000
            log.append(name, name, points([1.0] * 400))
            wait_until(lambda number=number: len(heard.of("loss.appended")) == number + 1, "its steps")
        reader = LossReader(lambda: memory)
        found = [
            [
                one["facts"]["count"]
                for one in reader.series(name, [], from_step=None, to_step=None, points=10, smoothing=0.9)["series"]
            ]
            for name in ("s:a", "s:b", "s:c")
        ]
    assert found == [[], [400], [400]]
