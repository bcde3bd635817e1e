"""Lists of live and kept jobs as one, bare ids, equal ids of two kinds, adapters, strange servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from llm_service.core.named import SeveralKeys
from llm_service.core.query import BadQuery
from llm_service.core.training.finetunes import finetune_reports
from llm_service.core.training.refusals import NoSuchJob
from llm_service.core.training.reports import Kind, Report
from llm_service.simulators.bobspark import Bobspark
from llm_service.telemetry.job_store import JobStore
from tests.kit.simulator import ask
from tests.kit.store import NOON_MS, Clock, open_database, recording
from tests.kit.training_rig import Rig
from tests.kit.waiting import wait_until

MakeRig = Callable[..., Rig]
DAY_MS = 86_400_000


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[JobStore, Clock, Any]]:
    """A real store, its clock and its recorder."""
    clock = Clock()
    database = open_database(tmp_path, clock)
    with recording(database, clock) as recorder:
        yield JobStore(database, recorder, clock), clock, recorder


def report(job_id: str, kind: Kind = "finetune", **told: Any) -> Report:
    return Report(kind, job_id, {"status": "running", **told})


def test_live_and_kept_jobs_are_one_list_and_leave_the_topic_after_a_day(
    rig: MakeRig, bobspark: Bobspark, kept: tuple[JobStore, Clock, Any]
) -> None:
    store, clock, recorder = kept
    one = rig(bobspark.url, store=store, now_ms=clock)
    for n in range(5):
        clock.at_ms = NOON_MS + n * 1000
        one.parts.board.hear("box", [report(f"ft_{n}", status="completed" if n < 3 else "running")])
    wait_until(lambda: len(one.rows()) == 5, "all are listed")
    clock.at_ms += DAY_MS
    one.parts.board.look_again("box:ft_4")
    wait_until(lambda: sorted(one.rows()) == ["box:ft_3", "box:ft_4"], "those that ended have left")
    assert {key for body in one.told("job.advanced") for key in body.get("gone", [])} == {
        f"box:ft_{n}" for n in range(3)
    }
    one.stop()
    recorder.write(lambda _: None)
    other = rig(bobspark.url, store=store, now_ms=clock)
    wait_until(lambda: len(other.rows()) == 2, "those that run are listed again")
    other.parts.board.hear("box", [report("ft_9")])
    pages, before = [], ""
    while True:
        page = other.desk.listing(None, None, None, before, 2)
        pages.append([card["id"] for card in page["jobs"]])
        if page["next"] is None:
            break
        before = page["next"]
    assert pages == [["ft_9", "ft_4"], ["ft_3", "ft_2"], ["ft_1", "ft_0"]]
    assert [card["id"] for card in other.desk.listing("box", "finetune", "completed", "", 9)["jobs"]] == [
        "ft_2",
        "ft_1",
        "ft_0",
    ]
    assert other.desk.job("ft_1")["status"] == "completed"
    with pytest.raises(BadQuery):
        other.desk.listing(None, None, None, "cake", 2)


def test_a_job_that_runs_over_our_restart_goes_on_and_its_end_is_told(
    rig: MakeRig, bobspark: Bobspark, kept: tuple[JobStore, Clock, Any]
) -> None:
    store, clock, recorder = kept
    one = rig(bobspark.url, store=store, now_ms=clock)
    one.parts.board.hear("box", [report("ft_1", step=5, steps=10)])
    wait_until(lambda: one.rows(), "it is listed")
    one.stop()
    recorder.write(lambda _: None)
    other = rig(bobspark.url, store=store, now_ms=clock)
    clock.at_ms += 60_000
    other.parts.board.hear("box", [report("ft_1", status="completed")])
    (told,) = wait_until(lambda: other.told("job.finished"), "the end is told")
    assert (told["was"], told["job"]["steps"]) == ("running", 10)
    assert other.told("job.started") == []
    wait_until(lambda: len(other.lines()) == 1, "its line")


def test_equal_ids_of_two_kinds_have_two_keys(rig: MakeRig, bobspark: Bobspark) -> None:
    one = rig(bobspark.url)
    keys = one.parts.board.hear("box", [report("1"), report("1", "pipeline")])
    assert keys == ["box:1", "box:pipeline.1"]
    assert one.parts.board.hear("box", [report("1", "pipeline"), report("1")]) == keys[::-1]
    with pytest.raises(SeveralKeys) as refused:
        one.desk.job("1")
    assert refused.value.keys == keys
    with pytest.raises(NoSuchJob):
        one.desk.job("2")


def test_an_alarm_is_on_the_card_when_it_stands(rig: MakeRig, bobspark: Bobspark) -> None:
    one = rig(bobspark.url)
    one.parts.board.hear("box", [report("ft_1")])
    wait_until(lambda: one.rows(), "it is listed")
    alarm: Any = {"id": "a", "kind": "nan", "job": "box:ft_1"}
    one.losses.alarms["box:ft_1"] = [alarm]
    one.parts.board.look_again("box:ft_1")
    wait_until(lambda: one.rows()["box:ft_1"]["alarms"] == [alarm], "the alarm is on the card")
    assert one.job("ft_1")["alarms"] == [alarm]


def test_reports_of_fine_tunes_and_jobs_that_completed_here_are_adapters_each_once(
    rig: MakeRig, make_bobspark: Callable[..., Bobspark]
) -> None:
    bobspark = make_bobspark(speed=100)
    one = rig(bobspark.url)
    body = {"epochs": 1, "base_model": "tiny", "sim": {"steps": 20}}
    job_id = ask(bobspark.url + "/api/finetune/start", "POST", body)["job_id"]
    one.ask_until(lambda: one.parts.board.cards() and one.job(job_id)["status"] == "completed", "the end")
    (adapter,) = one.desk.adapters()["adapters"]
    assert (adapter["key"], adapter["job"], adapter["base_model"]) == (f"box:{job_id}", f"box:{job_id}", "tiny")
    bobspark.set_faults("http-404:/api/reports/finetune-history")
    (adapter,) = one.desk.adapters()["adapters"]
    assert (adapter["job"], adapter["final_loss"]) == (f"box:{job_id}", one.job(job_id)["loss"])
    bobspark.set_faults("http-500:/api/reports/finetune-history")
    found = one.desk.adapters()
    assert [trouble["source"] for trouble in found["troubles"]] == ["box"]
    assert len(found["adapters"]) == 1


def test_adapters_of_a_server_that_is_away_are_those_it_told_before(
    rig: MakeRig, make_skills: Callable[..., Any], kept: tuple[JobStore, Clock, Any]
) -> None:
    store, clock, recorder = kept
    skills = make_skills(past=True)
    one = rig(skills.url, "skill-training", store=store, now_ms=clock)
    assert len(one.desk.adapters()["adapters"]) == 4
    recorder.write(lambda _: None)
    skills.stop()
    found = one.desk.adapters()
    assert len(found["adapters"]) == 4
    assert [trouble["source"] for trouble in found["troubles"]] == ["box"]


def test_hostile_and_very_large_answers_are_bounded_and_shown_as_they_are(rig: MakeRig, bobspark: Bobspark) -> None:
    one = rig(bobspark.url)
    evil = "<script>alert(1)</script>"
    rows = [{"id": f"ft_{n}", "status": "completed", "base_model": evil, "note": "x" * 100_000} for n in range(6000)]
    reports = finetune_reports(rows)
    one.parts.board.hear("box", reports)
    card = one.desk.listing(None, None, None, "", 1)["jobs"][0]
    assert card["base_model"] == evil
    assert len(card["config"]["note"]) == 300
    assert len(one.parts.board.cards()) == 2000
    one.parts.board.hear("box", [report("ft_new")])
    assert one.job("ft_new")["status"] == "running", "what runs always finds room"
    wait_until(lambda: "box:ft_new" in one.rows(), "all are told")
    told = len(one.announced)
    one.parts.board.hear("box", reports)
    assert one.parts.board.take_changes(whoever_runs=False) == [], "what was told before is no news"
    assert len(one.announced) == told


def test_a_job_that_falls_silent_is_told_to_be_stale_and_to_live_again(rig: MakeRig, bobspark: Bobspark) -> None:
    clock = Clock()
    one = rig(bobspark.url, now_ms=clock)
    one.parts.board.hear("box", [report("ft_1", step=5)])
    wait_until(lambda: one.rows(), "it is listed")
    clock.at_ms += 30 * 60_000
    one.parts.board.look_again("box:ft_1")
    wait_until(lambda: one.rows()["box:ft_1"]["status"] == "stale", "it is stale")
    one.parts.board.hear("box", [report("ft_1", step=6)])
    wait_until(lambda: one.rows()["box:ft_1"]["status"] == "running", "it lives")
    assert len(one.lines()) == 1
