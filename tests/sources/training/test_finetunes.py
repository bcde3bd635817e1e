"""Fine-tunes of a simulated BobSpark, from the first step that is seen to the end."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from typing import Any

import pytest

from llm_service.clients.errors import BadAnswer, ClientError
from llm_service.core.times import iso_seconds
from llm_service.core.training.reports import LossStep, Report
from llm_service.simulators.bobspark import Bobspark
from llm_service.sources.training.finetune_ends import MOST_LOOKS
from tests.kit.raw_server import Exchange, RawServer
from tests.kit.simulator import ask, submit
from tests.kit.training_rig import Rig
from tests.kit.waiting import wait_until

MakeRig = Callable[..., Rig]
MakeBobspark = Callable[..., Bobspark]


def begin(bobspark: Bobspark, **sim: Any) -> str:
    body = {"epochs": 3, "batch_size": 4, "lr": 0.0002, "sim": {"steps": 90, "steps_per_s": 10, **sim}}
    return str(ask(bobspark.url + "/api/finetune/start", "POST", body)["job_id"])


def ended(one: Rig, job_id: str) -> dict[str, Any]:
    return one.ask_until(  # type: ignore[no-any-return]
        lambda: one.job(job_id) if one.parts.board.keys_of(job_id) and one.job(job_id)["finished_at"] else None,
        "the end of the fine-tune",
    )


def test_every_step_of_the_log_is_a_point_and_the_card_ends_as_the_ledger_says(
    rig: MakeRig, bobspark: Bobspark
) -> None:
    one = rig(bobspark.url)
    job_id = begin(bobspark)
    card = ended(one, job_id)
    losses = {step: round(loss, 4) for step, loss in bobspark.ledger()["jobs"][job_id]["losses"]}
    assert one.losses.series[f"box:{job_id}"] == losses
    assert (card["status"], card["progress"], card["step"], card["steps"]) == ("completed", 100.0, 90, 90)
    assert (card["first_loss"], card["loss"], card["best_loss"]) == (losses[1], losses[90], min(losses.values()))
    assert (card["epochs"], card["config"]["batch_size"], card["learning_rate"] is not None) == (3.0, 4, True)
    wait_until(lambda: one.losses.over == [f"box:{job_id}"], "the loss log is told of the end")


def test_a_job_is_told_to_begin_to_move_and_to_end_once_each(rig: MakeRig, bobspark: Bobspark) -> None:
    one = rig(bobspark.url)
    job_id = begin(bobspark)
    one.ask_until(lambda: one.rows().get(f"box:{job_id}", {}).get("step"), "the first step")
    ended(one, job_id)
    wait_until(lambda: one.told("job.finished"), "the end is told")
    one.ask()
    (started,), (finished,) = one.told("job.started"), one.told("job.finished")
    assert (started["was"], started["job"]["status"]) == (None, "running")
    assert (finished["was"], finished["job"]["status"], finished["job"]["progress"]) == ("running", "completed", 100.0)
    changed = {name for body in one.told("job.advanced") for job in body["jobs"] for name in job}
    assert {"key", "step", "loss", "progress"} <= changed
    assert not {"id", "source", "kind"} & changed
    first, second = one.lines()
    assert "is running" in first
    assert "completed: loss 0." in second
    assert one.rows()[f"box:{job_id}"]["rating"] in ("Excellent", "Great", "Good", "Needs more data")


def test_a_loss_that_is_not_finite_is_a_point_and_no_figure(rig: MakeRig, bobspark: Bobspark) -> None:
    one = rig(bobspark.url)
    job_id = begin(bobspark, curve="nan", steps=200, steps_per_s=40)
    ended(one, job_id)
    series = one.losses.series[f"box:{job_id}"]
    assert any(not math.isfinite(loss) for loss in series.values())
    assert all(math.isfinite(one.job(job_id)[name] or 0) for name in ("first_loss", "best_loss", "loss"))  # type: ignore[literal-required]


def test_steps_that_outran_the_tail_are_fetched_with_a_longer_one(rig: MakeRig, make_bobspark: MakeBobspark) -> None:
    bobspark = make_bobspark(speed=100)
    one = rig(bobspark.url)
    job_id = begin(bobspark, steps=3000, steps_per_s=60)
    one.ask_until(lambda: one.rows().get(f"box:{job_id}", {}).get("step"), "the first step")
    wait_until(lambda: bobspark.ledger()["jobs"][job_id]["step"] > 1200, "it has gone far")
    ended(one, job_id)
    assert sorted(one.losses.series[f"box:{job_id}"]) == list(range(1, 3001))


def test_a_second_fine_tune_in_the_same_container_gets_none_of_the_firsts_steps(
    rig: MakeRig, bobspark: Bobspark
) -> None:
    one = rig(bobspark.url)
    first = begin(bobspark)
    ended(one, first)
    second = begin(bobspark, steps=40)
    ended(one, second)
    assert sorted(one.losses.series[f"box:{second}"]) == list(range(1, 41))
    assert one.job(second)["steps"] == 40


def test_a_fine_tune_joins_its_process_and_a_run_is_a_process_only_while_it_runs(
    rig: MakeRig, bobspark: Bobspark
) -> None:
    one = rig(bobspark.url)
    job_id = begin(bobspark, steps=5000, steps_per_s=5)
    run_id = submit(bobspark, sim={"iterations": 3, "updates": 60, "rate": 5})
    one.ask("jobs")
    card = one.job(job_id)
    assert (card["node"], card["config"]["process"], card["actions"]) == (
        "spark",
        f"PID-{bobspark.ledger()['jobs'][job_id]['pid']}",
        ["cancel"],
    )
    (process,) = one.desk.listing(None, "datagen", None, "", 10)["jobs"]
    assert process["node"] is not None
    wait_until(lambda: len(one.rows()) == 2, "both are listed")
    ask(f"{bobspark.url}/api/runs/{run_id}", "DELETE")
    one.ask_until(lambda: list(one.rows()) == [f"box:{job_id}"], "the process has left the list", names=["jobs"])
    assert one.told("job.finished") == []
    assert one.desk.listing(None, "datagen", None, "", 10)["jobs"] == []


def test_a_failed_fine_tune_says_why(rig: MakeRig, bobspark: Bobspark) -> None:
    one = rig(bobspark.url)
    job_id = begin(bobspark, steps=5000, steps_per_s=5)
    one.ask()
    wait_until(lambda: one.lines(), "its beginning is told")
    bobspark.finetunes.fail(bobspark.finetunes.all[job_id], "CUDA out of memory")
    card = ended(one, job_id)
    assert (card["status"], card["error"], card["rating"]) == ("failed", "CUDA out of memory", None)
    wait_until(lambda: len(one.lines()) == 2, "the end is told")
    assert one.lines()[-1].endswith("failed: CUDA out of memory.")


def test_a_fine_tune_that_the_server_forgets_is_vanished_after_the_second_list(
    rig: MakeRig, bobspark: Bobspark
) -> None:
    one = rig(bobspark.url)
    job_id = begin(bobspark, steps=5000, steps_per_s=5)
    one.ask()
    wait_until(lambda: one.told("job.started"), "its beginning is told: an end that was never begun is no news")
    with bobspark.finetunes.lock:
        bobspark.finetunes.all.clear()
    one.ask("fine-tunes")
    assert one.job(job_id)["status"] == "running"
    one.ask("fine-tunes")
    assert one.job(job_id)["status"] == "vanished"
    wait_until(lambda: any("no longer known" in line for line in one.lines()), "the feed says so")


def test_a_log_that_outlives_its_job_does_not_keep_it_running(rig: MakeRig, bobspark: Bobspark) -> None:
    one = rig(bobspark.url)
    job_id = begin(bobspark, steps=5000, steps_per_s=5)
    one.ask_until(lambda: one.job(job_id)["step"], "a step from the log")
    board = one.parts.board
    assert board.missing("box", "finetune", []) == []
    stays = Report("finetune", job_id, losses={"": [LossStep(6000, 0.5)]}, log_lines=("step 6000/9000 loss=0.5",))
    board.hear("box", [stays])
    assert board.missing("box", "finetune", []) == [], "a step that is new is a sign of life"
    board.hear("box", [stays])
    assert [card["id"] for card in board.missing("box", "finetune", [])] == [job_id]


@pytest.mark.parametrize("fault", ["aliases", "bare-lists"])
def test_the_same_is_read_under_every_other_name(rig: MakeRig, make_bobspark: MakeBobspark, fault: str) -> None:
    bobspark = make_bobspark(faults=[fault])
    one = rig(bobspark.url)
    job_id = begin(bobspark)
    card = ended(one, job_id)
    assert (card["status"], card["step"], card["base_model"]) == ("completed", 90, "donut-irs990")


def test_one_dead_endpoint_leaves_the_others(rig: MakeRig, make_bobspark: MakeBobspark) -> None:
    bobspark = make_bobspark(faults=["http-500:/api/jobs"])
    one = rig(bobspark.url)
    job_id = begin(bobspark, steps=5000, steps_per_s=20)
    with pytest.raises(ClientError):
        one.ask("jobs")
    one.ask("fine-tunes")
    one.ask_until(lambda: one.job(job_id)["step"], "a step from the log", names=["fine-tune log"])


def test_a_web_page_instead_of_a_list_changes_nothing(rig: MakeRig, bobspark: Bobspark) -> None:
    one = rig(bobspark.url)
    job_id = begin(bobspark, steps=5000, steps_per_s=5)
    one.ask()
    bobspark.set_faults("html")
    for _ in range(3):
        with pytest.raises(BadAnswer):
            one.ask("fine-tunes")
    assert one.job(job_id)["status"] == "running"


def test_without_a_fine_tune_the_log_is_not_asked_for(rig: MakeRig, bobspark: Bobspark) -> None:
    one = rig(bobspark.url)
    assert one.questions["fine-tune log"].every_s() is None
    assert (one.questions["fine-tunes"].every_s(), one.questions["jobs"].every_s()) == (8.0, 8.0)
    begin(bobspark)
    one.ask("fine-tunes")
    assert one.questions["fine-tune log"].every_s() == 5.0


def test_a_log_that_goes_on_from_one_fine_tune_to_the_next_is_told_apart(
    rig: MakeRig, raw: Callable[..., RawServer]
) -> None:
    listed = [{"id": "ft_1", "status": "running"}]
    lines = [f"PROGRESS [epoch 1/1  step {step}/3  loss=0.5]" for step in (1, 2, 3)]

    def answer(exchange: Exchange) -> None:
        if exchange.path.startswith("/api/finetune"):
            exchange.answer(json.dumps(listed))
        elif "/logs" in exchange.path:
            exchange.answer(json.dumps({"logs": "\n".join(lines)}))
        else:
            exchange.answer("[]")

    one = rig(raw(answer).url)
    one.ask()
    listed[0]["status"] = "completed"
    listed.append({"id": "ft_2", "status": "running"})
    one.ask()
    assert (one.job("ft_1")["step"], one.job("ft_2")["step"]) == (3, None)
    lines += ["PROGRESS [epoch 1/1  step 1/9  loss=0.9]", "PROGRESS [epoch 1/1  step 2/9  loss=0.8]"]
    one.ask()
    assert one.losses.series == {"box:ft_1": {1: 0.5, 2: 0.5, 3: 0.5}, "box:ft_2": {1: 0.9, 2: 0.8}}


def test_when_all_steps_are_done_the_list_is_asked_at_once(rig: MakeRig, bobspark: Bobspark) -> None:
    one = rig(bobspark.url)
    job_id = begin(bobspark)
    one.ask("fine-tunes")
    assert one.asked_soon == []
    wait_until(lambda: bobspark.ledger()["jobs"][job_id]["step"] == 90, "the last step")
    one.ask("fine-tune log")
    assert one.asked_soon == ["fine-tunes"]


def test_a_job_that_ended_before_its_log_was_ever_read_has_its_whole_curve(
    rig: MakeRig, make_bobspark: MakeBobspark
) -> None:
    bobspark = make_bobspark(speed=20)
    one = rig(bobspark.url)
    one.ask()
    job_id = begin(bobspark, steps=90, steps_per_s=10)
    wait_until(lambda: bobspark.ledger()["jobs"][job_id]["status"] == "completed", "its end")
    one.ask("fine-tunes")
    losses = {step: round(loss, 4) for step, loss in bobspark.ledger()["jobs"][job_id]["losses"]}
    assert one.losses.series[f"box:{job_id}"] == losses
    card = one.job(job_id)
    assert (card["status"], card["step"], card["loss"]) == ("completed", 90, losses[90])
    assert card["rating"] is not None


def test_jobs_one_right_after_the_other_never_get_each_others_steps(rig: MakeRig, make_bobspark: MakeBobspark) -> None:
    bobspark = make_bobspark(speed=40)
    one = rig(bobspark.url)
    made = []
    for steps in (60, 90, 30):
        made.append(begin(bobspark, steps=steps, steps_per_s=10))
        one.ask_until(lambda: one.job(made[-1])["step"], "the first step", names=["fine-tunes", "fine-tune log"])
        wait_until(lambda: bobspark.ledger()["jobs"][made[-1]]["status"] == "completed", "its end")
        if steps == 60:
            # The next one runs before anybody looks again.
            made.append(begin(bobspark, steps=500, steps_per_s=10))
            wait_until(lambda: bobspark.ledger()["jobs"][made[-1]]["step"] > 3, "its first steps")
            one.ask("fine-tune log")
            bobspark.finetunes.cancel(bobspark.finetunes.all[made[-1]])
    ledger = bobspark.ledger()["jobs"]
    one.ask("fine-tunes")
    for job_id in made:
        whole = {step: round(loss, 4) for step, loss in ledger[job_id]["losses"]}
        assert one.losses.series.get(f"box:{job_id}", {}).items() <= whole.items(), job_id


def test_a_log_that_cannot_be_read_at_the_end_is_asked_for_again_a_few_times(
    rig: MakeRig, make_bobspark: MakeBobspark
) -> None:
    bobspark = make_bobspark(speed=20, faults=["http-500:/api/containers/*"])
    one = rig(bobspark.url)
    one.ask("fine-tunes")
    job_id = begin(bobspark)
    wait_until(lambda: bobspark.ledger()["jobs"][job_id]["status"] == "completed", "its end")
    one.ask("fine-tunes")
    assert (one.job(job_id)["status"], one.losses.series) == ("completed", {})
    bobspark.set_faults()
    one.ask("fine-tunes")
    assert len(one.losses.series[f"box:{job_id}"]) == 90


def test_where_no_log_tells_the_final_loss_the_servers_report_does(rig: MakeRig, raw: Callable[..., RawServer]) -> None:
    now = iso_seconds(time.time())
    listed = [{"id": "ft_1", "status": "completed", "started_at": now, "finished_at": now}]

    def answer(exchange: Exchange) -> None:
        if exchange.path.startswith("/api/finetune"):
            exchange.answer(json.dumps(listed))
        elif "finetune-history" in exchange.path:
            exchange.answer(json.dumps([{"finetune_id": "ft_1", "final_loss": 0.25, "status": "completed"}]))
        else:
            exchange.answer("[]")

    server = raw(answer)
    one = rig(server.url)
    for _ in range(3):
        one.ask("fine-tunes")
    assert (one.job("ft_1")["loss"], one.job("ft_1")["rating"], one.losses.series) == (0.25, "Excellent", {})
    assert sum("history" in seen.path for seen in server.seen) == 1, "what has ended is looked at once"


def test_of_five_thousand_that_have_ended_the_newest_are_looked_at_and_once(
    rig: MakeRig, raw: Callable[..., RawServer]
) -> None:
    now = time.time()
    times = [(iso_seconds(now - 70 * n - 60), iso_seconds(now - 70 * n)) for n in range(1, 5001)]
    listed = [
        {"id": f"ft_{n}", "status": "completed", "started_at": began, "finished_at": ended}
        for n, (began, ended) in enumerate(times, 1)
    ]
    body = json.dumps(listed)

    def answer(exchange: Exchange) -> None:
        exchange.answer(body if exchange.path.startswith("/api/finetune") else "[]")

    server = raw(answer)
    one = rig(server.url)
    for _ in range(3):
        one.ask("fine-tunes")
    asked = [seen.path for seen in server.seen]
    assert sum("logs" in path for path in asked) <= MOST_LOOKS
    assert sum("history" in path for path in asked) == 1
    assert one.job("ft_1")["status"] == "completed"


def test_a_fine_tune_that_is_cancelled_from_here_keeps_its_last_steps(rig: MakeRig, bobspark: Bobspark) -> None:
    one = rig(bobspark.url)
    job_id = begin(bobspark, steps=5000, steps_per_s=20)
    one.ask_until(lambda: one.job(job_id)["config"].get("process"), "its process", names=["fine-tunes", "jobs"])
    one.desk.cancel(job_id)
    wait_until(lambda: bobspark.ledger()["jobs"][job_id]["status"] == "cancelled", "its end")
    made = bobspark.ledger()["jobs"][job_id]["losses"]
    one.ask("fine-tunes")
    assert len(one.losses.series.get(f"box:{job_id}", {})) == len(made)


def test_a_log_that_is_silent_at_the_end_holds_the_list_up_once_not_once_for_each_job(
    rig: MakeRig, raw: Callable[..., RawServer]
) -> None:
    now = time.time()
    times = [(iso_seconds(now - 90 * n - 60), iso_seconds(now - 90 * n)) for n in range(1, 4)]
    listed = [
        {"id": f"ft_{n}", "status": "completed", "started_at": began, "finished_at": ended}
        for n, (began, ended) in enumerate(times, 1)
    ]
    containers = [{"id": f"box-{row['id']}", "name": f"box-{row['id']}"} for row in listed]

    def answer(exchange: Exchange) -> None:
        if "/logs" in exchange.path:
            exchange.reset()
        else:
            exchange.answer(json.dumps(containers if "containers" in exchange.path else listed))

    server = raw(answer)
    one = rig(server.url)
    for _ in range(5):
        one.ask("fine-tunes")
    names = {seen.path for seen in server.seen if "/logs" in seen.path}
    assert names == {"/api/containers/box-ft_1/logs?tail=200"}, "the newest is tried, the others wait for it"
