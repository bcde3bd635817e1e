"""Pipelines of a simulated BobSpark: six stages round and round until the target is reached (PROTOCOLS 1.9)."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from llm_service.simulators.conductor import Conductor
from llm_service.simulators.loss_curves import losses
from llm_service.simulators.outbox import Outbox

STAGES = ("EVALUATE", "ANALYZE", "GENERATE", "FINE-TUNE", "DEPLOY", "RE-EVAL")
STEP_OF = {
    "EVALUATE": ("evaluating", "eval_started"),
    "ANALYZE": ("analyzing", "analysis_complete"),
    "GENERATE": ("generating", "generation_started"),
    "FINE-TUNE": ("fine_tuning", "finetune_started"),
    "DEPLOY": ("fine_tuning", "finetune_started"),
    "RE-EVAL": ("re_evaluating", "reeval_started"),
}
"""What version 1 calls the step when the stage begins, and half-way through it."""
LENGTH_S = {"EVALUATE": 4.0, "ANALYZE": 3.0, "GENERATE": 5.0, "DEPLOY": 3.0, "RE-EVAL": 4.0}
WAITING_S = 0.2
TRAINING_STEPS = 60
TRAINING_STEPS_PER_S = 5.0
WHOLE_PIPELINES = 20
"""Of so many every event is kept: a demo may run for weeks."""


class Told(NamedTuple):
    """One event of a pipeline's stream: its name, and its fields under their usual names."""

    name: str
    data: dict[str, Any]


@dataclass
class Pipeline:
    """One pipeline. `version` 1 or 2 by the body it was started with; scores are 0 to 1 here."""

    id: str
    version: int
    body: dict[str, Any]
    target: float
    max_iterations: int
    auto_advance: bool
    started: float
    chance: random.Random
    status: str = "running"
    finished: float | None = None
    stage: str = "EVALUATE"
    step: str = "idle"
    iteration: int = 1
    score: float = 0.0
    waits: bool = False
    iterations: list[dict[str, Any]] = field(default_factory=list)
    losses: dict[int, list[tuple[int, float]]] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    listeners: list[Outbox] = field(default_factory=list)
    script: Iterator[float] | None = None


class Pipelines:
    """All pipelines; `encode` makes a stream's bytes of an event, in the server's dialect."""

    def __init__(
        self, conductor: Conductor, *, seed: int, now: Callable[[], float], encode: Callable[[Told], bytes]
    ) -> None:
        self.lock = threading.RLock()
        self.all: dict[str, Pipeline] = {}
        self._conductor, self._seed, self._now, self._encode = conductor, seed, now, encode

    def start(self, body: dict[str, Any]) -> Pipeline:
        """A new one; `target_pass_rate` (0 to 100) makes it version 1, `target_score` (0 to 1) version 2."""
        with self.lock:
            for old in list(self.all.values())[:-WHOLE_PIPELINES]:
                old.told, old.losses = [], {}
            number = len(self.all) + 1
            version = 1 if "target_pass_rate" in body or "model_name" in body else 2
            target = float(body.get("target_pass_rate", 85)) / 100 if version == 1 else body.get("target_score", 0.85)
            pipeline = Pipeline(
                f"pl_{number}",
                version,
                body,
                float(target),
                int(body.get("max_iterations", 5)),
                bool(body.get("auto_advance", True)),
                self._now(),
                random.Random(f"{self._seed}:pipeline:{number}"),  # noqa: S311 - reproducible on purpose
            )
            pipeline.script = self._life(pipeline)
            self.all[pipeline.id] = pipeline
            self._conductor.after(0.05, lambda: self._advance(pipeline))
            return pipeline

    def cancel(self, pipeline: Pipeline) -> None:
        """End it as failed-by-hand where it runs."""
        with self.lock:
            if pipeline.status == "running":
                self._end(pipeline, "cancelled")

    def go_on(self, pipeline: Pipeline, step: str) -> str:
        """Let one that waits for a hand go on; the reason where it does not, "" where it does.

        `step` names where it stands or what comes next, by the step's words or the stage's.
        """
        with self.lock:
            if pipeline.status != "running":
                return "Pipeline is not running"
            if not pipeline.waits:
                return f"Pipeline is not waiting: {pipeline.step}"
            following = STAGES[(STAGES.index(pipeline.stage) + 1) % len(STAGES)]
            known = {word for stage in (pipeline.stage, following) for word in (stage.lower(), *STEP_OF[stage])}
            if step.strip().lower() not in known:
                return f"Pipeline waits at {pipeline.step}; the next step is {STEP_OF[following][0]}"
            pipeline.waits = False
            return ""

    def listen(self, pipeline: Pipeline) -> Outbox:
        """Its events from now on; ends at once after the end."""
        with self.lock:
            outbox = Outbox()
            if pipeline.status != "running":
                outbox.end()
            else:
                pipeline.listeners.append(outbox)
            return outbox

    def cut(self) -> int:
        """Drop every stream; how many there were."""
        with self.lock:
            dropped = 0
            for pipeline in self.all.values():
                for outbox in pipeline.listeners:
                    outbox.end(abort=True)
                    dropped += 1
                pipeline.listeners.clear()
            return dropped

    def account(self) -> dict[str, Any]:
        """For the ledger: status, score, and every step's loss by iteration."""
        with self.lock:
            return {
                one.id: {
                    "kind": "pipeline",
                    "status": one.status,
                    "stage": one.stage,
                    "iteration": one.iteration,
                    "score": one.score,
                    "losses": {str(n): [list(point) for point in line] for n, line in one.losses.items()},
                    "events": len(one.told),
                }
                for one in self.all.values()
            }

    def _advance(self, pipeline: Pipeline) -> float | None:
        with self.lock:
            if pipeline.status != "running" or pipeline.script is None:
                return None
            return next(pipeline.script, None)

    def _life(self, pipeline: Pipeline) -> Iterator[float]:
        """Yields the seconds until it goes on."""
        for iteration in range(1, pipeline.max_iterations + 1):
            pipeline.iteration = iteration
            pipeline.iterations.append(_blank_iteration())
            for stage in STAGES:
                while pipeline.waits:
                    yield WAITING_S
                yield from self._stage(pipeline, stage)
                pipeline.waits = not pipeline.auto_advance
            if pipeline.score >= pipeline.target:
                self._end(pipeline, "target_reached")
                return
        self._end(pipeline, "max_iterations_reached")

    def _stage(self, pipeline: Pipeline, stage: str) -> Iterator[float]:
        pipeline.stage, pipeline.step = stage, STEP_OF[stage][0]
        self._tell(pipeline, "stage_update", message=f"{stage} of iteration {pipeline.iteration}")
        if stage == "FINE-TUNE":
            yield from self._train(pipeline)
        else:
            yield LENGTH_S[stage] / 2
            pipeline.step = STEP_OF[stage][1]
            yield LENGTH_S[stage] / 2
        self._conclude(pipeline, stage)

    def _train(self, pipeline: Pipeline) -> Iterator[float]:
        floor = max(0.15, 0.6 - 0.12 * pipeline.iteration)
        curve = losses(pipeline.chance, TRAINING_STEPS, floor=floor)
        line = pipeline.losses.setdefault(pipeline.iteration, [])
        pipeline.iterations[-1]["finetune_job_id"] = f"{pipeline.id}-ft-{pipeline.iteration}"
        pipeline.step = STEP_OF["FINE-TUNE"][1]
        for step, loss in enumerate(curve, 1):
            yield 1 / TRAINING_STEPS_PER_S
            line.append((step, round(loss, 4)))
            self._tell(pipeline, "training_update", step=step, loss=round(loss, 4))

    def _conclude(self, pipeline: Pipeline, stage: str) -> None:
        row, chance = pipeline.iterations[-1], pipeline.chance
        if stage == "EVALUATE":
            pipeline.score = max(pipeline.score, round(0.52 + chance.uniform(0, 0.1), 4))
            row["pass_rate"] = round(pipeline.score * 100, 1)
            self._tell(pipeline, "stage_update", message="Evaluation done", score=pipeline.score)
        elif stage == "ANALYZE":
            row["advisor_result"] = _advice(chance)
            self._tell(pipeline, "advisor_result", **row["advisor_result"])
            self._tell(pipeline, "analysis_complete", message="Analysis complete")
        elif stage == "GENERATE":
            row["datagen_job_id"] = f"{pipeline.id}-gen-{pipeline.iteration}"
        elif stage == "RE-EVAL":
            pipeline.score = min(0.99, round(pipeline.score + chance.uniform(0.05, 0.14), 4))
            row["reeval_pass_rate"] = round(pipeline.score * 100, 1)
            row["reeval_run_id"] = f"ev_{pipeline.id}_{pipeline.iteration}"
            self._tell(pipeline, "stage_update", message="Re-evaluation done", score=pipeline.score)

    def _end(self, pipeline: Pipeline, status: str) -> None:
        pipeline.status, pipeline.finished, pipeline.step = status, self._now(), "complete"
        pipeline.waits = False
        self._tell(pipeline, "pipeline_end", status=status, score=pipeline.score)
        for outbox in pipeline.listeners:
            outbox.end()
        pipeline.listeners.clear()

    def _tell(self, pipeline: Pipeline, name: str, **more: Any) -> None:
        told = Told(name, {"type": name, "stage": pipeline.stage, "iteration": pipeline.iteration, **more})
        pipeline.told.append(told)
        for outbox in pipeline.listeners:
            outbox.put(self._encode(told))
        pipeline.listeners = [outbox for outbox in pipeline.listeners if outbox.open]


def _blank_iteration() -> dict[str, Any]:
    names = ("pass_rate", "reeval_pass_rate", "reeval_run_id", "datagen_job_id", "finetune_job_id", "advisor_result")
    return dict.fromkeys(names)


def _advice(chance: random.Random) -> dict[str, Any]:
    weak = chance.sample(("IAM", "S3", "VPC", "KMS", "Lambda", "DynamoDB"), 2)
    return {
        "summary": f"Most failures are about {weak[0]} and {weak[1]}.",
        "priority_services": {name: round(chance.uniform(0.2, 0.6), 2) for name in weak},
        "datagen_services": ", ".join(weak),
        "datagen_count": 200,
        "suggested_actions": [f"Generate 100 examples for {name}" for name in weak],
        "trend_analysis": "The pass rate rises with every iteration.",
    }
