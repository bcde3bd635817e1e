"""BobSpark's models: what lies on each machine, the registry, the leaderboard, deployments (PROTOCOLS 1.11)."""

from __future__ import annotations

from typing import Any

from llm_service.simulators.answers import Answers
from llm_service.simulators.faults import HOSTILE
from llm_service.simulators.http_door import Invalid, Refusal, Reply, Request, Routes

LOCAL = {
    "spark": (("qwen2.5:32b", 19.8, "32.8B", "Q4_K_M", "qwen2"), ("llama3.1:70b", 42.5, "70.6B", "Q4_K_M", "llama")),
    "linux": (("qwen2.5:7b", 4.7, "7.6B", "Q4_K_M", "qwen2"), ("phi3:mini", 2.2, "3.8B", "Q4_0", "phi3")),
}
REGISTRY = (
    ("donut-irs990", 0.912, "active"),
    ("spark-iam-expert-v3", 0.884, "active"),
    ("spark-iam-expert-v2", 0.861, "archived"),
    ("monday_com_expert_skills", 0.847, "active"),
    ("molasses-master-expert", 0.802, "candidate"),
    ("linux-s3-small", 0.744, "candidate"),
)
GIB = 1_000_000_000


class Models:
    """A registry that can be added to by a pull and taken from by a delete."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._registry = {
            f"m_{n:02}": {"model_name": name, "benchmark_score": score, "status": status}
            for n, (name, score, status) in enumerate(REGISTRY, 1)
        }

    def add_to(self, routes: Routes) -> None:
        """Fixed names before {id}."""
        routes.show("/api/models/", lambda: self._local("spark"))
        routes.show("/api/models/linux", lambda: self._local("linux"))
        routes.show("/api/models/registry", lambda: self._answers.bare("models", self._rows()))
        routes.show("/api/models/registry/leaderboard", self.leaderboard)
        routes.add("POST", "/api/models/pull", self.pull)
        routes.add("GET", "/api/models/{id}/card", self.card)
        routes.add("GET", "/api/models/{id}/lineage", self.lineage)
        routes.add("DELETE", "/api/models/{id}", self.delete)
        routes.show("/api/deploy/", lambda: self._answers.wrapped("deployments", [_deployment()]))
        routes.show("/api/deploy/active", _deployment)

    def leaderboard(self) -> object:
        """Best first."""
        rows = sorted(self._rows(), key=lambda row: -row["benchmark_score"])
        return self._answers.bare("models", [{**row, "rank": n} for n, row in enumerate(rows, 1)])

    def pull(self, request: Request) -> Reply:
        """A model by its name becomes a candidate without a score of its own yet."""
        body = request.body if isinstance(request.body, dict) else {}
        name = body.get("name") or body.get("model")
        if not isinstance(name, str):
            raise Invalid("missing", ("body", "name"), "Field required", request.body)
        key = f"m_{len(self._registry) + 1:02}"
        self._registry[key] = {"model_name": name, "benchmark_score": 0.0, "status": "pulling"}
        return Reply({"model_id": key, "status": "pulling"})

    def card(self, request: Request) -> Reply:
        """What is written about it."""
        row = self._find(request)
        return Reply({**row, "description": f"{row['model_name']}, fine-tuned on validated data", "license": "private"})

    def lineage(self, request: Request) -> Reply:
        """From what it was made."""
        row = self._find(request)
        chain = ["unsloth/Qwen2.5-1.5B-Instruct", "ds_01", "ft_01", str(row["model_name"])]
        return Reply({"model_id": request.values[0], "chain": chain})

    def delete(self, request: Request) -> Reply:
        """Gone from the registry."""
        self._find(request)
        del self._registry[request.values[0]]
        return Reply({"status": "deleted"})

    def _find(self, request: Request) -> dict[str, Any]:
        if request.values[0] not in self._registry:
            raise Refusal(404, "Model not found")
        return {"model_id": request.values[0], **self._registry[request.values[0]]}

    def _rows(self) -> list[dict[str, Any]]:
        hostile = HOSTILE if "hostile" in self._answers.faults else ""
        return [
            {"model_id": key, **row, "model_name": f"{row['model_name']}{hostile}"}
            for key, row in self._registry.items()
        ]

    def _local(self, node: str) -> object:
        rows = [
            {
                "name": name,
                "size": int(size * GIB),
                "details": {"parameter_size": parameters, "quantization_level": level, "family": family},
            }
            for name, size, parameters, level, family in LOCAL[node]
        ]
        return self._answers.wrapped("models", rows)


def _deployment() -> dict[str, Any]:
    return {"id": "dep_1", "status": "active", "model_name": "spark-iam-expert-v3", "backend": "ollama"}
