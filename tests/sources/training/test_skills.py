"""Skill training: its end is noticed, its history kept, its faults told and not repeated."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from llm_service.clients.errors import ClientError
from llm_service.simulators.skill_training import SkillTraining
from tests.kit.simulator import ask
from tests.kit.training_rig import Rig
from tests.kit.waiting import wait_until

MakeRig = Callable[..., Rig]
MakeSkills = Callable[..., SkillTraining]


def begin(skills: SkillTraining, skill: str = "electrician", **body: object) -> str:
    return str(ask(f"{skills.url}/api/train-skill/{skill}", "POST", body)["job_id"])


def test_the_end_is_noticed_and_every_step_kept(rig: MakeRig, make_skills: MakeSkills) -> None:
    skills = make_skills(speed=20)
    one = rig(skills.url, "skill-training")
    job_id = begin(skills)
    one.ask()
    assert one.questions["skill trainings"].every_s() == 3.0
    card = one.ask_until(lambda: one.job(job_id) if one.job(job_id)["status"] == "completed" else None, "the end")
    ledger = skills.ledger()["jobs"][job_id]
    losses = {step: round(loss, 4) for step, loss in ledger["losses"]}
    kept = one.losses.series[f"box:{job_id}"]
    assert len(kept) > 20, "more than the server itself remembers"
    assert set(kept) <= set(losses)
    assert all(abs(loss - losses[step]) <= 0.0001 for step, loss in kept.items())
    assert (card["progress"], card["config"]["skill_id"], card["name"]) == (100.0, "electrician", "Electrician")
    assert card["rating"] is not None
    assert one.questions["skill trainings"].every_s() == 15.0


def test_a_running_skill_tells_what_the_server_tells_and_that_its_gpu_is_made_up(
    rig: MakeRig, make_skills: MakeSkills
) -> None:
    skills = make_skills(speed=2)
    one = rig(skills.url, "skill-training")
    job_id = begin(skills)
    card = one.ask_until(lambda: one.job(job_id) if one.job(job_id)["step"] else None, "the first step")
    assert (card["kind"], card["status"], card["epochs"]) == ("skill", "running", 10.0)
    assert card["gpu"]["made_up"] is True
    assert 0 < card["progress"] < 100
    assert card["eta_s"] is not None
    assert card["log"]


def test_a_skill_that_is_trained_again_ends_the_job_before(rig: MakeRig, make_skills: MakeSkills) -> None:
    skills = make_skills(speed=1)
    one = rig(skills.url, "skill-training")
    first = begin(skills)
    one.ask()
    ask(f"{skills.url}/_sim/backdate", "POST", {"skill_id": "electrician"})
    skills.set_faults("skew:60")  # a job's id holds the second of its start
    second = begin(skills)
    one.ask()
    assert first != second
    assert (one.job(first)["status"], one.job(second)["status"]) == ("vanished", "running")


def test_a_job_that_ended_before_we_came_is_read_once_and_not_announced(rig: MakeRig, make_skills: MakeSkills) -> None:
    skills = make_skills(speed=200)
    job_id = begin(skills)
    wait_until(lambda: skills.ledger()["jobs"][job_id]["modal"] != "running", "the end")
    ask(f"{skills.url}/api/training-job/electrician")
    one = rig(skills.url, "skill-training")
    one.ask()
    assert one.job(job_id)["status"] == "completed"
    assert one.job(job_id)["loss"] is not None
    wait_until(lambda: one.rows(), "it is listed")
    assert (one.told("job.started"), one.told("job.finished"), one.lines()) == ([], [], [])


def test_a_trainer_without_any_job_is_quiet(rig: MakeRig, make_skills: MakeSkills) -> None:
    one = rig(make_skills().url, "skill-training")
    one.ask()
    assert one.parts.board.cards() == []


@pytest.mark.parametrize("past", [True, False])
def test_adapters_are_told_with_their_rating(rig: MakeRig, make_skills: MakeSkills, past: bool) -> None:
    one = rig(make_skills(past=past).url, "skill-training")
    found = one.desk.adapters()
    assert found["troubles"] == []
    assert len(found["adapters"]) == (4 if past else 0)
    ratings = {adapter["name"]: adapter["rating"] for adapter in found["adapters"]}
    assert not past or ratings["Electrician"] == "Great"


def test_a_skill_whose_status_fails_stops_no_other_and_its_job_stays_as_it_was(
    rig: MakeRig, make_skills: MakeSkills
) -> None:
    skills = make_skills(speed=1)
    one = rig(skills.url, "skill-training")
    first, second = begin(skills), begin(skills, "molasses-master-expert")
    one.ask()
    skills.set_faults("http-500:/api/training/status/electrician")
    with pytest.raises(ClientError):
        one.ask()
    assert one.job(first)["status"] == "running"
    before = one.job(second)["step"] or 0
    wait_until(lambda: skills.ledger()["jobs"][second]["losses"][-1:] and True, "a step")
    wait_until(lambda: fails_and_reads(one, second, before), "the other goes on")


def fails_and_reads(one: Rig, job_id: str, before: int) -> bool:
    with pytest.raises(ClientError):
        one.ask()
    return (one.job(job_id)["step"] or 0) > before
