"""Every JSON of PROTOCOLS part 1 as the simulator answers it: field by field, with their types."""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
from collections.abc import Callable
from typing import Any

import pytest

from llm_service.simulators.bobspark import Bobspark
from tests.kit.simulator import ask, submit, wait_for_end
from tests.kit.waiting import wait_until

TEXT, WHOLE, NUMBER = str, int, (int, float)
MAYBE_NUMBER, MAYBE_TEXT = (int, float, type(None)), (str, type(None))
ANY = object

RUN = {
    "id": TEXT,
    "task": TEXT,
    "model": TEXT,
    "status": TEXT,
    "tokens_in": WHOLE,
    "tokens_out": WHOLE,
    "duration_s": MAYBE_NUMBER,
    "created_at": TEXT,
}
EVENT = {"id": WHOLE, "event_type": TEXT, "node": TEXT, "data": dict, "ts": TEXT}
USED = {"used_gb": NUMBER, "total_gb": NUMBER}
FINETUNE = {
    "id": TEXT,
    "status": TEXT,
    "base_model": TEXT,
    "epochs": WHOLE,
    "current_epoch": WHOLE,
    "learning_rate": float,
    "batch_size": WHOLE,
    "pid": WHOLE,
    "started_at": TEXT,
    "finished_at": MAYBE_TEXT,
}
EVAL = {
    "eval_id": TEXT,
    "model_id": TEXT,
    "suite": TEXT,
    "status": TEXT,
    "score": float,
    "duration_s": float,
    "created_at": TEXT,
    "pass_count": WHOLE,
    "fail_count": WHOLE,
    "total_cases": WHOLE,
    "results": [{"test_id": TEXT, "passed": bool, "score": float}],
    "metrics": dict,
}
LOCAL = {"models": [{"name": TEXT, "size": WHOLE, "details": dict}]}

ANSWERS: dict[str, Any] = {
    "/api/runs?limit=4": {"runs": [RUN]},
    "/api/runs/queue": {
        "queue": [
            {
                "run_id": TEXT,
                "task": TEXT,
                "model": TEXT,
                "status": TEXT,
                "queue_position": WHOLE,
                "wait_s": float,
                "config": dict,
            }
        ]
    },
    "/api/runs/analytics": {
        "totals": {
            "total_runs": WHOLE,
            "completed": WHOLE,
            "failed": WHOLE,
            "running": WHOLE,
            "total_tokens": WHOLE,
            "total_tokens_out": WHOLE,
            "avg_duration_s": float,
            "avg_tokps": float,
        },
        "runs_over_time": [{"date": TEXT, "count": WHOLE}],
        "tokens_per_run": [{"date": TEXT, "avg_tokens": WHOLE}],
        "by_model": [{"model": TEXT, "count": WHOLE, "completed": WHOLE, "failed": WHOLE, "tokens": WHOLE}],
        "completion_by_model": [{"model": TEXT, "completed": WHOLE, "failed": WHOLE}],
        "throughput_over_time": [{"date": TEXT, "avg_tokps": float}],
    },
    "/api/datagen/monitor/qa?limit=20": [
        {
            "id": TEXT,
            "service": TEXT,
            "question": TEXT,
            "answer": TEXT,
            "difficulty": TEXT,
            "grounding": TEXT,
            "citations": [TEXT],
            "created_at": TEXT,
        }
    ],
    "/api/system/stats": {
        "cpu_percent": float,
        "gpu_percent": float,
        "vram_percent": float,
        "ram_percent": float,
        "active_model": MAYBE_TEXT,
    },
    "/api/system/linux/stats": {
        "cpu_percent": float,
        "ram_percent": float,
        "active_model": MAYBE_TEXT,
        "disk": {"root": USED, "ubdrive": USED, "ckpts": USED},
    },
    "/api/coordinator/jobs/active": {
        "id": TEXT,
        "task": TEXT,
        "nodes": [{"name": TEXT, "status": TEXT, "tokens_out": WHOLE, "pairs_done": WHOLE}],
    },
    "/api/jobs/": [
        {
            "id": TEXT,
            "pid": WHOLE,
            "type": TEXT,
            "domain": TEXT,
            "node": TEXT,
            "count": WHOLE,
            "severities": type(None),
            "chunk": TEXT,
            "elapsed": TEXT,
            "progress": WHOLE,
            "status": TEXT,
        }
    ],
    "/api/finetune/": [FINETUNE],
    "/api/finetune/ft_05": FINETUNE,
    "/api/containers/": [{"id": TEXT, "name": TEXT, "status": TEXT}],
    "/api/containers/donut-finetune/logs?tail=3": {"logs": TEXT},
    "/api/data/datasets": [
        {
            "id": TEXT,
            "name": TEXT,
            "description": TEXT,
            "example_count": WHOLE,
            "token_count": WHOLE,
            "source": TEXT,
            "tags": [TEXT],
            "created_at": TEXT,
        }
    ],
    "/api/data/datasets/ds_01/stats": {"examples": WHOLE, "tokens": WHOLE},
    "/api/data/datasets/ds_01/examples": [{"text": TEXT}],
    "/api/data/datasets/ds_01/provenance": [
        {
            "operation": TEXT,
            "source": TEXT,
            "model": MAYBE_TEXT,
            "version": TEXT,
            "count": WHOLE,
            "timestamp": TEXT,
        }
    ],
    "/api/data/sources": [{"name": TEXT, "datasets": WHOLE}],
    "/api/metrics": {
        "spark": {
            "cpu_pct": float,
            "gpu_pct": float,
            "vram_pct": float,
            "vram_gb": TEXT,
            "gpu_temp": TEXT,
            "cpu_temp": WHOLE,
            "uptime": TEXT,
        },
        "linux": {"cpu_pct": float, "gpu_pct": type(None), "cpu_temp": WHOLE, "ram_gb": TEXT},
        "processes": [{"name": TEXT, "pid": WHOLE, "mem_mb": WHOLE, "uptime": TEXT, "status": TEXT}],
    },
    "/api/models/": LOCAL,
    "/api/models/linux": LOCAL,
    "/api/models/registry": [{"model_id": TEXT, "model_name": TEXT, "benchmark_score": float, "status": TEXT}],
    "/api/models/registry/leaderboard": [{"model_id": TEXT, "model_name": TEXT, "benchmark_score": float}],
    "/api/models/m_01/card": {"model_id": TEXT},
    "/api/models/m_01/lineage": {"model_id": TEXT},
    "/api/deploy/active": {"id": TEXT, "status": TEXT, "model_name": TEXT, "backend": TEXT},
    "/api/deploy/": {"deployments": [{"id": TEXT}]},
    "/api/evals/": [EVAL],
    "/api/evals/suites": [TEXT],
    "/api/evals/compare?eval_id_a=ev_1&eval_id_b=ev_2": {"eval_a": EVAL, "eval_b": EVAL},
    "/api/reports/summary": {
        "eval_runs": WHOLE,
        "pipelines": WHOLE,
        "finetune_jobs": WHOLE,
        "datagen_jobs": WHOLE,
        "best_score": float,
        "avg_score": float,
    },
    "/api/reports/datagen-stats": {"by_model": [{"model": TEXT, "total_tokens": WHOLE}]},
    "/api/reports/finetune-history": [
        {
            "finetune_id": TEXT,
            "model_id": TEXT,
            "dataset": TEXT,
            "lora_rank": WHOLE,
            "epochs": WHOLE,
            "learning_rate": float,
            "final_loss": MAYBE_NUMBER,
            "duration_s": float,
            "status": TEXT,
        }
    ],
    "/api/system/storage": {"spark": {"models": USED, "datasets": USED, "checkpoints": USED, "root": USED}},
    "/api/health": {"status": TEXT},
}


def misfit(shape: Any, value: Any, where: str = "$") -> list[str]:
    """Where a value is not as the shape says; a list's shape is its items', and it must have one."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{where} is no object: {value!r}"]
        return [line for key, inner in shape.items() for line in misfit(inner, value.get(key, ...), f"{where}.{key}")]
    if isinstance(shape, list):
        if not isinstance(value, list) or not value:
            return [f"{where} is no list with something in it: {value!r}"]
        return [line for n, item in enumerate(value) for line in misfit(shape[0], item, f"{where}[{n}]")]
    wrong = not isinstance(value, shape) or (isinstance(value, bool) and shape is not bool)
    return [f"{where} is {value!r}"] if wrong else []


@pytest.fixture(scope="module")
def busy() -> Any:
    """A server with a past, at work: runs, a queue, a fine-tune, a pipeline."""
    simulator = Bobspark(speed=5.0, seed=1, slots=2, past_runs=40, workers=6).start()
    try:
        wait_until(lambda: ask(simulator.url + "/api/runs/queue")["queue"], "a queue")
        wait_until(
            lambda: ask(simulator.url + "/api/containers/donut-finetune/logs")["logs"].count("PROGRESS") > 3, "a log"
        )
        yield simulator
    finally:
        simulator.stop()


@pytest.mark.parametrize("path", ANSWERS)
def test_the_answer_has_the_shape_of_the_protocol(busy: Bobspark, path: str) -> None:
    assert misfit(ANSWERS[path], ask(busy.url + path)) == []


def test_a_run_in_detail_has_its_events(busy: Bobspark) -> None:
    runs = ask(busy.url + "/api/runs?limit=500")["runs"]
    past, running = runs[-1], next(run for run in runs if run["status"] == "running")
    for run_id in (running["id"], past["id"]):
        assert misfit({"run": RUN, "events": [EVENT]}, ask(f"{busy.url}/api/runs/{run_id}")) == []
    ends = ask(f"{busy.url}/api/runs/{past['id']}")["events"]
    assert ends[-1]["data"].get("status", "failed") == past["status"]
    assert max(event["data"].get("tokens_out", 0) for event in ends) == past["tokens_out"]


def test_runs_are_listed_newest_first_and_bounded(busy: Bobspark) -> None:
    runs = ask(busy.url + "/api/runs?limit=30")["runs"]
    assert len(runs) == 30
    moments = [run["created_at"] for run in runs]
    assert moments == sorted(moments, reverse=True)


def test_the_progress_line_is_the_one_the_pages_read(busy: Bobspark) -> None:
    logs = ask(busy.url + "/api/containers/donut-finetune/logs?tail=3")["logs"].splitlines()
    form = r"PROGRESS chunk \d+/\d+: \d+%  \[epoch \d+/3  step \d+/1200  loss=\d+\.\d{4}  lr=\d\.\d\de-\d\d\]"
    assert logs
    assert [line for line in logs if not re.fullmatch(form, line)] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "detail"),
    [
        ("GET", "/api/runs/run_none", None, 404, "Run not found"),
        ("GET", "/api/none", None, 404, "Not Found"),
        ("PATCH", "/api/runs", None, 405, "Method Not Allowed"),
        ("POST", "/api/runs", {"model": "gpt-4o"}, 422, ["body", "task"]),
        ("POST", "/api/runs", {"task": "x", "max_iter": 0}, 422, ["body", "max_iter"]),
        ("GET", "/api/runs?limit=many", None, 422, ["query", "limit"]),
        ("POST", "/api/pipeline/start", {}, 422, ["body", "model_id"]),
        ("POST", "/api/coordinator/jobs/active/add-node", {}, 422, ["body", "node"]),
    ],
)
def test_refusals_are_those_of_fastapi(
    busy: Bobspark, method: str, path: str, body: object, status: int, detail: Any
) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(busy.url + path, method, body)
    told = json.load(caught.value)["detail"]
    assert caught.value.code == status
    assert (told[0]["loc"] if isinstance(told, list) else told) == detail


@pytest.mark.parametrize("path", ["/api/finetune", "/api/jobs", "/api/pipeline", "/api/models", "/api/evals"])
def test_a_missing_slash_is_redirected_by_307(busy: Bobspark, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", busy.port, timeout=30)
    connection.request("GET", path + "?x=1")
    response = connection.getresponse()
    response.read()
    assert (response.status, response.headers["Location"]) == (307, f"{busy.url}{path}/?x=1")
    connection.close()


def test_a_second_fine_tune_is_refused_with_the_running_ones_id(make_bobspark: Callable[..., Bobspark]) -> None:
    bobspark = make_bobspark()
    first = ask(bobspark.url + "/api/finetune/start", "POST", {"epochs": 3, "batch_size": 4, "lr": 0.0002})
    assert misfit({"job_id": TEXT, "pid": WHOLE, "status": TEXT}, first) == []
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(bobspark.url + "/api/finetune/start", "POST", {"epochs": 3})
    assert (caught.value.code, json.load(caught.value)["job_id"]) == (409, first["job_id"])
    bobspark.set_faults("same-job")
    assert ask(bobspark.url + "/api/finetune/start", "POST", {"epochs": 3})["job_id"] == first["job_id"]


def test_a_fine_tune_ends_with_every_step_in_the_ledger(make_bobspark: Callable[..., Bobspark]) -> None:
    bobspark = make_bobspark(speed=50)
    body = {"epochs": 2, "sim": {"steps": 40, "steps_per_s": 10, "curve": "nan"}}
    job_id = ask(bobspark.url + "/api/finetune/start", "POST", body)["job_id"]
    wait_until(lambda: ask(f"{bobspark.url}/api/finetune/{job_id}")["status"] == "completed", "its end")
    account = bobspark.ledger()["jobs"][job_id]
    assert [step for step, _ in account["losses"]] == list(range(1, 41))
    assert "nan" in [loss for _, loss in account["losses"]]
    assert len(ask(bobspark.url + "/api/containers/donut-finetune/logs?tail=100")["logs"].splitlines()) == 43
    assert account["losses"][0][1] > 2.5 > 1.0 > account["losses"][19][1]


def test_the_coordinator_adds_pauses_and_resumes_machines(make_bobspark: Callable[..., Bobspark]) -> None:
    bobspark = make_bobspark(speed=20)
    job = bobspark.url + "/api/coordinator/jobs"
    with pytest.raises(urllib.error.HTTPError):
        ask(job + "/active")
    run_id = submit(bobspark, sim={"outcome": "completed", "iterations": 3, "updates": 4})
    active = ask(job + "/active")
    ask(job + "/active/add-node", "POST", {"node": "linux", "job_id": active["id"]})
    assert {node["name"] for node in ask(job + "/active")["nodes"]} == {"spark", "linux"}
    ask(f"{job}/{active['id']}/nodes/spark/pause", "PUT")
    frozen = bobspark.ledger()["runs"][run_id]["events"]
    states = {node["name"]: node["status"] for node in ask(job + "/active")["nodes"]}
    assert states == {"spark": "paused", "linux": "running"}
    assert bobspark.ledger()["runs"][run_id]["events"] == frozen
    ask(f"{job}/{active['id']}/nodes/spark/resume", "PUT")
    assert wait_for_end(bobspark, run_id)[run_id]["status"] == "completed"
