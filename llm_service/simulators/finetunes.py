"""Fine-tunes of a simulated BobSpark: one at a time, with a log that a container would have written, and a ledger."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from llm_service.simulators.conductor import Conductor
from llm_service.simulators.faults import HOSTILE, Faults
from llm_service.simulators.loss_curves import Curve, curve_named, losses, pause_before, rate_at

STEPS_PER_S = 6.0
STEPS_AN_EPOCH = 400
CHUNKS = 5
WHOLE_JOBS = 20
"""Of so many jobs every step is kept: a demo may run for weeks."""
PAST = (
    ("donut-irs990", 3, 61_200.0, 26.0, "completed"),
    ("unsloth/Qwen2.5-1.5B-Instruct", 10, 816.0, 12.0, "completed"),
    ("unsloth/Qwen2.5-1.5B-Instruct", 3, 95.0, 9.0, "failed"),
    ("unsloth/Llama-3.2-3B-Instruct", 5, 2_410.0, 3.0, "completed"),
)
"""Base model, epochs, seconds it took, days ago, how it ended."""


@dataclass
class Finetune:
    """One job. `every` holds each step as it was logged: (step, loss, learning rate, epoch)."""

    id: str
    pid: int
    base_model: str
    epochs: int
    batch_size: int
    learning_rate: float
    steps: int
    curve: Curve
    started: float
    seconds_per_step: float
    status: str = "running"
    finished: float | None = None
    step: int = 0
    error: str | None = None
    every: list[tuple[int, float, float, int]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    losses: Iterator[float] | None = None

    @property
    def epoch(self) -> int:
        """1-based, of the step it is at."""
        done = self.step * self.epochs // max(1, self.steps)
        return min(self.epochs, done + 1) if self.status == "running" else done


class Finetunes:
    """All jobs, newest first in lists."""

    def __init__(
        self, conductor: Conductor, faults: Faults, *, seed: int, now: Callable[[], float], past: bool = False
    ) -> None:
        self.lock = threading.RLock()
        self.all: dict[str, Finetune] = {}
        self.on_end: list[Callable[[Finetune], None]] = []
        self._conductor, self._faults, self._seed, self._now = conductor, faults, seed, now
        for model, epochs, took_s, days_ago, status in PAST if past else ():
            self._remember(model, epochs, took_s, days_ago, status)

    def running(self) -> Finetune | None:
        """The one that runs."""
        return next((job for job in self.all.values() if job.status == "running"), None)

    def start(self, body: dict[str, Any]) -> Finetune:
        """A new job; whoever calls has looked that none runs. `sim` may name curve, steps, steps_per_s, and the share
        of it that is `done` already."""
        with self.lock:
            sim = body.get("sim") if isinstance(body.get("sim"), dict) else {}
            assert isinstance(sim, dict)
            for old in list(self.all.values())[:-WHOLE_JOBS]:
                old.every, old.log = [], []
            epochs = int(body.get("epochs", 3))
            job = self._make(
                str(body.get("base_model") or "donut-irs990"),
                epochs,
                int(body.get("batch_size", 4)),
                float(body.get("lr", body.get("learning_rate", 2e-4))),
                steps=int(sim.get("steps", epochs * STEPS_AN_EPOCH)),
                curve=curve_named(sim.get("curve")),
            )
            job.seconds_per_step = 1 / float(sim.get("steps_per_s", STEPS_PER_S))
            job.losses = losses(random.Random(f"{self._seed}:{job.id}"), job.steps, job.curve)  # noqa: S311
            job.log.append(f"Loading {job.base_model} ...")
            job.log.append(f"Max steps: {job.steps}")
            for _ in range(int(job.steps * float(sim.get("done", 0)))):
                self._advance(job)
            job.started -= job.step * job.seconds_per_step
            self._conductor.after(job.seconds_per_step, lambda: self._advance(job))
            return job

    def cancel(self, job: Finetune) -> None:
        """End it where it runs."""
        with self.lock:
            if job.status == "running":
                self._end(job, "cancelled")

    def fail(self, job: Finetune, why: str) -> None:
        """Let it fail now."""
        with self.lock:
            if job.status == "running":
                job.error = why
                job.log.append(f"ERROR {why}")
                self._end(job, "failed")

    def account(self) -> dict[str, Any]:
        """For the ledger: every step's loss of every job."""
        with self.lock:
            return {
                job.id: {
                    "kind": "finetune",
                    "status": job.status,
                    "pid": job.pid,
                    "steps": job.steps,
                    "step": job.step,
                    "curve": job.curve,
                    "losses": [[step, loss if math.isfinite(loss) else str(loss)] for step, loss, _, _ in job.every],
                }
                for job in self.all.values()
            }

    def _make(
        self, base_model: str, epochs: int, batch_size: int, rate: float, *, steps: int, curve: Curve
    ) -> Finetune:
        number = len(self.all) + 1
        if "hostile" in self._faults:
            base_model += HOSTILE
        job = Finetune(
            f"ft_{number:02}", 4241 + number, base_model, epochs, batch_size, rate, steps, curve, self._now(), 1.0
        )
        self.all[job.id] = job
        return job

    def _remember(self, model: str, epochs: int, took_s: float, days_ago: float, status: str) -> None:
        job = self._make(model, epochs, 4, 2e-4, steps=epochs * STEPS_AN_EPOCH, curve="healthy")
        job.started = self._now() - days_ago * 86_400
        job.finished, job.status = job.started + took_s, status
        job.step = job.steps if status == "completed" else job.steps // 3
        job.error = None if status == "completed" else "CUDA out of memory. Tried to allocate 2.50 GiB"

    def _advance(self, job: Finetune) -> float | None:
        with self.lock:
            if job.status != "running" or job.losses is None:
                return None
            loss = next(job.losses, None)
            if loss is None:
                self._end(job, "completed")
                return None
            job.step += 1
            rate = rate_at(job.step, job.steps, job.learning_rate)
            job.every.append((job.step, loss, rate, job.epoch))
            job.log.append(progress_line(job, loss, rate))
            return pause_before(job.curve, job.step + 1, job.steps, job.seconds_per_step)

    def _end(self, job: Finetune, status: str) -> None:
        job.status, job.finished, job.losses = status, self._now(), None
        job.log.append(f"Training {status}")
        for tell in self.on_end:
            tell(job)


def progress_line(job: Finetune, loss: float, rate: float) -> str:
    """The line that the operator pages read."""
    done = job.step / job.steps
    chunk = min(CHUNKS, int(done * CHUNKS) + 1)
    inner = f"epoch {job.epoch}/{job.epochs}  step {job.step}/{job.steps}  loss={loss:.4f}  lr={rate:.2e}"
    return f"PROGRESS chunk {chunk}/{CHUNKS}: {done:.0%}  [{inner}]"
