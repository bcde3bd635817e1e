"""A faithful skill-training API (PROTOCOLS 2), flaws included: its status endpoint never notices the end by itself."""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from llm_service.simulators.conductor import Conductor
from llm_service.simulators.faults import Faults
from llm_service.simulators.http_door import Door, Refusal, Reply, Request, Routes
from llm_service.simulators.skill_jobs import SKILLS, STALE_S, SkillJob, SkillJobs

HISTORY = 20
BLIND_S = 600.0
"""How long a training takes by the API's own guess, as long as it knows no steps."""


class SkillTraining:
    """One simulated server. Four skills are known (`SKILLS`); `past` gives each the adapter of an earlier training."""

    def __init__(
        self, port: int = 0, *, seed: int = 0, speed: float = 1.0, faults: Iterable[str] = (), past: bool = False
    ) -> None:
        self.faults = Faults(faults)
        self._conductor = Conductor("sim-skills", speed)
        self.jobs = SkillJobs(self._conductor, seed=seed, now=self.now, past=past)
        routes = Routes()
        routes.add("POST", "/api/train-skill/{skill}", self.start_training)
        routes.add("GET", "/api/training/status/{skill}", self.status)
        routes.add("GET", "/api/training-job/{skill}", self.legacy)
        routes.show("/api/training-jobs", self.listing)
        routes.show("/api/training/adapters", lambda: self._adapters(None))
        routes.show("/api/trained-adapters", lambda: self._adapters(None))
        routes.add("GET", "/api/training/adapters/{skill}", lambda request: Reply(self._adapters(request.values[0])))
        routes.show("/_sim/ledger", self.ledger)
        routes.add("POST", "/_sim/backdate", self._backdate)
        self._door = Door(routes, self.faults, port, name="sim-skills-web", redirects=False)
        self.port = self._door.port
        self.url = f"http://127.0.0.1:{self.port}"

    def now(self) -> float:
        """Seconds since the epoch by this server's clock."""
        return time.time() + self.faults.number("skew", 0.0)

    def start(self) -> SkillTraining:
        """Begin to answer."""
        self._conductor.start()
        self._door.start()
        return self

    def stop(self) -> None:
        """Hang up on everybody and end both threads."""
        self._conductor.stop()
        self._door.stop(3.0)

    def set_faults(self, *names: str) -> None:
        """These faults and no others from now on."""
        self.faults.replace(names)

    def ledger(self) -> dict[str, Any]:
        """Every step's loss by job, and what is really true of each (`modal`)."""
        return {"runs": {}, "jobs": self.jobs.account()}

    def start_training(self, request: Request) -> Reply:
        """200 with success false for a skill nobody knows; 409 while one runs that is younger than 30 minutes."""
        skill = request.values[0]
        if skill not in SKILLS:
            return Reply({"success": False, "error": f"Skill not found: {skill}"})
        with self.jobs.lock:
            running = self.jobs.guarded(skill)
            if running is not None:
                raise Refusal(409, "", self._in_progress(running))
            try:
                job = self.jobs.start(skill, request.body if isinstance(request.body, dict) else {})
            except (TypeError, ValueError) as error:
                return Reply({"success": False, "error": str(error)}, 500)
        told = {
            "success": True,
            "job_id": job.job_id,
            "modal_call_id": _call_id(job),
            "message": f"Training started for {job.name}",
            "status_url": f"/api/training/status/{skill}",
            "training_info": {
                "skill_name": job.name,
                "training_examples": job.examples,
                "estimated_steps": job.steps,
                "epochs": job.config["epochs"],
                "config": job.config,
            },
        }
        return Reply(told)

    def status(self, request: Request) -> Reply:
        """What the page polls every 3 s. It sits at 95 % until somebody asks the legacy endpoint."""
        skill = request.values[0]
        with self.jobs.lock:
            job = self.jobs.rows.get(skill)
            if job is None:
                return Reply({"skill_id": skill, "status": "idle", "message": "No active training job"})
            return Reply(self._told(job))

    def legacy(self, request: Request) -> Reply:
        """The only one that moves a job on to completed or failed."""
        with self.jobs.lock:
            job = self.jobs.rows.get(request.values[0])
            if job is None:
                return Reply({"error": "No training job found"}, 404)
            self.jobs.ask_modal(job)
            done = job.status == "completed"
            result = {
                "success": done,
                "final_loss": _last_loss(job),
                "training_examples": job.examples,
                "training_time_seconds": round((job.finished or self.now()) - job.started, 1),
            }
            return Reply(
                {
                    "job_id": job.job_id,
                    "skill_id": job.skill_id,
                    "status": job.status,
                    "started_at": stamp(job.started),
                    "completed_at": stamp(job.finished) if done else None,
                    "progress": self._progress(job)[0],
                    "logs": job.logs,
                    "result": result if job.status != "running" else None,
                }
            )

    def listing(self) -> dict[str, Any]:
        """One row a skill."""
        with self.jobs.lock:
            rows = [
                {
                    "job_id": job.job_id,
                    "skill_id": job.skill_id,
                    "status": job.status,
                    "started_at": stamp(job.started),
                    "completed_at": stamp(job.finished) if job.status != "running" else None,
                }
                for job in self.jobs.rows.values()
            ]
        return {"jobs": rows}

    def _in_progress(self, job: SkillJob) -> dict[str, Any]:
        return {
            "success": False,
            "error": "Training already in progress for this skill",
            "status": "running",
            "job_id": job.job_id,
            "started_at": stamp(job.started)[:19],
            "elapsed_seconds": int(self.now() - job.started),
        }

    def _progress(self, job: SkillJob) -> tuple[float, int]:
        """Percent and seconds left, as the API computes them: at most 95 before the table says completed."""
        elapsed_s = self.now() - job.started
        if job.status != "running":
            return (100 if job.status == "completed" else 0), 0
        if job.step:
            left_s = elapsed_s / job.step * (job.steps - job.step)
            return min(95, int(job.step / job.steps * 100)), int(left_s)
        return max(10, min(90, int(elapsed_s / BLIND_S * 100))), int(max(0, BLIND_S - elapsed_s))

    def _told(self, job: SkillJob) -> dict[str, Any]:
        progress, eta_s = self._progress(job)
        first = job.every[0][1] if job.every else None
        last, ended = _last_loss(job), job.status != "running"
        better = (first - last) / first * 100 if first and last is not None and math.isfinite(last) else None
        return {
            "job_id": job.job_id,
            "skill_id": job.skill_id,
            "skill_name": job.name,
            "status": job.status,
            "progress": progress,
            "current_step": job.step,
            "total_steps": job.steps,
            "current_epoch": round(job.step / job.steps * job.config["epochs"], 1),
            "total_epochs": job.config["epochs"],
            "current_loss": last,
            "starting_loss": round(first, 4) if first is not None else None,
            "loss_improvement_percent": round(better, 1) if better is not None else None,
            "loss_history": [{"step": step, "loss": round(loss, 4)} for step, loss in job.every[-HISTORY:]],
            "eta_seconds": eta_s,
            "elapsed_seconds": int((job.finished if ended and job.finished else self.now()) - job.started),
            "examples_processed": min(job.examples, job.step),
            "total_examples": job.examples,
            "current_example_preview": {
                "input": f"How does a {job.name} answer question {job.step}?"[:100],
                "output": "First ask what was tried, then say the next step in plain words."[:150],
            },
            "gpu_metrics": _made_up_gpu(running=not ended),
            "started_at": stamp(job.started),
            "completed_at": stamp(job.finished) if ended else None,
            "modal_call_id": _call_id(job),
            "error": job.error if job.status == "failed" else None,
            "config": job.config,
        }

    def _adapters(self, skill: str | None) -> dict[str, Any]:
        with self.jobs.lock:
            rows = [row for row in self.jobs.adapters if skill in (None, row["skill_id"])]
        return {"adapters": [{**row, "created_at": stamp(row["created_at"])} for row in rows], "success": True}

    def _backdate(self, request: Request) -> Reply:
        body = request.body if isinstance(request.body, dict) else {}
        if body.get("skill_id") not in self.jobs.rows:
            raise Refusal(404, "no job of this skill")
        self.jobs.backdate(body["skill_id"], float(body.get("seconds", STALE_S)))
        return Reply({"ok": True})


def stamp(at: float | None) -> str:
    """ISO 8601 with milliseconds and Z."""
    return datetime.fromtimestamp(at or 0.0, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _last_loss(job: SkillJob) -> float | None:
    return round(job.every[-1][1], 4) if job.every else None


def _call_id(job: SkillJob) -> str:
    return f"fc-01KD{zlib.crc32(job.job_id.encode()):010}"


def _made_up_gpu(*, running: bool) -> dict[str, Any]:
    """Never measured: the real server answers the same two figures always."""
    percent = 94 if running else 0
    return {"name": "NVIDIA A10G", "memory_used_gb": 18.2, "memory_total_gb": 22.0, "utilization_percent": percent}
