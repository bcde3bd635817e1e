"""BobSpark's datasets, with their stats, examples and provenance (PROTOCOLS 1.10); those of a live domain grow."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from llm_service.simulators.answers import Answers
from llm_service.simulators.faults import HOSTILE
from llm_service.simulators.http_door import Refusal, Reply, Request, Routes
from llm_service.simulators.runs import Runs
from llm_service.simulators.words import DOMAINS, TYPES, saying

ORIGINS = ("datagen", "upload", "huggingface", "pipeline")
KINDS = tuple(TYPES)
COUNT = 14
DAY_S = 86_400


class Datasets:
    """Fourteen of them, made from the seed; ids ds_01 …"""

    def __init__(
        self, runs: Runs, answers: Answers, *, seed: int, now: Callable[[], float], iso: Callable[[float], str]
    ):
        self._runs, self._answers, self._iso = runs, answers, iso
        chance = random.Random(f"{seed}:datasets")  # noqa: S311 - reproducible on purpose
        self._all = {row["id"]: row for row in (_dataset(chance, n, now()) for n in range(1, COUNT + 1))}

    def add_to(self, routes: Routes) -> None:
        """All of them."""
        routes.show("/api/data/datasets", self.listing)
        routes.show("/api/data/sources", lambda: [{"name": name, "datasets": self._of(name)} for name in ORIGINS])
        routes.add("GET", "/api/data/datasets/{id}/stats", self.stats)
        routes.add("GET", "/api/data/datasets/{id}/examples", self.examples)
        routes.add("GET", "/api/data/datasets/{id}/provenance", self.provenance)

    def listing(self) -> object:
        """All, as they stand now."""
        return self._answers.bare("datasets", [self._row(row) for row in self._all.values()])

    def stats(self, request: Request) -> Reply:
        """Free keys and values."""
        row = self._row(self._find(request))
        return Reply(
            {
                "examples": row["example_count"],
                "tokens": row["token_count"],
                "avg_tokens_per_example": round(row["token_count"] / row["example_count"], 1),
                "duplicates_removed": row["example_count"] // 37,
                "train_split": 0.9,
                "languages": ["en"],
            }
        )

    def examples(self, request: Request) -> Reply:
        """Five."""
        row = self._find(request)
        chance = random.Random(row["id"])  # noqa: S311
        hostile = HOSTILE if "hostile" in self._answers.faults else ""
        rows = [{"text": hostile + saying(chance, row["kind"], row["domain"])} for _ in range(5)]
        return Reply(self._answers.bare("examples", [self._answers.shaped("example", one) for one in rows]))

    def provenance(self, request: Request) -> Reply:
        """From where it came, step by step."""
        row = self._row(self._find(request))
        count, begun = row["example_count"], row["created_at"]
        steps = [
            {
                "operation": "generate",
                "source": "spark",
                "model": "claude-3-5-sonnet",
                "version": "1",
                "count": count * 11 // 10,
            },
            {
                "operation": "deduplicate",
                "source": "generate",
                "model": None,
                "version": "1",
                "count": count * 21 // 20,
            },
            {"operation": "validate", "source": "deduplicate", "model": "gpt-4o", "version": "2", "count": count},
        ]
        rows = [self._answers.shaped("step", {**step, "timestamp": begun}) for step in steps]
        return Reply(self._answers.bare("steps", rows))

    def _of(self, origin: str) -> int:
        return sum(1 for row in self._all.values() if row["source"] == origin)

    def _find(self, request: Request) -> dict[str, Any]:
        row = self._all.get(request.values[0])
        if row is None:
            raise Refusal(404, "Dataset not found")
        return row

    def _row(self, row: dict[str, Any]) -> dict[str, Any]:
        with self._runs.lock:
            made = sum(run.iterations for run in self._runs.all.values() if run.plan.domain == row["domain"])
        count = row["example_count"] + made
        hostile = HOSTILE if "hostile" in self._answers.faults else ""
        return {
            "id": row["id"],
            "name": row["name"] + hostile,
            "description": row["description"] + hostile,
            "example_count": count,
            "token_count": count * row["tokens_each"],
            "source": row["source"],
            "tags": [*row["tags"], *([hostile] if hostile else [])],
            "created_at": self._iso(row["created"]),
        }


def _dataset(chance: random.Random, n: int, now: float) -> dict[str, Any]:
    domain, kind = DOMAINS[n % len(DOMAINS)], KINDS[n % len(KINDS)]
    return {
        "id": f"ds_{n:02}",
        "domain": domain,
        "kind": kind,
        "name": f"{domain.lower().replace(' ', '-')}-{kind}-v{n // len(DOMAINS) + 1}",
        "description": f"{TYPES[kind]} about {domain}, deduplicated and validated",
        "example_count": chance.randint(60, 4_800),
        "tokens_each": chance.randint(90, 420),
        "source": chance.choice(ORIGINS),
        "tags": sorted({kind, domain.split()[-1].lower(), chance.choice(("gold", "draft", "reviewed"))}),
        "created": now - chance.uniform(1, 60) * DAY_S,
    }
