"""The simulated skill-training API against PROTOCOLS part 2, its flaws first."""

from __future__ import annotations

import json
import re
import urllib.error
from collections.abc import Callable

import pytest

from llm_service.simulators.skill_training import SkillTraining
from tests.kit.simulator import ask
from tests.kit.waiting import wait_until
from tests.simulators.test_faithfulness import MAYBE_NUMBER, MAYBE_TEXT, NUMBER, TEXT, WHOLE, misfit

Make = Callable[..., SkillTraining]
CONFIG = {"epochs": WHOLE, "learning_rate": float, "lora_r": WHOLE}
STATUS = {
    "job_id": TEXT,
    "skill_id": TEXT,
    "skill_name": TEXT,
    "status": TEXT,
    "progress": NUMBER,
    "current_step": WHOLE,
    "total_steps": WHOLE,
    "current_epoch": float,
    "total_epochs": WHOLE,
    "current_loss": MAYBE_NUMBER,
    "starting_loss": MAYBE_NUMBER,
    "loss_improvement_percent": MAYBE_NUMBER,
    "loss_history": [{"step": WHOLE, "loss": float}],
    "eta_seconds": WHOLE,
    "elapsed_seconds": WHOLE,
    "examples_processed": WHOLE,
    "total_examples": WHOLE,
    "current_example_preview": {"input": TEXT, "output": TEXT},
    "gpu_metrics": {"name": TEXT, "memory_used_gb": float, "memory_total_gb": float, "utilization_percent": WHOLE},
    "started_at": TEXT,
    "completed_at": MAYBE_TEXT,
    "modal_call_id": TEXT,
    "error": MAYBE_TEXT,
    "config": CONFIG,
}


def begin(skills: SkillTraining, skill: str = "electrician", **body: object) -> dict:
    return ask(f"{skills.url}/api/train-skill/{skill}", "POST", body)


def test_a_start_answers_as_documented(make_skills: Make) -> None:
    started = begin(make_skills(), epochs=10)
    info = {"skill_name": TEXT, "training_examples": WHOLE, "estimated_steps": WHOLE, "epochs": WHOLE, "config": CONFIG}
    shape = {"job_id": TEXT, "modal_call_id": TEXT, "message": TEXT, "status_url": TEXT, "training_info": info}
    assert misfit(shape, started) == []
    assert re.fullmatch(r"electrician_\d{8}_\d{6}", started["job_id"])
    assert started["training_info"]["estimated_steps"] == 51 * 10 // 8


def test_the_status_sits_at_95_until_the_legacy_endpoint_is_asked(make_skills: Make) -> None:
    skills = make_skills(speed=100)
    begin(skills, sim={"steps": 40, "steps_per_s": 10})
    where = skills.url + "/api/training/status/electrician"
    wait_until(lambda: skills.ledger()["jobs"] and ask(where)["current_step"] == 40, "the last step")
    wait_until(lambda: next(iter(skills.ledger()["jobs"].values()))["modal"] == "completed", "the remote end")
    seen = ask(where)
    assert (seen["status"], seen["progress"], seen["completed_at"]) == ("running", 95, None)
    legacy = ask(skills.url + "/api/training-job/electrician")
    assert (legacy["status"], legacy["result"]["success"]) == ("completed", True)
    seen = ask(where)
    assert (seen["status"], seen["progress"]) == ("completed", 100)
    assert seen["gpu_metrics"] == {
        "name": "NVIDIA A10G",
        "memory_used_gb": 18.2,
        "memory_total_gb": 22.0,
        "utilization_percent": 0,
    }
    assert ask(skills.url + "/api/training/adapters/electrician")["adapters"][0]["skill_id"] == "electrician"


def test_the_history_has_the_last_twenty_steps_and_no_more(make_skills: Make) -> None:
    skills = make_skills(speed=100)
    begin(skills, sim={"steps": 60, "steps_per_s": 10})
    where = skills.url + "/api/training/status/electrician"
    seen = wait_until(lambda: (told := ask(where))["current_step"] > 30 and told, "thirty steps")
    assert misfit(STATUS, seen) == []
    assert [point["step"] for point in seen["loss_history"]] == list(
        range(seen["current_step"] - 19, seen["current_step"] + 1)
    )


def test_a_running_skill_refuses_a_second_start_until_it_is_stale(make_skills: Make) -> None:
    skills = make_skills(speed=0.1)
    first = begin(skills)["job_id"]
    with pytest.raises(urllib.error.HTTPError) as caught:
        begin(skills)
    told = json.load(caught.value)
    assert caught.value.code == 409
    assert (
        misfit({"error": TEXT, "status": TEXT, "job_id": TEXT, "started_at": TEXT, "elapsed_seconds": WHOLE}, told)
        == []
    )
    assert (told["success"], told["job_id"]) == (False, first)
    ask(skills.url + "/_sim/backdate", "POST", {"skill_id": "electrician", "seconds": 1_801})
    assert begin(skills)["success"] is True


def test_an_unknown_skill_is_refused_with_200(make_skills: Make) -> None:
    assert begin(make_skills(), "nobody") == {"success": False, "error": "Skill not found: nobody"}


def test_an_idle_skill_says_so(make_skills: Make) -> None:
    assert ask(make_skills().url + "/api/training/status/electrician") == {
        "skill_id": "electrician",
        "status": "idle",
        "message": "No active training job",
    }


def test_a_failed_training_is_told_by_the_legacy_endpoint(make_skills: Make) -> None:
    skills = make_skills(speed=100)
    begin(skills, sim={"steps": 40, "steps_per_s": 10, "fails_at": 10})
    wait_until(lambda: next(iter(skills.ledger()["jobs"].values()))["modal"] == "failed", "the failure")
    assert ask(skills.url + "/api/training-job/electrician")["status"] == "failed"
    seen = ask(skills.url + "/api/training/status/electrician")
    assert (seen["status"], seen["progress"], seen["error"]) == ("failed", 0, "Modal: container ran out of memory")


def test_adapters_of_earlier_trainings_are_listed(make_skills: Make) -> None:
    shape = {
        "id": TEXT,
        "skill_id": TEXT,
        "skill_name": TEXT,
        "final_loss": float,
        "training_examples": WHOLE,
        "epochs": WHOLE,
        "lora_r": WHOLE,
        "base_model": TEXT,
        "adapter_path": TEXT,
        "created_at": TEXT,
        "training_time_seconds": float,
        "status": TEXT,
    }
    told = ask(make_skills(past=True).url + "/api/training/adapters")
    assert misfit({"adapters": [shape], "success": bool}, told) == []
    assert [row["final_loss"] for row in told["adapters"]] == [0.201, 0.292, 0.204, 0.423]
