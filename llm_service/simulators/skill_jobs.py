"""Skill trainings as the training API keeps them: one row a skill, moved on only by asking the legacy endpoint."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from llm_service.simulators.conductor import Conductor
from llm_service.simulators.loss_curves import Curve, curve_named, losses

STALE_S = 30 * 60.0
STEPS_PER_S = 3.5
ENDED_MAX = 50
BASE_MODEL = "unsloth/Qwen2.5-1.5B-Instruct"
SKILLS = {
    "electrician": ("Electrician", 51),
    "monday_com_expert_skills": ("Monday.com Expert", 179),
    "molasses-master-expert": ("Molasses Master Expert", 107),
    "plumbing_receptionist_expert": ("Plumbing Receptionist", 106),
}
TRAINED = (
    ("monday_com_expert_skills", 0.201, 816.0),
    ("molasses-master-expert", 0.292, 444.0),
    ("plumbing_receptionist_expert", 0.204, 600.0),
    ("electrician", 0.423, 306.0),
)


@dataclass
class SkillJob:
    """The row of a skill. `modal` is what the remote trainer knows; `status` what the table was last told."""

    job_id: str
    skill_id: str
    name: str
    examples: int
    config: dict[str, Any]
    steps: int
    curve: Curve
    started: float
    seconds_per_step: float
    status: str = "running"
    modal: str = "running"
    step: int = 0
    finished: float | None = None
    error: str | None = None
    every: list[tuple[int, float]] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    losses: Iterator[float] | None = None


class SkillJobs:
    """One job a skill, so no history; the finished ones live on as adapters."""

    def __init__(self, conductor: Conductor, *, seed: int, now: Callable[[], float], past: bool) -> None:
        self.lock = threading.RLock()
        self.rows: dict[str, SkillJob] = {}
        self.ended: list[SkillJob] = []
        self.adapters: list[dict[str, Any]] = []
        self._conductor, self._seed, self._now = conductor, seed, now
        for days, (skill_id, loss, took_s) in enumerate(TRAINED, 1):
            if past:
                self._add_adapter(skill_id, loss, took_s, now() - days * 3 * 86_400)

    def guarded(self, skill_id: str) -> SkillJob | None:
        """The job that forbids a new start: running, and begun less than 30 minutes ago."""
        job = self.rows.get(skill_id)
        fresh = job is not None and job.status == "running" and self._now() - job.started < STALE_S
        return job if fresh else None

    def start(self, skill_id: str, body: dict[str, Any]) -> SkillJob:
        """A new row in the place of the old one. `sim` may name curve, steps and steps_per_s, and `fails_at`."""
        sim = body.get("sim") if isinstance(body.get("sim"), dict) else {}
        assert isinstance(sim, dict)
        name, examples = SKILLS[skill_id]
        defaults = (("epochs", 10), ("learning_rate", 2e-4), ("lora_r", 16))
        config = {key: body.get(key, default) for key, default in defaults}
        stamp = datetime.fromtimestamp(self._now(), UTC).strftime("%Y%m%d_%H%M%S")
        curve = curve_named(sim.get("curve"))
        job = SkillJob(
            f"{skill_id}_{stamp}",
            skill_id,
            name,
            examples,
            config,
            int(sim.get("steps", max(1, examples * int(config["epochs"]) // 8))),
            curve,
            self._now(),
            1 / float(sim.get("steps_per_s", STEPS_PER_S)),
        )
        with self.lock:
            if skill_id in self.rows:
                self.ended = [*self.ended[-ENDED_MAX:], self.rows[skill_id]]
            self.rows[skill_id] = job
        job.logs += [f"Loaded {examples} examples", f"Max steps: {job.steps}"]
        job.losses = losses(random.Random(f"{self._seed}:{skill_id}"), job.steps, job.curve)  # noqa: S311
        fails_at = int(sim.get("fails_at", 0))
        self._conductor.after(job.seconds_per_step, lambda: self._advance(job, fails_at))
        return job

    def ask_modal(self, job: SkillJob) -> None:
        """What only the legacy endpoint does: learn how the remote training ended, and write it down."""
        with self.lock:
            if job.status != "running" or job.modal == "running":
                return
            job.status = job.modal
            if job.status == "completed":
                self._add_adapter(
                    job.skill_id, job.every[-1][1], (job.finished or job.started) - job.started, self._now()
                )

    def backdate(self, skill_id: str, seconds: float) -> None:
        """Make a job older than it is: for what happens after 30 minutes."""
        with self.lock:
            self.rows[skill_id].started -= seconds

    def account(self) -> dict[str, Any]:
        """For the ledger."""
        with self.lock:
            return {
                job.job_id: {
                    "kind": "skill",
                    "skill_id": job.skill_id,
                    "status": job.status,
                    "modal": job.modal,
                    "steps": job.steps,
                    "step": job.step,
                    "losses": [[step, loss if math.isfinite(loss) else str(loss)] for step, loss in job.every],
                }
                for job in (*self.ended, *self.rows.values())
            }

    def _advance(self, job: SkillJob, fails_at: int) -> float | None:
        with self.lock:
            if job.losses is None or self.rows.get(job.skill_id) is not job:
                return None
            loss = next(job.losses, None)
            if loss is None or job.step + 1 == fails_at:
                job.losses, job.finished = None, self._now()
                job.modal = "completed" if loss is None else "failed"
                job.error = None if loss is None else "Modal: container ran out of memory"
                return None
            job.step += 1
            job.every.append((job.step, loss))
            epoch = job.step * int(job.config["epochs"]) / job.steps
            job.logs.append(f"{job.step}/{job.steps} {{'loss': {loss:.4f}, 'epoch': {epoch:.2f}}}")
            return job.seconds_per_step

    def _add_adapter(self, skill_id: str, loss: float, took_s: float, at: float) -> None:
        name, examples = SKILLS[skill_id]
        self.adapters.append(
            {
                "id": f"{skill_id}_{len(self.adapters) + 1}",
                "skill_id": skill_id,
                "skill_name": name,
                "final_loss": round(loss, 4),
                "training_examples": examples,
                "epochs": 10,
                "lora_r": 16,
                "base_model": BASE_MODEL,
                "adapter_path": f"/adapters/{skill_id}_{len(self.adapters) + 1}",
                "created_at": at,
                "training_time_seconds": round(took_s, 1),
                "status": "ready",
            }
        )
