"""What a start takes: every bound, every other name, and what the server is sent."""

from __future__ import annotations

from typing import Any

import pytest

from llm_service.core.training.refusals import BadStart
from llm_service.core.training.starts import read_start


def test_a_fine_tune_has_defaults_and_sends_both_names_of_the_rate() -> None:
    start = read_start({"kind": "finetune"})
    assert (start.path, start.target) == ("/api/finetune/start", "finetune")
    assert start.body == {"epochs": 3, "batch_size": 4, "learning_rate": 0.0002, "lr": 0.0002}


def test_a_fine_tune_takes_the_fuller_body() -> None:
    body = {"base_model": "m", "dataset_path": "/d", "rank": 8, "output_dir": "/o", "epochs": 2, "lr": 1e-5}
    start = read_start({"kind": "finetune", "source": "box", **body})
    assert (start.source, start.base_model) == ("box", "m")
    assert start.body == {**body, "batch_size": 4, "learning_rate": 1e-5}


def test_a_skill_is_started_under_its_id() -> None:
    start = read_start({"kind": "skill", "skill_id": "electrician", "epochs": 20})
    assert (start.path, start.target) == ("/api/train-skill/electrician", "electrician")
    assert start.body == {"epochs": 20, "learning_rate": 0.0002, "lora_r": 16}


def test_a_pipeline_of_version_one_sends_a_rate_to_a_hundred() -> None:
    start = read_start({"kind": "pipeline", "model_name": "m", "eval_suite": "aws", "target_pass_rate": 90})
    assert start.body == {
        "model_name": "m",
        "model_backend": "ollama",
        "eval_suite": "aws",
        "target_pass_rate": 90.0,
        "max_iterations": 5,
        "auto_advance": True,
    }
    assert (start.target, start.config["target"], start.config["version"]) == ("m · aws", 0.9, 1)


def test_a_pipeline_of_version_two_sends_a_score_to_one() -> None:
    sent = {
        "model": "m",
        "eval_suite": "aws",
        "target": 0.9,
        "lora_rank": 8,
        "datagen_config": {"synthesizer_enabled": True},
    }
    start = read_start({"kind": "pipeline", **sent})
    assert start.body["target_score"] == 0.9
    assert (start.body["model_id"], start.body["lora_rank"], start.body["datagen_count"]) == ("m", 8, 100)
    assert start.body["datagen_config"] == {"synthesizer_enabled": True}
    assert "target_pass_rate" not in start.body


def test_the_version_may_be_said() -> None:
    assert "model_id" in read_start({"kind": "pipeline", "version": 2, "model": "m", "eval_suite": "a"}).body
    assert (
        "model_name"
        in read_start({"kind": "pipeline", "version": 1, "model": "m", "eval_suite": "a", "epochs": 1}).body
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "kind"),
        ({"kind": "cake"}, "kind"),
        ({"kind": "finetune", "source": 7}, "source"),
        ({"kind": "finetune", "epochs": 0}, "epochs"),
        ({"kind": "finetune", "epochs": True}, "epochs"),
        ({"kind": "finetune", "epochs": 2.5}, "epochs"),
        ({"kind": "finetune", "epochs": "3"}, "epochs"),
        ({"kind": "finetune", "learning_rate": 0}, "learning_rate"),
        ({"kind": "finetune", "lr": 1.5}, "learning_rate"),
        ({"kind": "finetune", "lr": float("nan")}, "learning_rate"),
        ({"kind": "finetune", "batch_size": 5000}, "batch_size"),
        ({"kind": "finetune", "base_model": "a\nb"}, "base_model"),
        ({"kind": "finetune", "dataset_path": " "}, "dataset_path"),
        ({"kind": "finetune", "surprise": 1}, "surprise"),
        ({"kind": "skill"}, "skill_id"),
        ({"kind": "skill", "skill_id": "../x"}, "skill_id"),
        ({"kind": "skill", "skill_id": ".."}, "skill_id"),
        ({"kind": "skill", "skill_id": "s", "lora_r": 0}, "lora_r"),
        ({"kind": "pipeline", "eval_suite": "a"}, "model"),
        ({"kind": "pipeline", "model": "m"}, "eval_suite"),
        ({"kind": "pipeline", "model": "m", "eval_suite": "a", "target": 85}, "target"),
        ({"kind": "pipeline", "model": "m", "eval_suite": "a", "target_score": 85}, "target_score"),
        ({"kind": "pipeline", "model": "m", "eval_suite": "a", "target_pass_rate": 101}, "target_pass_rate"),
        ({"kind": "pipeline", "model": "m", "eval_suite": "a", "auto_advance": "yes"}, "auto_advance"),
        ({"kind": "pipeline", "model": "m", "eval_suite": "a", "version": 3}, "version"),
        ({"kind": "pipeline", "model": "m", "eval_suite": "a", "datagen_config": []}, "datagen_config"),
        ({"kind": "pipeline", "model": "m", "eval_suite": "a", "datagen_config": {"x": [1]}}, "datagen_config"),
    ],
)
def test_what_cannot_be_used_is_named(body: dict[str, Any], field: str) -> None:
    with pytest.raises(BadStart) as refused:
        read_start(body)
    assert list(refused.value.fields) == [field]


def test_all_wrong_fields_are_told_at_once() -> None:
    with pytest.raises(BadStart) as refused:
        read_start({"kind": "finetune", "epochs": 0, "batch_size": -1, "surprise": 1})
    assert set(refused.value.fields) == {"epochs", "batch_size", "surprise"}
