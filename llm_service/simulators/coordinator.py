"""BobSpark's coordinator: the active job as live runs make it, and its machines, to be paused (PROTOCOLS 1.7)."""

from __future__ import annotations

from typing import Any

from llm_service.simulators.answers import Answers
from llm_service.simulators.http_door import Invalid, Refusal, Reply, Request, Routes
from llm_service.simulators.runs import Run, Runs

NODES = ("spark", "linux")
TOKENS_A_PAIR = 120


class Coordinator:
    """One active job at a time: it lasts from the first live run to the last, and counts what its runs made."""

    def __init__(self, runs: Runs, answers: Answers) -> None:
        self._runs, self._answers = runs, answers
        self._number = 0
        self._first_run = 0
        self._nodes: list[str] = []

    def add_to(self, routes: Routes) -> None:
        """All of them."""
        routes.show("/api/coordinator/jobs/active", self.active)
        routes.add("POST", "/api/coordinator/jobs/active/add-node", self.add_node)
        routes.add("PUT", "/api/coordinator/jobs/{id}/nodes/{name}/pause", lambda request: self._switch(request, True))
        routes.add(
            "PUT", "/api/coordinator/jobs/{id}/nodes/{name}/resume", lambda request: self._switch(request, False)
        )

    def active(self) -> dict[str, Any]:
        """404 where nothing runs."""
        with self._runs.lock:
            part = self._look()
            names = [*self._nodes, *sorted({run.node for run in part} - set(self._nodes))]
            nodes = [self._node(name, [run for run in part if run.node == name]) for name in names]
            told = {"id": f"job_{self._number}", "task": part[-1].task, "nodes": nodes}
        return self._answers.shaped("active", told)

    def add_node(self, request: Request) -> Reply:
        """409 where it is in already, 404 for a machine or job that nobody knows."""
        body = request.body if isinstance(request.body, dict) else {}
        for name in ("node", "job_id"):
            if not isinstance(body.get(name), str):
                raise Invalid("missing", ("body", name), "Field required", body)
        with self._runs.lock:
            part = self._look()
            if body["job_id"] != f"job_{self._number}":
                raise Refusal(404, "Job not found")
            if body["node"] not in NODES:
                raise Refusal(404, f"Node {body['node']} not found")
            if body["node"] in {*self._nodes, *(run.node for run in part)}:
                raise Refusal(409, f"Node {body['node']} works on this job already")
            self._nodes.append(body["node"])
        return Reply({"status": "ok"})

    def _switch(self, request: Request, pause: bool) -> Reply:
        job, name = request.values
        with self._runs.lock:
            part = self._look()
            if job != f"job_{self._number}":
                raise Refusal(404, "Job not found")
            if name not in {*self._nodes, *(run.node for run in part)}:
                raise Refusal(404, f"Node {name} not found")
            (self._runs.paused.add if pause else self._runs.paused.discard)(name)
        return Reply({"status": "paused" if pause else "running"})

    def _look(self) -> list[Run]:
        """The runs of the active job; a new job begins where the one before had ended."""
        live = [run for run in self._runs.all.values() if run.live]
        if not live:
            self._first_run = 0
            raise Refusal(404, "No active job")
        if not self._first_run:
            self._first_run, self._number, self._nodes = live[0].number, self._number + 1, []
        return [run for run in self._runs.all.values() if run.number >= self._first_run]

    def _node(self, name: str, runs: list[Run]) -> dict[str, Any]:
        tokens = sum(run.tokens_out for run in runs)
        told = {
            "name": name,
            "status": "paused" if name in self._runs.paused else "running",
            "tokens_out": tokens,
            "pairs_done": tokens // TOKENS_A_PAIR,
        }
        return self._answers.shaped("active_node", told)
