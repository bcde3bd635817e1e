"""The skill trainer's three answers."""

from __future__ import annotations

from llm_service.core.training.skills import legacy_answer, listed, status_answer

RUNNING = {
    "job_id": "monday_20241223_021500",
    "skill_id": "monday",
    "skill_name": "Monday.com Expert",
    "status": "running",
    "progress": 47,
    "current_step": 47,
    "total_steps": 150,
    "current_epoch": 3.1,
    "total_epochs": 10,
    "current_loss": 0.1751,
    "starting_loss": 3.38,
    "loss_history": [{"step": 1, "loss": 3.38}, {"step": 10, "loss": 1.44}, {"step": 47, "loss": 0.175}],
    "eta_seconds": 263,
    "elapsed_seconds": 187,
    "examples_processed": 47,
    "total_examples": 126,
    "current_example_preview": {"input": "How?", "output": "So."},
    "gpu_metrics": {"name": "A10G", "memory_used_gb": 18.2, "memory_total_gb": 22.0, "utilization_percent": 94},
    "started_at": "2024-12-23T02:15:00.000Z",
    "completed_at": None,
    "error": None,
    "config": {"epochs": 10, "learning_rate": 0.0002, "lora_r": 16},
}


def test_a_running_status_is_read_whole() -> None:
    answer = status_answer(RUNNING, "monday")
    assert answer.report is not None
    told = answer.report.told
    assert (answer.report.id, told["status"], told["name"]) == (
        "monday_20241223_021500",
        "running",
        "Monday.com Expert",
    )
    assert (told["step"], told["steps"], told["epoch"], told["epochs"]) == (47, 150, 3.1, 10.0)
    assert (told["loss"], told["first_loss"], told["eta_s"], told["elapsed_s"]) == (0.1751, 3.38, 263.0, 187.0)
    assert (told["examples"], told["preview_in"], told["preview_out"]) == (126, "How?", "So.")
    assert told["gpu"]["made_up"] is True
    assert told["config"] == {"epochs": 10, "learning_rate": 0.0002, "lora_r": 16, "skill_id": "monday"}
    assert [step.step for step in answer.report.losses[""]] == [1, 10, 47]


def test_idle_is_no_job_and_an_error_leaves_the_job_as_it_was() -> None:
    assert status_answer({"skill_id": "x", "status": "idle", "message": "No active training job"}, "x").idle
    failed = status_answer({"status": "error", "error": "database is locked"}, "x")
    assert (failed.report, failed.trouble) == (None, "database is locked")
    assert status_answer({"success": False, "error": "no"}, "x").trouble == "no"
    assert status_answer([], "x").trouble


def test_before_the_first_step_progress_and_time_left_are_guesses_and_not_taken() -> None:
    for steps in (0, 150):
        answer = status_answer({**RUNNING, "total_steps": steps, "current_step": 0, "progress": 90}, "monday")
        assert answer.report is not None
        assert not {"progress", "eta_s"} & set(answer.report.told)


def test_the_current_loss_is_a_point_only_where_there_is_no_history() -> None:
    answer = status_answer({**RUNNING, "loss_history": []}, "monday")
    assert answer.report is not None
    assert [(step.step, step.loss) for step in answer.report.losses[""]] == [(47, 0.1751)]


def test_the_older_endpoint_tells_the_end_and_the_log() -> None:
    report = legacy_answer(
        {
            "job_id": "j",
            "skill_id": "x",
            "status": "completed",
            "completed_at": "2024-12-23T02:25:00Z",
            "progress": 100,
            "logs": ["Loaded 51 examples", "Max steps: 63", "63/63 {'loss': 0.42}"],
            "result": {"success": True, "final_loss": 0.423, "training_examples": 51, "training_time_seconds": 306},
        },
        "x",
    )
    assert report is not None
    assert (report.told["status"], report.told["loss"], report.told["elapsed_s"]) == ("completed", 0.423, 306.0)
    assert (report.told["steps"], report.told["examples"], report.log_lines[0]) == (63, 51, "Loaded 51 examples")
    assert [(step.step, step.loss) for step in report.losses[""]] == [(63, 0.42)]


def test_the_list_needs_a_skill_and_a_job() -> None:
    rows = [{"job_id": "a", "skill_id": "s", "status": "running"}, {"job_id": "b"}, {"skill_id": "t"}]
    assert [(row.skill, row.report.id) for row in listed({"jobs": rows})] == [("s", "a")]
    assert [row.skill for row in listed(rows)] == ["s"]
