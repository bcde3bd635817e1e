"""BobSpark's feed of question and answer pairs, one for every finished iteration of a run (PROTOCOLS 1.6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llm_service.simulators.answers import Answers
from llm_service.simulators.faults import HOSTILE
from llm_service.simulators.http_door import Reply, Request, Routes
from llm_service.simulators.runs import Run, Runs

ASKED = (
    ("What limits access to {d} to one account?", "A condition on the account of whoever calls."),
    ("What happens in {d} when two rules disagree?", "An explicit deny wins over every allow."),
    ("How is a change to {d} found again later?", "In the trail of calls, by the name of the resource."),
    ("Which number tells that {d} is throttled?", "The count of throttled requests, over a minute."),
)
LEVELS = ("easy", "medium", "hard")
GROUNDING = ("high", "medium", "low")


class QuestionFeed:
    """Newest first, bare."""

    def __init__(self, runs: Runs, answers: Answers, iso: Callable[[float], str]) -> None:
        self._runs, self._answers, self._iso = runs, answers, iso

    def add_to(self, routes: Routes) -> None:
        """Its one route."""
        routes.add("GET", "/api/datagen/monitor/qa", self.listing)

    def listing(self, request: Request) -> Reply:
        """Of one run, or of the newest ones."""
        limit, wanted = max(0, request.number("limit", 20)), request.query.get("run_id")
        rows: list[dict[str, Any]] = []
        with self._runs.lock:
            for run in reversed(self._runs.all.values()):
                if wanted in (None, "", run.id) and len(rows) < limit:
                    rows += self._pairs(run)
        return Reply(self._answers.bare("items", [self._answers.shaped("qa", row) for row in rows[:limit]]))

    def _pairs(self, run: Run) -> list[dict[str, Any]]:
        done = run.iterations if not run.live else run.iterations - 1
        return [self._pair(run, n) for n in range(done, 0, -1)]

    def _pair(self, run: Run, n: int) -> dict[str, Any]:
        question, answer = ASKED[(run.number + n) % len(ASKED)]
        hostile = HOSTILE if "hostile" in self._answers.faults else ""
        return {
            "id": f"qa_{run.number * 100 + n}",
            "service": run.plan.domain,
            "question": f"{question.format(d=run.plan.domain)} ({n}){hostile}",
            "answer": answer + hostile,
            "difficulty": LEVELS[(run.number + n) % 3],
            "grounding": GROUNDING[(run.number * 2 + n) % 3],
            "citations": [f"guide.pdf#{n}"],
            "created_at": self._iso((run.started or run.created) + n),
        }
