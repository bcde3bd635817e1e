"""BobSpark's endpoints of pipelines, both versions of their rows, and the stream of their events (PROTOCOLS 1.9)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from llm_service.simulators.answers import Answers
from llm_service.simulators.frames import Dialect
from llm_service.simulators.http_door import Invalid, Refusal, Reply, Request, Routes
from llm_service.simulators.pipelines import Pipeline, Pipelines, Told


class PipelineEndpoints:
    """Adds its routes."""

    def __init__(
        self, pipelines: Pipelines, answers: Answers, *, now: Callable[[], float], iso: Callable[[float], str]
    ):
        self._pipelines, self._answers, self._now, self._iso = pipelines, answers, now, iso

    def add_to(self, routes: Routes) -> None:
        """All of them."""
        routes.show("/api/pipeline/", self.listing)
        routes.add("POST", "/api/pipeline/start", self.start)
        routes.add("GET", "/api/pipeline/{id}/events", self.events)
        routes.add("POST", "/api/pipeline/{id}/cancel", self.cancel)
        routes.add("POST", "/api/pipeline/{id}/advance", self.advance)
        routes.add("GET", "/api/pipeline/{id}", lambda request: Reply(self._row(self._find(request))))

    def listing(self) -> object:
        """Newest first, bare or wrapped."""
        with self._pipelines.lock:
            return self._answers.bare("pipelines", [self._row(one) for one in reversed(self._pipelines.all.values())])

    def start(self, request: Request) -> Reply:
        """Either version's body; 422 names the field that is missing or out of range."""
        body = request.body
        if not isinstance(body, dict):
            raise Invalid("missing", ("body",), "Field required", body)
        model = body.get("model_name") or body.get("model_id")
        if not isinstance(model, str):
            raise Invalid("missing", ("body", "model_id"), "Field required", body)
        score = body.get("target_score", 0.85)
        if not isinstance(score, int | float) or not 0 <= score <= 1:
            raise Invalid("less_than_equal", ("body", "target_score"), "Input should be from 0 to 1", score)
        return Reply({"pipeline_id": self._pipelines.start(body).id})

    def cancel(self, request: Request) -> Reply:
        """200 also where it had ended."""
        pipeline = self._find(request)
        self._pipelines.cancel(pipeline)
        return Reply({"pipeline_id": pipeline.id, "status": pipeline.status})

    def advance(self, request: Request) -> Reply:
        """The next stage, for one that was started with auto_advance false and waits for a hand."""
        pipeline, body = self._find(request), request.body
        step = body.get("step") if isinstance(body, dict) else None
        if not isinstance(step, str):
            raise Invalid("missing" if step is None else "string_type", ("body", "step"), "Field required", step)
        if reason := self._pipelines.go_on(pipeline, step):
            raise Refusal(409, reason)
        return Reply({"pipeline_id": pipeline.id, "current_step": pipeline.step})

    def events(self, request: Request) -> Reply:
        """From now on."""
        return Reply(kind="text/event-stream; charset=utf-8", stream=self._pipelines.listen(self._find(request)))

    def _find(self, request: Request) -> Pipeline:
        pipeline = self._pipelines.all.get(request.values[0])
        if pipeline is None:
            raise Refusal(404, "Pipeline not found")
        return pipeline

    def _row(self, pipeline: Pipeline) -> dict[str, Any]:
        ended = pipeline.finished
        shared = {
            "pipeline_id": pipeline.id,
            "status": pipeline.status,
            "eval_suite": pipeline.body.get("eval_suite", "aws"),
            "max_iterations": pipeline.max_iterations,
            "started_at": self._iso(pipeline.started),
            "completed_at": self._iso(ended) if ended is not None else None,
        }
        return {**shared, **(self._first(pipeline) if pipeline.version == 1 else self._second(pipeline))}

    def _first(self, pipeline: Pipeline) -> dict[str, Any]:
        return {
            "model_name": pipeline.body.get("model_name"),
            "model_backend": pipeline.body.get("model_backend", "ollama"),
            "current_step": pipeline.step,
            "current_iteration": pipeline.iteration,
            "target_pass_rate": round(pipeline.target * 100, 1),
            "iterations": pipeline.iterations,
        }

    def _second(self, pipeline: Pipeline) -> dict[str, Any]:
        asked = ("model_id", "backend", "node", "lora_rank", "epochs", "learning_rate", "datagen_count", "domain")
        whole = [row for row in pipeline.iterations if row["reeval_pass_rate"] is not None]
        return {
            **{name: pipeline.body[name] for name in asked if name in pipeline.body},
            "stage": pipeline.stage,
            "iteration": pipeline.iteration,
            "target_score": pipeline.target,
            "iterations_completed": len(whole),
            "final_score": pipeline.score if pipeline.finished is not None else None,
            "duration_s": round((pipeline.finished or self._now()) - pipeline.started, 1),
            "iterations": [
                {
                    "iteration": n,
                    "score": row["pass_rate"] and row["pass_rate"] / 100,
                    "reeval_score": row["reeval_pass_rate"] / 100,
                    "advisor_result": row["advisor_result"],
                }
                for n, row in enumerate(whole, 1)
            ],
        }


def encoder(dialect: Dialect, answers: Answers) -> Callable[[Told], bytes]:
    """Events named in dialect A and unnamed in B; the fields' other names under `aliases`."""

    def encode(told: Told) -> bytes:
        data = json.dumps(answers.shaped("pipeline_event", told.data))
        name = f"event: {told.name}\n" if dialect == "a" else ""
        return f"{name}data: {data}\n\n".encode()

    return encode
