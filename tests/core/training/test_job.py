"""One job as a fold: news, staleness, progress, pace, ratings, loss points."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from llm_service.core.times import iso_seconds
from llm_service.core.training.job import STALE_MS, UNDER_WAY_MS, Job
from llm_service.core.training.pipelines import new_iteration
from llm_service.core.training.rating import rating_of
from llm_service.core.training.reports import LossStep, Report
from llm_service.core.training.shapes import JobCard

T0 = 1_770_000_000_000
MINUTE = 60_000


def job(kind: Any = "finetune") -> Job:
    return Job("s:j", "s", kind, "j", T0)


def report(*losses: LossStep, kind: Any = "finetune", **told: Any) -> Report:
    return Report(kind, "j", told, {"": list(losses)} if losses else {})


@pytest.mark.parametrize(
    ("loss", "rating"),
    [
        (0.0, "Excellent"),
        (0.2999, "Excellent"),
        (0.3, "Great"),
        (0.4999, "Great"),
        (0.5, "Good"),
        (0.9999, "Good"),
        (1.0, "Needs more data"),
        (math.nan, "Needs more data"),
        (None, None),
    ],
)
def test_a_loss_is_rated_by_the_bounds_of_the_skill_trainer(loss: float | None, rating: str | None) -> None:
    assert rating_of(loss) == rating


def test_only_a_completed_job_is_rated() -> None:
    one = job()
    one.hear(report(status="running", loss=0.2), T0)
    assert one.card["rating"] is None
    one.hear(report(status="completed"), T0 + 1000)
    assert one.card["rating"] == "Excellent"


def test_progress_comes_from_steps_and_is_a_hundred_only_at_the_end() -> None:
    one = job()
    one.hear(report(status="running", step=30, steps=120, progress=99), T0)
    assert one.card["progress"] == 25.0
    one.hear(report(status="running", step=120), T0 + 1000)
    assert one.card["progress"] == 99.0
    one.hear(report(status="completed"), T0 + 2000)
    assert one.card["progress"] == 100.0


def test_a_failed_job_keeps_the_progress_it_had() -> None:
    one = job()
    one.hear(report(status="running", step=30, steps=120), T0)
    one.hear(report(status="failed", progress=0, error="out of memory"), T0 + 1000)
    assert (one.card["progress"], one.card["error"], one.card["eta_s"]) == (25.0, "out of memory", None)


def test_the_time_left_comes_from_the_steps_that_were_seen() -> None:
    one = job()
    for second in range(11):
        one.hear(report(status="running", step=second * 4, steps=400, eta_s=9999), T0 + second * 1000)
    assert one.card["steps_per_s"] == 4.0
    assert one.card["eta_s"] == 90.0


def test_before_two_looks_the_servers_own_word_counts_and_then_the_share_done() -> None:
    one = job()
    one.hear(report(status="running", step=4, steps=400, eta_s=263), T0)
    assert one.card["eta_s"] == 263
    other = job()
    other.hear(report(status="running", progress=25.0, elapsed_s=100.0), T0)
    assert other.card["eta_s"] == 300.0


def test_what_nobody_told_is_none_and_never_nought() -> None:
    one = job()
    one.hear(report(status="running"), T0)
    card = one.card
    for name in ("step", "steps", "progress", "loss", "eta_s", "elapsed_s", "steps_per_s", "rating", "gpu"):
        assert card[name] is None, name  # type: ignore[literal-required]


def test_a_running_job_without_news_for_half_an_hour_is_stale_and_in_nobodys_way() -> None:
    one = job()
    one.hear(report(status="running", step=5), T0)
    for minute in range(1, 30):
        one.hear(report(status="running", step=5), T0 + minute * MINUTE)
        one.look(T0 + minute * MINUTE)
    assert (one.card["status"], one.blocks(T0 + 29 * MINUTE)) == ("running", True)
    one.look(T0 + STALE_MS)
    assert (one.card["status"], one.blocks(T0 + STALE_MS)) == ("stale", False)
    one.hear(report(status="running", step=5), T0 + STALE_MS + 1)
    assert one.card["status"] == "stale"
    one.hear(report(status="running", step=6), T0 + STALE_MS + 2)
    assert one.card["status"] == "running"


def test_a_job_that_never_told_a_figure_is_alive_while_it_is_listed() -> None:
    one = job()
    for minute in range(0, 200, 10):
        one.hear(report(status="running"), T0 + minute * MINUTE)
        one.look(T0 + minute * MINUTE)
    assert one.card["status"] == "running"
    one.look(T0 + 190 * MINUTE + STALE_MS)
    assert one.card["status"] == "stale"


def test_a_longer_log_is_news() -> None:
    one = job()
    one.hear(Report("finetune", "j", {"status": "running", "step": 1}, log_lines=("a",)), T0)
    one.hear(Report("finetune", "j", {"status": "running", "step": 1}, log_lines=("a", "b")), T0 + 20 * MINUTE)
    one.look(T0 + 40 * MINUTE)
    assert (one.card["status"], one.card["log"]) == ("running", ["a", "b"])


def test_the_log_keeps_its_fifty_newest_lines() -> None:
    one = job()
    one.hear(Report("finetune", "j", {}, log_lines=tuple(f"line {n}" for n in range(80))), T0)
    assert (len(one.card["log"]), one.card["log"][-1]) == (50, "line 79")


def test_a_point_goes_out_once_and_again_when_its_loss_changed() -> None:
    one = job()
    first = one.hear(report(LossStep(1, 3.0), LossStep(2, 2.0)), T0)
    assert [point.step for point in first[""]] == [1, 2]
    assert one.hear(report(LossStep(1, 3.0), LossStep(2, 2.0)), T0 + 1000) == {}
    again = one.hear(report(LossStep(2, 2.5), LossStep(3, math.nan)), T0 + 2000)
    assert [(point.step, point.at_ms) for point in again[""]] == [(2, T0 + 1000), (3, T0 + 2000)]
    assert one.hear(report(LossStep(3, math.nan)), T0 + 3000) == {}


def test_points_found_in_one_look_are_spread_since_the_look_before() -> None:
    one = job()
    one.hear(report(status="running"), T0)
    points = one.hear(report(*(LossStep(n, 1.0) for n in range(1, 6))), T0 + 5000)[""]
    assert [point.at_ms - T0 for point in points] == [1000, 2000, 3000, 4000, 5000]


def test_a_list_between_two_looks_at_the_steps_does_not_push_them_together() -> None:
    one = job()
    one.hear(report(LossStep(1, 2.0), status="running", step=1), T0)
    one.hear(report(status="running"), T0 + 4000)
    points = one.hear(report(*(LossStep(n, 1.0) for n in range(2, 7)), step=6), T0 + 5000)[""]
    assert [point.at_ms - T0 for point in points] == [1000, 2000, 3000, 4000, 5000]
    one.hear(Report("finetune", "j", {}, {"": [LossStep(6, 1.0)]}, log_lines=("step 6",)), T0 + 60_000)
    points = one.hear(report(LossStep(7, 1.0), LossStep(8, 1.0), step=8), T0 + 64_000)[""]
    assert [point.at_ms - T0 for point in points] == [62_000, 64_000], "a look that finds nothing new is a look"


def test_the_first_steps_that_are_found_are_spread_since_the_job_began() -> None:
    one = job()
    one.hear(report(status="running", started_at=iso_seconds((T0 - 100_000) / 1000), step=9), T0)
    points = one.hear(report(*(LossStep(n, 1.0) for n in (8, 9, 10)), step=10), T0)[""]
    assert [point.at_ms - T0 for point in points] == [-20_000, -10_000, 0], "a cut log's earlier steps have their share"
    points = one.hear(report(*(LossStep(n, 1.0) for n in (11, 12)), step=12), T0 + 2000)[""]
    assert [point.at_ms - T0 for point in points] == [1000, 2000]


def test_a_log_and_a_history_of_one_moment_are_one_look() -> None:
    one = job()
    told = {"status": "running", "started_at": iso_seconds((T0 - 60_000) / 1000)}
    one.hear(Report("skill", "j", told, {"": [LossStep(6, 1.0)]}, log_lines=("the end of a log",)), T0)
    points = one.hear(report(*(LossStep(n, 1.0) for n in range(1, 7))), T0)[""]
    assert [point.at_ms - T0 for point in points] == [-50_000, -40_000, -30_000, -20_000, -10_000]


def test_a_log_that_is_written_by_the_page_is_spread_as_far_back_as_its_steps_usually_take() -> None:
    one = job()
    for page in range(3):
        for look in range(1, 11):
            last = 10 * (page + (look == 10))
            steps = [LossStep(n, 1.0 + n) for n in range(1, last + 1)]
            told = {"step": last} if last else {}
            heard = Report("finetune", "j", told, {"": steps} if steps else {}, log_lines=("log",))
            found = one.hear(heard, T0 + 1000 * (10 * page + look))
    assert [point.at_ms - T0 for point in found[""]] == [1000 * n for n in range(21, 31)]
    late = [LossStep(31, 1.0), LossStep(32, 1.0)]
    found = one.hear(report(*late, step=32), T0 + 600_000)
    assert [point.at_ms - T0 for point in found[""]] == [315_000, 600_000], "no look between, so nobody knows"


def test_a_server_whose_clock_is_behind_ends_no_job_before_its_last_steps() -> None:
    one = job()
    one.hear(report(LossStep(1, 1.0), status="running"), T0)
    told = {"status": "completed", "finished_at": iso_seconds((T0 - 3_600_000) / 1000)}
    (point,) = one.hear(report(LossStep(2, 1.0), **told), T0 + 5_000)[""]
    assert point.at_ms == T0


def test_the_steps_of_a_job_that_is_first_heard_of_at_its_end_lie_between_its_beginning_and_its_end() -> None:
    one = job()
    told = {"started_at": iso_seconds((T0 - 60_000) / 1000), "finished_at": iso_seconds((T0 - 40_000) / 1000)}
    points = one.hear(report(*(LossStep(n, 1.0) for n in (1, 2)), status="completed", **told), T0)[""]
    assert [point.at_ms - T0 for point in points] == [-50_000, -40_000]


def test_first_and_best_loss_leave_out_what_is_not_finite() -> None:
    one = job()
    one.hear(report(LossStep(1, math.nan), LossStep(2, 2.0), LossStep(3, 0.5), LossStep(4, math.inf)), T0)
    assert (one.card["first_loss"], one.card["best_loss"], one.card["loss"]) == (2.0, 0.5, None)
    one.hear(report(LossStep(5, 0.9)), T0 + 1)
    assert (one.card["first_loss"], one.card["best_loss"], one.card["loss"]) == (2.0, 0.5, 0.9)


def test_an_answer_that_was_on_its_way_does_not_undo_an_end() -> None:
    one = job()
    one.hear(report(status="running", step=1), T0)
    one.hear(report(status="completed"), T0 + 1000)
    one.hear(report(status="running", step=1), T0 + 2000)
    assert one.card["status"] == "completed"
    one.hear(report(status="running", step=1), T0 + 1000 + UNDER_WAY_MS)
    assert (one.card["status"], one.card["finished_at"]) == ("running", None)


def test_a_job_that_its_server_lost_is_vanished_unless_all_was_done() -> None:
    one, done = job(), job("datagen")
    one.hear(report(status="running", progress=95.0), T0)
    done.hear(report(status="running", progress=100.0, kind="datagen"), T0)
    one.vanished(T0 + 1)
    done.vanished(T0 + 1)
    assert (one.card["status"], done.card["status"]) == ("vanished", "completed")
    one.hear(report(status="running", progress=95.0), T0 + 2)
    assert one.card["status"] == "running"


def test_each_iteration_of_a_pipeline_is_a_series_of_its_own() -> None:
    one = job("pipeline")
    for iteration in (1, 2):
        steps = {f"iter-{iteration}": [LossStep(1, 1.0 / iteration)]}
        one.hear(Report("pipeline", "j", {"status": "running"}, steps), T0 + iteration)
    assert one.card["series"] == ["s:j/iter-1", "s:j/iter-2"]
    assert one.card["pipeline"] is not None
    assert [entry["series"] for entry in one.card["pipeline"]["iterations"]] == ["s:j/iter-1", "s:j/iter-2"]
    assert one.card["loss"] == 0.5


def test_what_can_be_asked_follows_kind_and_state() -> None:
    tune, pipeline, process, skill = job(), job("pipeline"), job("datagen"), job("skill")
    for one in (tune, pipeline, process, skill):
        one.hear(Report(one.card["kind"], "j", {"status": "running"}), T0)
    assert [one.card["actions"] for one in (tune, pipeline, process, skill)] == [
        [],
        ["cancel", "advance"],
        ["cancel"],
        [],
    ]
    tune.hear(report(config={"process": "PID-1"}), T0)
    assert tune.card["actions"] == ["cancel"]
    pipeline.hear(Report("pipeline", "j", {"status": "completed"}), T0)
    assert pipeline.card["actions"] == []


def test_a_job_survives_being_kept() -> None:
    one = job()
    one.hear(report(LossStep(5, 0.5), status="running", step=5, steps=10, elapsed_s=60.0), T0)
    card: JobCard = json.loads(json.dumps(one.shown()))
    again = Job.restored(card, json.loads(json.dumps(one.kept())))
    again.look(T0 + STALE_MS)
    assert (again.card["status"], again.card["best_loss"], again.order_ms) == ("stale", 0.5, one.order_ms)
    again.hear(report(LossStep(6, 0.4), status="running", step=6), T0 + STALE_MS + 1)
    assert (again.card["status"], again.card["best_loss"], again.card["first_loss"]) == ("running", 0.4, 0.5)


def test_elapsed_goes_on_between_two_looks_and_stops_at_the_end() -> None:
    one = job()
    one.hear(report(status="running", elapsed_s=60.0), T0)
    one.look(T0 + 5000)
    assert one.card["elapsed_s"] == 65.0
    one.hear(
        report(status="completed", started_at="2026-02-02T02:40:00Z", finished_at="2026-02-02T02:42:00Z"), T0 + 6000
    )
    one.look(T0 + 100_000)
    assert one.card["elapsed_s"] == 120.0


def test_a_job_that_never_told_a_figure_keeps_others_away_for_half_an_hour_only() -> None:
    one = job()
    one.hear(report(status="running"), T0 + STALE_MS - 1)
    assert one.blocks(T0 + STALE_MS - 1)
    one.hear(report(status="running"), T0 + STALE_MS)
    assert (one.card["status"], one.blocks(T0 + STALE_MS)) == ("running", False)


def test_what_the_steps_tell_is_not_undone_by_what_a_list_tells() -> None:
    one = job()
    one.hear(report(status="running", learning_rate=0.0002, epoch=1.0), T0)
    assert (one.card["learning_rate"], one.card["epoch"]) == (0.0002, 1.0)
    one.hear(report(LossStep(9, 0.5, 0.0001, 2.0), step=9, learning_rate=0.0001, epoch=2.0), T0 + 1)
    one.hear(report(status="running", learning_rate=0.0002, epoch=1.0), T0 + 2)
    assert (one.card["learning_rate"], one.card["epoch"]) == (0.0001, 2.0)


def test_after_a_restart_of_ours_the_steps_made_meanwhile_lie_between_the_two_looks() -> None:
    one = job()
    one.hear(report(*(LossStep(n, 1.0) for n in (1, 2)), status="running", step=2), T0)
    again = Job.restored(json.loads(json.dumps(one.shown())), json.loads(json.dumps(one.kept())))
    points = again.hear(report(*(LossStep(n, 1.0) for n in (1, 2, 3, 4)), step=4), T0 + 10_000)[""]
    assert [(point.step, point.at_ms - T0) for point in points] == [(1, 0), (2, 0), (3, 5000), (4, 10_000)]


def test_another_job_with_the_id_of_one_that_ended_begins_anew_with_a_series_of_its_own() -> None:
    one = job()
    first = {"status": "completed", "started_at": "2026-02-02T02:00:00Z"}
    one.hear(report(LossStep(1, 0.1), **first), T0)
    assert not one.is_another(report(**first))
    second = report(LossStep(1, 3.0), status="running", started_at="2026-02-02T02:40:00Z")
    assert one.is_another(second)
    one.begin_again(T0 + 1000)
    assert list(one.hear(second, T0 + 1000)) == ["run-2"]
    assert (one.card["status"], one.card["best_loss"], one.card["series"]) == ("running", 3.0, ["s:j/run-2"])
    assert Job.restored(one.shown(), one.kept()).again == 1


def test_a_job_that_waited_before_it_began_is_the_same_job() -> None:
    one = job()
    one.hear(report(status="queued", started_at="2026-02-02T02:00:00Z"), T0)
    assert not one.is_another(report(status="running", started_at="2026-02-02T02:40:00Z"))


def test_a_list_without_steps_does_not_make_a_job_seem_to_leap_after_our_restart() -> None:
    one = job()
    one.hear(report(status="running", step=200, steps=2000), T0)
    again = Job.restored(json.loads(json.dumps(one.shown())), json.loads(json.dumps(one.kept())))
    again.hear(report(status="running"), T0 + 20_000)
    again.hear(report(step=700), T0 + 25_000)
    assert again.card["steps_per_s"] is None
    again.hear(report(step=800), T0 + 30_000)
    assert again.card["steps_per_s"] == 20.0


def test_a_cut_in_a_fine_tune_stands_at_its_iteration_until_a_step_is_heard_again() -> None:
    one = job("pipeline")
    one.hear(Report("pipeline", "j", {"status": "running", "pipeline": {"stage": "ANALYZE", "iteration": 1}}), T0)
    one.broke()
    assert one.card["pipeline"] is not None
    assert one.card["pipeline"]["iterations"] == [], "nothing was trained meanwhile"
    training = {"pipeline": {"stage": "FINE-TUNE", "iteration": 1}}
    one.hear(Report("pipeline", "j", training, {"iter-1": [LossStep(1, 2.0)]}), T0)
    assert entry(one) == (2.0, False)
    one.broke()
    listed = {"pipeline": {"iterations": [new_iteration(1)]}}
    one.hear(Report("pipeline", "j", listed, listed=True), T0)
    assert entry(one) == (2.0, True), "a list knows nothing of it"
    one.hear(Report("pipeline", "j", training, {"iter-1": [LossStep(5, 1.5)]}), T0)
    assert entry(one) == (1.5, False)


def test_a_pipeline_that_trained_when_we_ended_is_taken_up_as_cut() -> None:
    one = job("pipeline")
    told = {"status": "running", "pipeline": {"stage": "FINE-TUNE", "iteration": 2}}
    one.hear(Report("pipeline", "j", told, {"iter-2": [LossStep(1, 2.0)]}), T0)
    assert entry(Job.restored(one.shown(), one.kept())) == (2.0, True)


def entry(one: Job) -> tuple[float | None, bool]:
    assert one.card["pipeline"] is not None
    last = one.card["pipeline"]["iterations"][-1]
    return last["loss"], last["cut"]
