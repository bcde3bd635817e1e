"""Pipelines of a simulated BobSpark: list and live events together."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from llm_service.simulators.bobspark import Bobspark
from tests.kit.raw_server import Exchange, RawServer
from tests.kit.simulator import ask
from tests.kit.training_rig import Rig
from tests.kit.waiting import wait_until

MakeRig = Callable[..., Rig]
MakeBobspark = Callable[..., Bobspark]
FIRST = {
    "model_name": "m",
    "model_backend": "ollama",
    "eval_suite": "aws",
    "target_pass_rate": 99,
    "max_iterations": 2,
    "auto_advance": True,
}
SECOND = {"model_id": "m", "backend": "ollama", "eval_suite": "aws", "target_score": 0.99, "max_iterations": 2}


def begin(bobspark: Bobspark, body: dict[str, Any]) -> str:
    return str(ask(bobspark.url + "/api/pipeline/start", "POST", body)["pipeline_id"])


def watch_to_the_end(one: Rig, bobspark: Bobspark, pipeline_id: str) -> Any:
    one.ask("pipelines")
    return wait_until(
        lambda: one.job(pipeline_id) if one.job(pipeline_id)["status"] != "running" else None,
        "the stream tells the end",
        30.0,
    )


def steps_of(one: Rig, pipeline_id: str) -> list[tuple[str, int]]:
    series = dict(one.losses.series)
    return [(key, step) for key in series if key.startswith(f"box:{pipeline_id}/") for step in list(series[key])]


@pytest.mark.parametrize("dialect", ["a", "b"])
@pytest.mark.parametrize("body", [FIRST, SECOND], ids=["version-1", "version-2"])
def test_each_iteration_is_a_series_and_the_end_is_told_by_the_stream(
    rig: MakeRig, make_bobspark: MakeBobspark, dialect: str, body: dict[str, Any]
) -> None:
    bobspark = make_bobspark(dialect=dialect, speed=40)
    one = rig(bobspark.url)
    pipeline_id = begin(bobspark, body)
    card = watch_to_the_end(one, bobspark, pipeline_id)
    ledger = bobspark.ledger()["jobs"][pipeline_id]
    assert (card["status"], card["pipeline"]["outcome"]) == ("completed", "max_iterations_reached")
    assert card["series"] == [f"box:{pipeline_id}/iter-1", f"box:{pipeline_id}/iter-2"]
    for number, points in ledger["losses"].items():
        assert one.losses.series[f"box:{pipeline_id}/iter-{number}"] == dict(points)
    assert card["pipeline"]["score"] == ledger["score"]
    one.ask("pipelines")
    pipeline = one.job(pipeline_id)["pipeline"]
    assert pipeline is not None
    assert (pipeline["target"], pipeline["max_iterations"], pipeline["suite"]) == (0.99, 2, "aws")
    assert all(0 < entry["after_pass_rate"] <= 1 for entry in pipeline["iterations"] if entry["after_pass_rate"])
    assert all(entry["advice"] for entry in pipeline["iterations"])


def test_all_six_stages_are_told_while_it_runs(rig: MakeRig, make_bobspark: MakeBobspark) -> None:
    bobspark = make_bobspark(speed=20)
    one = rig(bobspark.url)
    pipeline_id = begin(bobspark, FIRST)
    watch_to_the_end(one, bobspark, pipeline_id)
    wait_until(lambda: len(one.lines()) == 2, "the end is told")
    bodies = [job for body in one.told("job.advanced") for job in body["jobs"]]
    stages = {job["pipeline"]["stage"] for job in bodies if job.get("pipeline")}
    assert {"EVALUATE", "ANALYZE", "GENERATE", "FINE-TUNE", "DEPLOY", "RE-EVAL"} <= stages
    assert "max iterations reached" in one.lines()[-1]


def test_a_stream_that_is_cut_is_opened_again_and_the_end_is_not_missed(
    rig: MakeRig, make_bobspark: MakeBobspark
) -> None:
    bobspark = make_bobspark(speed=10)
    one = rig(bobspark.url)
    pipeline_id = begin(bobspark, {**FIRST, "max_iterations": 1})
    one.ask("pipelines")
    wait_until(lambda: one.job(pipeline_id)["series"], "the first loss")
    bobspark.pipelines.cut()
    wait_until(lambda: one.job(pipeline_id)["status"] == "completed", "the end")
    assert ("pipeline-box-pl_1", "stopped") in wait_until(
        lambda: one.card.lines if one.card.lines[-1][1] == "stopped" else None, "the stream has stopped"
    )


def test_a_server_that_lists_nothing_for_a_moment_loses_no_pipeline_and_no_stream(
    rig: MakeRig, make_bobspark: MakeBobspark
) -> None:
    bobspark = make_bobspark(speed=10)
    one = rig(bobspark.url)
    made = [begin(bobspark, {**FIRST, "max_iterations": 50}) for _ in range(3)]
    one.ask("pipelines")
    wait_until(lambda: all(one.job(each)["series"] for each in made), "the first loss of each")
    with bobspark.pipelines.lock:
        bobspark.pipelines.cut()
        hidden = dict(bobspark.pipelines.all)
        bobspark.pipelines.all.clear()
    tries = [(f"pipeline-box-{each}", "backing-off") for each in made]
    wait_until(lambda: all(one.card.lines.count(each) >= 2 for each in tries), "each has looked and found no stream")
    assert {one.job(each)["status"] for each in made} == {"running"}
    for _ in range(2):
        one.ask("pipelines")
    assert {one.job(each)["status"] for each in made} == {"vanished"}
    with bobspark.pipelines.lock:
        bobspark.pipelines.all.update(hidden)
    for each in made:
        known = len(steps_of(one, each))
        one.ask_until(lambda each=each, known=known: len(steps_of(one, each)) > known, "it is heard again", 30.0)
        assert one.job(each)["status"] == "running"


def test_a_pipeline_that_ended_before_we_came_is_not_listened_to(rig: MakeRig, make_bobspark: MakeBobspark) -> None:
    bobspark = make_bobspark(speed=200)
    pipeline_id = begin(bobspark, {**FIRST, "max_iterations": 1})
    wait_until(lambda: bobspark.ledger()["jobs"][pipeline_id]["status"] != "running", "the end")
    one = rig(bobspark.url)
    one.ask("pipelines")
    assert (one.job(pipeline_id)["status"], one.card.lines) == ("completed", [])
    wait_until(lambda: one.rows(), "it is listed")
    assert (one.told("job.started"), one.told("job.finished"), one.lines()) == ([], [], [])


def test_one_that_waits_goes_on_when_it_is_told_to_and_ends_when_it_is_cancelled(
    rig: MakeRig, make_bobspark: MakeBobspark
) -> None:
    bobspark = make_bobspark(speed=40)
    one = rig(bobspark.url)
    pipeline_id = begin(bobspark, {**FIRST, "auto_advance": False})
    one.ask("pipelines")
    wait_until(lambda: bobspark.pipelines.all[pipeline_id].waits, "it waits")
    one.desk.advance(pipeline_id, "analyze")
    wait_until(lambda: one.job(pipeline_id)["pipeline"]["stage"] == "ANALYZE", "it goes on", 20.0)  # type: ignore[index]
    card = one.desk.cancel(f"box:{pipeline_id}")
    assert (card["status"], bobspark.pipelines.all[pipeline_id].status) == ("cancelled", "cancelled")
    assert one.asked_soon == ["pipelines", "pipelines"]


def test_a_stream_that_closed_because_the_pipeline_ended_is_not_opened_again(
    rig: MakeRig, raw: Callable[..., RawServer]
) -> None:
    status = "running"

    def answer(exchange: Exchange) -> None:
        nonlocal status
        if exchange.path.endswith("/events"):
            status = "failed"
            exchange.stream('data: {"type": "stage_update", "stage": "EVALUATE"}\n\n')
        else:
            exchange.answer(json.dumps({"pipelines": [{"id": "p", "status": status}]}))

    server = raw(answer)
    one = rig(server.url)
    one.ask("pipelines")
    wait_until(lambda: one.card.lines and one.card.lines[-1] == ("pipeline-box-p", "stopped"), "it is given up")
    assert one.job("p")["status"] == "failed"
    assert [seen.path for seen in server.seen].count("/api/pipeline/p/events") == 1


def test_an_iteration_that_nobody_heard_has_the_loss_that_the_servers_report_keeps(
    rig: MakeRig, make_bobspark: MakeBobspark
) -> None:
    bobspark = make_bobspark(speed=200)
    pipeline_id = begin(bobspark, FIRST)
    wait_until(lambda: bobspark.ledger()["jobs"][pipeline_id]["status"] != "running", "the end", 20.0)
    one = rig(bobspark.url)
    one.ask("pipelines")
    pipeline = one.job(pipeline_id)["pipeline"]
    assert pipeline is not None
    finals = [line[-1][1] for line in bobspark.ledger()["jobs"][pipeline_id]["losses"].values()]
    assert [(entry["loss"], entry["series"]) for entry in pipeline["iterations"]] == [(loss, None) for loss in finals]
    assert one.losses.series == {}, "a loss without a step is no point"


def test_a_fine_tune_whose_stream_broke_and_was_never_heard_again_says_so(
    rig: MakeRig, raw: Callable[..., RawServer]
) -> None:
    stages = ["fine_tuning", "re_evaluating"]
    connections = 0

    def answer(exchange: Exchange) -> None:
        nonlocal connections
        if exchange.path.endswith("/events"):
            connections += 1
            training = [
                f'event: training_update\ndata: {{"iteration": 1, "stage": "FINE-TUNE", "step": {n}, "loss": 0.5}}\n\n'
                for n in (1, 2, 3)
            ]
            last = ['event: stage_update\ndata: {"iteration": 1, "stage": "RE-EVAL"}\n\n']
            exchange.stream(*(training if connections == 1 else last))
        elif "finetune-history" in exchange.path:
            exchange.answer('[{"finetune_id": "ft-9", "final_loss": 0.125, "status": "completed"}]')
        else:
            row = {"pipeline_id": "p", "status": "running", "current_step": stages[min(1, connections)]}
            exchange.answer(json.dumps([{**row, "current_iteration": 1, "iterations": [{"finetune_job_id": "ft-9"}]}]))

    one = rig(raw(answer).url)
    one.ask("pipelines")

    def entry() -> Any:
        pipeline = one.job("p")["pipeline"]
        assert pipeline is not None
        return pipeline["iterations"][0]

    wait_until(lambda: entry()["loss"] == 0.125, "the report is asked", 20.0)
    assert (entry()["cut"], entry()["series"]) == (True, "box:p/iter-1")
    assert one.losses.series == {"box:p/iter-1": {1: 0.5, 2: 0.5, 3: 0.5}}


def test_broken_and_unknown_events_are_counted_and_cost_nothing_else(
    rig: MakeRig, raw: Callable[..., RawServer]
) -> None:
    def answer(exchange: Exchange) -> None:
        if exchange.path.endswith("/events"):
            exchange.stream(
                "event: stage_update\ndata: {oops\n\n",
                'event: hiccup\ndata: {"stage": "DEPLOY"}\n\n',
                'event: training_update\ndata: {"iter": 1, "step": 1, "loss": "NaN"}\n\n',
                'event: pipeline_end\ndata: {"status": "target_reached"}\n\n',
            )
        else:
            exchange.answer('[{"id": "p", "status": "running"}]')

    one = rig(raw(answer).url)
    one.ask("pipelines")
    wait_until(lambda: one.job("p")["status"] == "completed", "the end")
    wait_until(lambda: one.card.counts.get("events") == 4, "all are counted")
    assert (one.card.counts["broken"], one.card.counts["unknown"]) == (1, 1)
    assert list(one.losses.series["box:p/iter-1"]) == [1]
