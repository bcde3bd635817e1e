"""One start, one job: whatever is in the way leads to the job that runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from llm_service.core.training.job import STALE_MS
from llm_service.core.training.refusals import AlreadyRuns, BadStart, HasEnded, NotOffered, ServerRefused, ServerSilent
from llm_service.simulators.bobspark import Bobspark
from llm_service.simulators.skill_training import SkillTraining
from tests.kit.raw_server import Exchange, RawServer
from tests.kit.simulator import ask
from tests.kit.store import Clock
from tests.kit.training_rig import Rig

MakeRig = Callable[..., Rig]
FINETUNE = {"kind": "finetune", "epochs": 3}
SKILL = {"kind": "skill", "skill_id": "electrician"}


def started(simulator: Bobspark | SkillTraining) -> list[str]:
    return sorted(simulator.ledger()["jobs"])


def at_once(one: Rig, body: dict[str, Any], times: int) -> tuple[list[str], list[AlreadyRuns]]:
    """Keys of what was started, and the refusals, of so many starts at the same moment."""
    gate = threading.Barrier(times)
    keys: list[str] = []
    refused: list[AlreadyRuns] = []

    def click() -> None:
        gate.wait(10)
        try:
            keys.append(one.desk.start(body)["key"])
        except AlreadyRuns as error:
            refused.append(error)

    threads = [threading.Thread(target=click) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return keys, refused


def test_a_start_is_a_job_at_once_with_what_it_was_started_with(rig: MakeRig, bobspark: Bobspark) -> None:
    one = rig(bobspark.url)
    card = one.desk.start({**FINETUNE, "lr": 0.001, "base_model": "tiny"})
    assert (card["key"], card["status"], card["base_model"]) == ("box:ft_01", "running", "tiny")
    assert (card["epochs"], card["learning_rate"], card["config"]["batch_size"]) == (3, 0.001, 4)
    assert one.asked_soon == ["fine-tunes", "jobs", "fine-tune log"]


@pytest.mark.parametrize("times", [2, 8])
def test_a_double_click_starts_one(rig: MakeRig, bobspark: Bobspark, times: int) -> None:
    one = rig(bobspark.url)
    keys, refused = at_once(one, FINETUNE, times)
    assert keys == ["box:ft_01"]
    assert {error.job for error in refused} == {"box:ft_01"}
    assert len(refused) == times - 1
    assert started(bobspark) == ["ft_01"]


def test_a_second_start_attaches_to_the_one_that_runs(rig: MakeRig, bobspark: Bobspark) -> None:
    one = rig(bobspark.url)
    key = one.desk.start(FINETUNE)["key"]
    with pytest.raises(AlreadyRuns) as refused:
        one.desk.start(FINETUNE)
    assert refused.value.job == key
    assert started(bobspark) == ["ft_01"]


def test_a_job_that_somebody_else_started_is_found_before_anything_is_sent(rig: MakeRig, bobspark: Bobspark) -> None:
    one = rig(bobspark.url)
    ask(bobspark.url + "/api/finetune/start", "POST", {"epochs": 1})
    with pytest.raises(AlreadyRuns) as refused:
        one.desk.start(FINETUNE)
    assert refused.value.job == "box:ft_01"


def test_a_conflict_leads_to_the_job_it_names(rig: MakeRig, make_bobspark: Callable[..., Bobspark]) -> None:
    bobspark = make_bobspark(faults=["http-500:/api/finetune/"])
    ask_start = {"epochs": 1}
    bobspark.set_faults()
    ask(bobspark.url + "/api/finetune/start", "POST", ask_start)
    one = rig(bobspark.url)
    one.parts.board.hear("box", [])
    one.parts._places["finetune"]["box"] = one.parts._places["finetune"]["box"]._replace(look=lambda: None)
    with pytest.raises(AlreadyRuns) as refused:
        one.desk.start(FINETUNE)
    assert refused.value.job == "box:ft_01"
    assert one.job("ft_01")["status"] == "running"
    assert started(bobspark) == ["ft_01"]


def test_a_server_that_answers_with_the_job_that_runs_is_understood(
    rig: MakeRig, make_bobspark: Callable[..., Bobspark]
) -> None:
    bobspark = make_bobspark(faults=["same-job"])
    clock = Clock()
    one = rig(bobspark.url, now_ms=clock)
    key = one.desk.start(FINETUNE)["key"]
    one.parts._places["finetune"]["box"] = one.parts._places["finetune"]["box"]._replace(look=lambda: None)
    one.parts.board._jobs[key].card["config"]["kind of"] = "other"
    with pytest.raises(AlreadyRuns) as refused:
        one.desk.start(FINETUNE)
    assert refused.value.job == key
    clock.at_ms += STALE_MS
    assert one.desk.start(FINETUNE)["key"] == key, "a stale one is in nobody's way; what the server answers is shown"


def test_a_job_without_news_for_half_an_hour_is_in_nobodys_way(
    rig: MakeRig, make_skills: Callable[..., SkillTraining]
) -> None:
    skills = make_skills(speed=0.01)
    clock = Clock()
    one = rig(skills.url, "skill-training", now_ms=clock)
    first = one.desk.start(SKILL)
    with pytest.raises(AlreadyRuns):
        one.desk.start(SKILL)
    clock.at_ms += STALE_MS
    ask(f"{skills.url}/_sim/backdate", "POST", {"skill_id": "electrician"})
    skills.set_faults("skew:60")
    second = one.desk.start(SKILL)
    assert first["id"] != second["id"]


def test_other_skills_are_not_in_the_way(rig: MakeRig, make_skills: Callable[..., SkillTraining]) -> None:
    one = rig(make_skills().url, "skill-training")
    one.desk.start(SKILL)
    assert one.desk.start({**SKILL, "skill_id": "molasses-master-expert"})["status"] == "running"


def test_the_skill_trainers_own_guard_attaches(rig: MakeRig, make_skills: Callable[..., SkillTraining]) -> None:
    skills = make_skills()
    job_id = ask(f"{skills.url}/api/train-skill/electrician", "POST", {})["job_id"]
    one = rig(skills.url, "skill-training")
    one.parts._places["skill"]["box"] = one.parts._places["skill"]["box"]._replace(look=lambda: None)
    with pytest.raises(AlreadyRuns) as refused:
        one.desk.start(SKILL)
    assert refused.value.job == f"box:{job_id}"
    assert "already in progress" in str(refused.value)


def test_a_refusal_with_status_200_is_a_refusal(rig: MakeRig, make_skills: Callable[..., SkillTraining]) -> None:
    one = rig(make_skills().url, "skill-training")
    with pytest.raises(ServerRefused, match="Skill not found: plumber"):
        one.desk.start({"kind": "skill", "skill_id": "plumber"})
    assert one.parts.board.cards() == []


def test_a_server_without_the_endpoint_is_said_to_be_unable(rig: MakeRig, bobspark: Bobspark) -> None:
    one = rig(bobspark.url)
    bobspark.set_faults("http-404:/api/finetune/start")
    with pytest.raises(ServerRefused, match="box cannot start this: it has no /api/finetune/start"):
        one.desk.start(FINETUNE)


def test_a_conflict_that_names_no_job_leads_to_the_one_that_runs(rig: MakeRig, raw: Callable[..., RawServer]) -> None:
    """Our own knowledge says nothing is in the way: the job is listed with a state that nobody knows."""

    def answer(exchange: Exchange) -> None:
        if exchange.method == "POST":
            exchange.answer('{"detail": "one is running"}', status="409 Conflict")
        else:
            exchange.answer('[{"id": "ft_3", "status": "hibernating"}]')

    with pytest.raises(AlreadyRuns, match="one is running") as refused:
        rig(raw(answer).url).desk.start(FINETUNE)
    assert refused.value.job == "box:ft_3"


def test_a_server_that_does_not_answer_is_said_and_a_later_start_works(rig: MakeRig, bobspark: Bobspark) -> None:
    one = rig(bobspark.url)
    bobspark.set_faults("http-500:/api/finetune/start")
    with pytest.raises(ServerSilent, match="500"):
        one.desk.start(FINETUNE)
    bobspark.set_faults()
    assert one.desk.start(FINETUNE)["status"] == "running"


def test_a_start_whose_answer_is_lost_is_looked_for(rig: MakeRig, raw: Callable[..., RawServer]) -> None:
    listed = "[]"

    def answer(exchange: Exchange) -> None:
        nonlocal listed
        if exchange.method == "POST":
            listed = '[{"id":"ft_9","status":"running"}]'
        else:
            exchange.answer(listed)

    server = raw(answer)
    assert rig(server.url).desk.start(FINETUNE)["key"] == "box:ft_9"
    assert [seen.method for seen in server.seen].count("POST") == 1


def test_a_start_that_may_or_may_not_have_been_done_says_so(rig: MakeRig, raw: Callable[..., RawServer]) -> None:
    def answer(exchange: Exchange) -> None:
        if exchange.method != "POST":
            exchange.answer("[]")

    server = raw(answer)
    with pytest.raises(ServerSilent, match="it may have begun all the same"):
        rig(server.url).desk.start(FINETUNE)
    assert [seen.method for seen in server.seen].count("POST") == 1


def test_what_is_wrong_is_said_and_nothing_is_sent(rig: MakeRig, bobspark: Bobspark) -> None:
    one = rig(bobspark.url)
    for body, field in (
        ({**FINETUNE, "epochs": 0}, "epochs"),
        ({**FINETUNE, "source": "elsewhere"}, "source"),
        (SKILL, "source"),
    ):
        with pytest.raises(BadStart) as refused:
            one.desk.start(body)
        assert list(refused.value.fields) == [field]
    assert started(bobspark) == []


def test_a_pipeline_is_listened_to_from_its_start(rig: MakeRig, make_bobspark: Callable[..., Bobspark]) -> None:
    bobspark = make_bobspark(speed=5)
    one = rig(bobspark.url)
    body = {"kind": "pipeline", "model": "m", "eval_suite": "aws", "target": 0.9}
    card = one.desk.start(body)
    assert (card["status"], card["pipeline"]["target"], card["pipeline"]["suite"]) == ("running", 0.9, "aws")  # type: ignore[index]
    assert one.card.lines[0][0] == "pipeline-box-pl_1"
    with pytest.raises(AlreadyRuns):
        one.desk.start(body)
    assert one.desk.start({**body, "eval_suite": "gcp"})["key"] != card["key"]


def test_a_fine_tune_is_cancelled_by_its_process_and_a_skill_cannot_be(
    rig: MakeRig, bobspark: Bobspark, make_skills: Callable[..., SkillTraining]
) -> None:
    one = rig(bobspark.url)
    one.desk.start(FINETUNE)
    with pytest.raises(NotOffered):
        one.desk.cancel("ft_01")
    one.ask("jobs")
    assert one.desk.cancel("ft_01")["status"] == "cancelled"
    assert bobspark.ledger()["jobs"]["ft_01"]["status"] == "cancelled"
    with pytest.raises(HasEnded):
        one.desk.cancel("ft_01")
    other = rig(make_skills().url, "skill-training")
    key = other.desk.start(SKILL)["key"]
    with pytest.raises(NotOffered, match="cannot be ended"):
        other.desk.cancel(key)
    with pytest.raises(NotOffered, match="only pipelines"):
        other.desk.advance(key, "next")


def test_a_server_that_counts_from_one_again_gets_a_new_job_under_the_old_id(
    rig: MakeRig, make_bobspark: Callable[..., Bobspark]
) -> None:
    bobspark = make_bobspark(speed=100)
    one = rig(bobspark.url)
    one.desk.start({**FINETUNE, "epochs": 1})
    one.ask_until(lambda: one.job("ft_01")["status"] == "completed", "the end")
    with bobspark.finetunes.lock:
        bobspark.finetunes.all.clear()
    card = one.desk.start({**FINETUNE, "epochs": 7})
    assert (card["key"], card["status"], card["step"], card["best_loss"], card["epochs"]) == (
        "box:ft_01",
        "running",
        None,
        None,
        7,
    )
    one.ask_until(lambda: one.job("ft_01")["step"], "a step")
    assert one.job("ft_01")["series"] == ["box:ft_01/run-2"]
