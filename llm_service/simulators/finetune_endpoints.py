"""BobSpark's endpoints of fine-tunes, jobs and containers (PROTOCOLS 1.8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llm_service.simulators.answers import Answers
from llm_service.simulators.finetunes import Finetune, Finetunes
from llm_service.simulators.http_door import Invalid, Refusal, Reply, Request, Routes
from llm_service.simulators.runs import Run, Runs

CONTAINER = "donut-finetune"
LOG_TAIL = 100
CHUNKS_A_JOB = 5
FIRST_PID = 20_000


class FinetuneEndpoints:
    """Adds its routes."""

    def __init__(
        self,
        finetunes: Finetunes,
        runs: Runs,
        answers: Answers,
        *,
        now: Callable[[], float],
        iso: Callable[[float], str],
    ) -> None:
        self._finetunes, self._runs, self._answers, self._now, self._iso = finetunes, runs, answers, now, iso

    def add_to(self, routes: Routes) -> None:
        """All of them."""
        routes.show("/api/finetune/", self.listing)
        routes.add("POST", "/api/finetune/start", self.start)
        routes.add("GET", "/api/finetune/{id}", self.one)
        routes.show("/api/jobs/", self.jobs)
        routes.add("DELETE", "/api/jobs/{id}", self.cancel_job)
        routes.show("/api/containers/", self.containers)
        routes.add("GET", "/api/containers/{id}/logs", self.logs)

    def listing(self) -> object:
        """Newest first, bare."""
        with self._finetunes.lock:
            rows = [self._row(job) for job in reversed(self._finetunes.all.values())]
        return self._answers.bare("jobs", rows)

    def start(self, request: Request) -> Reply:
        """One at a time: a second is refused by 409, or gets the running one's id under the fault `same-job`."""
        body = request.body
        if not isinstance(body, dict):
            raise Invalid("missing", ("body",), "Field required", body)
        for name in ("epochs", "batch_size"):
            value = body.get(name, 1)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise Invalid("greater_than", ("body", name), "Input should be greater than 0", value)
        with self._finetunes.lock:
            job = self._finetunes.running()
            if job is not None and "same-job" not in self._answers.faults:
                detail = f"Fine-tune {job.id} is already running"
                raise Refusal(409, detail, {"detail": detail, "job_id": job.id, "pid": job.pid})
            job = job or self._finetunes.start(body)
            return Reply({"job_id": job.id, "pid": job.pid, "status": job.status})

    def one(self, request: Request) -> Reply:
        """The row of one job."""
        with self._finetunes.lock:
            job = self._finetunes.all.get(request.values[0])
            if job is None:
                raise Refusal(404, "Job not found")
            return Reply(self._row(job))

    def jobs(self) -> object:
        """What runs or waits: the fine-tune by its PID, and data-generation jobs of up to five runs, a chunk each."""
        with self._finetunes.lock:
            job = self._finetunes.running()
            rows = [self._job_of_finetune(job)] if job else []
        with self._runs.lock:
            rows += [self._job_of_runs(pid, runs) for pid, runs in self._live_groups().items()]
        if "aliases" in self._answers.faults:
            rows = [{**row, "id": row["pid"]} for row in rows]
        return self._answers.bare("jobs", rows)

    def cancel_job(self, request: Request) -> Reply:
        """By its PID-number."""
        number = request.values[0].removeprefix("PID-")
        with self._finetunes.lock:
            for job in self._finetunes.all.values():
                if str(job.pid) == number and job.status == "running":
                    self._finetunes.cancel(job)
                    return Reply({"status": "cancelled"})
        with self._runs.lock:
            runs = next((runs for pid, runs in self._live_groups().items() if str(pid) == number), [])
            for run in runs:
                self._runs.cancel(run)
        if runs:
            return Reply({"status": "cancelled"})
        raise Refusal(404, "Job not found")

    def containers(self) -> object:
        """The one that trains."""
        with self._finetunes.lock:
            running = self._finetunes.running() is not None
        return self._answers.bare(
            "containers", [{"id": CONTAINER, "name": CONTAINER, "status": "running" if running else "exited"}]
        )

    def logs(self, request: Request) -> Reply:
        """The last lines of the newest job that has any."""
        if request.values[0] != CONTAINER:
            raise Refusal(404, "Container not found")
        tail = max(0, request.number("tail", LOG_TAIL))
        with self._finetunes.lock:
            log = next((job.log for job in reversed(self._finetunes.all.values()) if job.log), [])
            return Reply({"logs": "\n".join(log[-tail:] if tail else [])})

    def _row(self, job: Finetune) -> dict[str, Any]:
        row = {
            "id": job.id,
            "status": job.status,
            "base_model": job.base_model,
            "epochs": job.epochs,
            "current_epoch": job.epoch,
            "learning_rate": job.learning_rate,
            "batch_size": job.batch_size,
            "pid": job.pid,
            "started_at": self._iso(job.started),
            "finished_at": self._iso(job.finished) if job.finished is not None else None,
        }
        return self._answers.shaped("finetune", row if job.error is None else {**row, "error": job.error})

    def _job_of_finetune(self, job: Finetune) -> dict[str, Any]:
        return {
            "id": f"PID-{job.pid}",
            "pid": job.pid,
            "type": "finetune",
            "domain": job.base_model,
            "node": "spark",
            "count": job.steps,
            "severities": None,
            "chunk": f"{min(5, job.step * 5 // job.steps + 1)}/5",
            "elapsed": elapsed_text(self._now() - job.started),
            "progress": job.step * 100 // job.steps,
            "status": job.status,
        }

    def _live_groups(self) -> dict[int, list[Run]]:
        """Consecutive runs by the process that makes them, where one of them is live."""
        groups: dict[int, list[Run]] = {}
        for run in self._runs.all.values():
            if run.number > 0:
                groups.setdefault(FIRST_PID + (run.number - 1) // CHUNKS_A_JOB, []).append(run)
        return {pid: runs for pid, runs in groups.items() if any(run.live for run in runs)}

    def _job_of_runs(self, pid: int, runs: list[Run]) -> dict[str, Any]:
        first = runs[0]
        ended = sum(1 for run in runs if not run.live)
        done = sum(min(0.95, run.iterations / run.plan.iterations) if run.live else 1.0 for run in runs)
        return {
            "id": f"PID-{pid}",
            "pid": pid,
            "type": first.plan.kind,
            "domain": first.plan.domain,
            "node": first.node,
            "count": 100 * len(runs),
            "severities": None,
            "chunk": f"{ended + 1}/{len(runs)}",
            "elapsed": elapsed_text(self._now() - (first.started or first.created)),
            "progress": int(done / len(runs) * 100),
            "status": "running" if any(run.status == "running" for run in runs) else "queued",
        }


def elapsed_text(seconds: float) -> str:
    """12s, 3m 12s, 1h 03m."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    return f"{whole // 60}m {whole % 60}s" if whole < 3600 else f"{whole // 3600}h {whole // 60 % 60:02}m"
