"""BobSpark's endpoints of runs: submit, list, detail, cancel, queue, stream, analytics (PROTOCOLS 1.2 and 1.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llm_service.simulators.answers import Answers
from llm_service.simulators.http_door import Invalid, Refusal, Reply, Request, Routes
from llm_service.simulators.run_analytics import analytics_of
from llm_service.simulators.runs import Run, Runs


class RunEndpoints:
    """Adds its routes; `analytics` goes over all runs there are, the past ones too."""

    def __init__(self, runs: Runs, answers: Answers, *, now: Callable[[], float], iso: Callable[[float], str]) -> None:
        self._runs, self._answers, self._now, self._iso = runs, answers, now, iso

    def add_to(self, routes: Routes) -> None:
        """All of them; those with fixed names before {id}."""
        routes.add("POST", "/api/runs", self.submit)
        routes.add("GET", "/api/runs", self.listing)
        routes.show("/api/runs/queue", self.queue)
        routes.show("/api/runs/analytics", self.analytics)
        routes.add("GET", "/api/runs/{id}/stream", self.stream)
        routes.add("GET", "/api/runs/{id}", self.detail)
        routes.add("DELETE", "/api/runs/{id}", self.cancel)

    def submit(self, request: Request) -> Reply:
        """A run is made of every body with a task; 422 says which field is wrong."""
        body = request.body
        if not isinstance(body, dict):
            raise Invalid("missing", ("body",), "Field required", body)
        task, config = body.get("task"), body.get("config") or {}
        if not isinstance(task, str) or not task.strip():
            raise Invalid("missing", ("body", "task"), "Field required", body)
        if not isinstance(config, dict):
            raise Invalid("dict_type", ("body", "config"), "Input should be a valid dictionary", config)
        max_iter = body.get("max_iter", 20)
        if not isinstance(max_iter, int) or isinstance(max_iter, bool) or not 1 <= max_iter <= 200:
            raise Invalid("int_range", ("body", "max_iter"), "Input should be an integer from 1 to 200", max_iter)
        model = body.get("model") or config.get("orchestrator_model") or "local/spark-model"
        runs = self._runs
        with runs.lock:
            run = runs.submit(task, str(model), config, max_iter=max_iter, queued=bool(body.get("queued")))
            told = {"run_id": run.id, "status": run.status, "queue_position": runs.position(run)}
        return Reply(self._answers.shaped("submitted", told))

    def listing(self, request: Request) -> Reply:
        """Newest first."""
        limit = max(0, request.number("limit", 50))
        with self._runs.lock:
            newest = [run for run in reversed(self._runs.all.values()) if run.status != "vanished"][:limit]
            return Reply(self._answers.wrapped("runs", [self._row(run) for run in newest]))

    def detail(self, request: Request) -> Reply:
        """The run and every event of it."""
        with self._runs.lock:
            run = self._find(request)
            row = {**self._row(run), "max_iter": run.plan.max_iter, "config": run.config}
            return Reply({"run": row, "events": [event.listed() for event in run.history()]})

    def cancel(self, request: Request) -> Reply:
        """200 also where it had ended."""
        with self._runs.lock:
            run = self._find(request)
            self._runs.cancel(run)
            return Reply({"run_id": run.id, "status": run.status})

    def queue(self) -> object:
        """Those that wait, next first."""
        with self._runs.lock:
            rows = [
                {
                    "run_id": run.id,
                    "task": run.task,
                    "model": run.model,
                    "status": run.status,
                    "queue_position": position,
                    "wait_s": round(self._now() - run.created, 1),
                    "config": run.config,
                }
                for position, run in enumerate(self._runs.waiting(), 1)
            ]
        return self._answers.wrapped("queue", [self._answers.shaped("queued", row) for row in rows])

    def analytics(self) -> object:
        """Everything, for all time."""
        with self._runs.lock:
            runs = [run for run in self._runs.all.values() if run.status != "vanished"]
            told = analytics_of(runs, lambda at: self._iso(at)[:10])
        told["totals"] = self._answers.shaped("totals", told["totals"])
        return self._answers.shaped("analytics", told)

    def stream(self, request: Request) -> Reply:
        """From now on; `?replay=1` from the beginning (a switch of the simulator, not of the real server)."""
        faults = self._answers.faults
        if wait_s := faults.number("busy", 2.0):
            busy = Refusal(503, "Service Unavailable")
            busy.reply.headers["retry-after"] = f"{wait_s:g}"
            raise busy
        last = request.headers.get("Last-Event-ID", "")
        after_id = int(last) if "ids" in faults and last.isdigit() else None
        with self._runs.lock:
            run = self._find(request)
            outbox = self._runs.listen(run, replay=request.query.get("replay") == "1", after_id=after_id)
        return Reply(kind="text/event-stream; charset=utf-8", stream=outbox)

    def _find(self, request: Request) -> Run:
        run = self._runs.all.get(request.values[0])
        if run is None or run.status == "vanished":
            raise Refusal(404, "Run not found")
        return run

    def _row(self, run: Run) -> dict[str, Any]:
        row = {
            "id": run.id,
            "task": run.task,
            "model": run.model,
            "status": run.status,
            "tokens_in": run.tokens_in,
            "tokens_out": run.tokens_out,
            "duration_s": run.duration_s,
            "created_at": self._iso(run.created),
        }
        return self._answers.shaped("run", row)
