"""BobSpark's evaluations and reports (PROTOCOLS 1.11), as far as they cost nothing to answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from llm_service.simulators.answers import Answers
from llm_service.simulators.finetunes import Finetunes
from llm_service.simulators.http_door import Refusal, Reply, Request, Routes
from llm_service.simulators.pipelines import TRAINING_STEPS, TRAINING_STEPS_PER_S, Pipelines
from llm_service.simulators.runs import Runs

CASES = 40
EVALS = (("ev_1", "m_01", "irs990", 0.912), ("ev_2", "m_02", "aws", 0.884), ("ev_3", "m_05", "aws", 0.402))


class Evals:
    """Three evaluations, and reports that count what the other parts hold."""

    def __init__(
        self,
        runs: Runs,
        finetunes: Finetunes,
        pipelines: Pipelines,
        answers: Answers,
        *,
        now: Callable[[], float],
        iso: Callable[[float], str],
    ) -> None:
        self._runs, self._finetunes, self._pipelines, self._answers = runs, finetunes, pipelines, answers
        self._began, self._iso = now(), iso

    def add_to(self, routes: Routes) -> None:
        """All of them."""
        routes.show("/api/evals/", lambda: self._answers.bare("evals", [self._row(*one) for one in EVALS]))
        routes.show("/api/evals/suites", lambda: ["aws", "irs990"])
        routes.add("GET", "/api/evals/compare", self.compare)
        routes.show("/api/reports/summary", self.summary)
        routes.show("/api/reports/datagen-stats", self.by_model)
        routes.show("/api/reports/finetune-history", self.finetune_history)

    def compare(self, request: Request) -> Reply:
        """Two of them side by side."""
        rows = {one[0]: self._row(*one) for one in EVALS}
        try:
            first, second = rows[request.query.get("eval_id_a", "")], rows[request.query.get("eval_id_b", "")]
        except KeyError:
            raise Refusal(404, "Eval not found") from None
        return Reply({"eval_a": first, "eval_b": second})

    def summary(self) -> dict[str, Any]:
        """How many of everything, and the scores."""
        scores = [score for _, _, _, score in EVALS]
        return {
            "eval_runs": len(EVALS),
            "pipelines": len(self._pipelines.all),
            "finetune_jobs": len(self._finetunes.all),
            "datagen_jobs": len(self._runs.all),
            "best_score": max(scores),
            "avg_score": round(sum(scores) / len(scores), 4),
        }

    def by_model(self) -> dict[str, Any]:
        """Tokens by model."""
        tokens: Counter[str] = Counter()
        with self._runs.lock:
            for run in self._runs.all.values():
                tokens[run.model] += run.tokens_in + run.tokens_out
        return {"by_model": [{"model": model, "total_tokens": total} for model, total in tokens.most_common()]}

    def finetune_history(self) -> list[dict[str, Any]]:
        """Every fine-tune that ended, also those of pipelines."""
        with self._finetunes.lock:
            found = [
                {
                    "finetune_id": job.id,
                    "model_id": job.base_model,
                    "dataset": "ds_01",
                    "lora_rank": 16,
                    "epochs": job.epochs,
                    "learning_rate": job.learning_rate,
                    "final_loss": job.every[-1][1] if job.every else None,
                    "duration_s": round(job.finished - job.started, 1),
                    "status": job.status,
                }
                for job in self._finetunes.all.values()
                if job.finished is not None
            ]
        return [*found, *self._of_pipelines()]

    def _of_pipelines(self) -> list[dict[str, Any]]:
        with self._pipelines.lock:
            return [
                {
                    "finetune_id": f"{pipeline.id}-ft-{iteration}",
                    "model_id": pipeline.body.get("model_name") or pipeline.body.get("model_id"),
                    "dataset": f"{pipeline.id}-gen-{iteration}",
                    "lora_rank": pipeline.body.get("lora_rank", 16),
                    "epochs": pipeline.body.get("epochs", 3),
                    "learning_rate": pipeline.body.get("learning_rate", 2e-4),
                    "final_loss": line[-1][1],
                    "duration_s": TRAINING_STEPS / TRAINING_STEPS_PER_S,
                    "status": "completed",
                }
                for pipeline in self._pipelines.all.values()
                for iteration, line in pipeline.losses.items()
                if len(line) == TRAINING_STEPS
            ]

    def _row(self, key: str, model: str, suite: str, score: float) -> dict[str, Any]:
        passed = round(CASES * score)
        row = {
            "eval_id": key,
            "model_id": model,
            "suite": suite,
            "status": "passed" if score >= 0.8 else "failed",
            "score": score,
            "duration_s": 184.2,
            "created_at": self._iso(self._began - 86_400),
            "pass_count": passed,
            "fail_count": CASES - passed,
            "total_cases": CASES,
            "results": [{"test_id": f"t{n}", "passed": n < passed, "score": float(n < passed)} for n in range(5)],
            "metrics": {"latency_ms": 412},
        }
        return self._answers.shaped("eval", row)
