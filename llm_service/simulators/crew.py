"""Somebody who keeps a simulated BobSpark busy: workers one after the other, a fine-tune, a pipeline."""

from __future__ import annotations

import random

from llm_service.simulators.conductor import Conductor
from llm_service.simulators.finetunes import Finetunes
from llm_service.simulators.loss_curves import Curve
from llm_service.simulators.pipelines import Pipelines
from llm_service.simulators.runs import Runs
from llm_service.simulators.words import DOMAINS, MODELS, TYPES, home_of, task_of

LOOK_S = 1.5
REST_S = 20.0
HEAD_START = 0.5
"""The first fine-tune is found half-way, so that there is a curve to see at once."""
CURVES: tuple[Curve, ...] = ("spike", "healthy", "nan", "healthy", "plateau", "healthy")


class Crew:
    """Keeps `size` runs alive, and one fine-tune and one pipeline, each begun again after a rest."""

    def __init__(
        self,
        runs: Runs,
        finetunes: Finetunes,
        pipelines: Pipelines,
        conductor: Conductor,
        *,
        size: int,
        seed: int,
    ) -> None:
        self._runs, self._finetunes, self._pipelines = runs, finetunes, pipelines
        self._conductor, self._size = conductor, size
        self._chance = random.Random(f"{seed}:crew")  # noqa: S311 - reproducible on purpose
        self._trained = 0

    def begin(self) -> None:
        """All at once, then look again and again."""
        self._conductor.after(0.0, self._work)
        self._conductor.after(0.0, self._train)
        self._conductor.after(0.0, self._improve)

    def _work(self) -> float:
        with self._runs.lock:
            live = sum(1 for run in self._runs.all.values() if run.live)
            for _ in range(max(0, self._size - live)):
                self._submit()
        return LOOK_S

    def _submit(self) -> None:
        chance = self._chance
        kind, domain, model = chance.choice(list(TYPES)), chance.choice(DOMAINS), chance.choice(MODELS)
        config = {"type": kind, "domain": domain, "node": home_of(chance, model), "temperature": 0.8}
        task = task_of(kind, domain, chance.choice((50, 100, 200)))
        self._runs.submit(task, model, config, max_iter=chance.choice((8, 10, 20)), queued=True)

    def _train(self) -> float:
        if self._finetunes.running() is None:
            curve = CURVES[self._trained % len(CURVES)]
            base = ("donut-irs990", "unsloth/Qwen2.5-1.5B-Instruct")[self._trained % 2]
            sim = {"curve": curve, "done": 0.0 if self._trained else HEAD_START}
            self._finetunes.start({"base_model": base, "epochs": 3, "lr": 2e-4, "sim": sim})
            self._trained += 1
        return REST_S

    def _improve(self) -> float:
        if not any(pipeline.status == "running" for pipeline in self._pipelines.all.values()):
            body = {"model_id": "m_02", "backend": "ollama", "node": "spark", "eval_suite": "aws", "domain": "AWS IAM"}
            self._pipelines.start({**body, "target_score": 0.86, "max_iterations": 5, "datagen_count": 200})
        return REST_S
