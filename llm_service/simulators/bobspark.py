"""A faithful BobSpark-APIs (PROTOCOLS 1.12) on 127.0.0.1, with a ledger of what it did and faults to switch on."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from llm_service.simulators.answers import Answers
from llm_service.simulators.conductor import Conductor
from llm_service.simulators.coordinator import Coordinator
from llm_service.simulators.crew import Crew
from llm_service.simulators.datasets import Datasets
from llm_service.simulators.evals import Evals
from llm_service.simulators.faults import Faults
from llm_service.simulators.finetune_endpoints import FinetuneEndpoints
from llm_service.simulators.finetunes import Finetunes
from llm_service.simulators.frames import Dialect
from llm_service.simulators.http_door import Door, Invalid, Reply, Request, Routes
from llm_service.simulators.models import Models
from llm_service.simulators.nodes import Nodes
from llm_service.simulators.past import remember
from llm_service.simulators.pipeline_endpoints import PipelineEndpoints, encoder
from llm_service.simulators.pipelines import Pipelines
from llm_service.simulators.question_feed import QuestionFeed
from llm_service.simulators.run_endpoints import RunEndpoints
from llm_service.simulators.runs import Run, Runs


class Bobspark:
    """One simulated server. `slots` runs at once before the queue holds them back; `failing` is the share that fails.

    `rate`: events a second of every run instead of the natural 1 to 5. `length`: 3 makes runs three times as long as
    the recipe's 24 s, about what the real server's take. `past_runs`: ended runs of the past 30 days, and
    ended fine-tunes. `workers`: so many runs, a fine-tune and a pipeline are kept alive without anybody asking.
    Reproducible by `seed`: run number n of a seed has the same id, texts and tokens, whatever the speed.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        dialect: Dialect = "a",
        seed: int = 0,
        speed: float = 1.0,
        faults: Iterable[str] = (),
        slots: int = 8,
        failing: float = 0.15,
        rate: float | None = None,
        length: float = 1.0,
        past_runs: int = 0,
        workers: int = 0,
    ) -> None:
        self.faults = Faults(faults)
        self._conductor = Conductor("sim-conductor", speed)
        self._answers = Answers(self.faults)
        self.runs = Runs(
            self._conductor,
            self.faults,
            dialect=dialect,
            seed=seed,
            now=self.now,
            iso=iso,
            slots=slots,
            failing=failing,
            rate=rate,
            length=length,
        )
        self.finetunes = Finetunes(self._conductor, self.faults, seed=seed, now=self.now, past=past_runs > 0)
        encode = encoder(dialect, self._answers)
        self.pipelines = Pipelines(self._conductor, seed=seed, now=self.now, encode=encode)
        remember(self.runs, past_runs, seed, self.now())
        if workers:
            things = (self.runs, self.finetunes, self.pipelines, self._conductor)
            Crew(*things, size=workers, seed=seed).begin()
        routes = Routes()
        self._add_endpoints(routes, seed)
        self._add_own_doors(routes)
        self._door = Door(routes, self.faults, port)
        self.port = self._door.port
        self.url = f"http://127.0.0.1:{self.port}"

    def now(self) -> float:
        """Seconds since the epoch by this server's clock."""
        return time.time() + self.faults.number("skew", 0.0)

    def start(self) -> Bobspark:
        """Begin to answer."""
        self._conductor.start()
        self._door.start()
        return self

    def stop(self) -> None:
        """Hang up on everybody and end both threads."""
        self._conductor.stop()
        self.cut()
        self._door.stop(3.0)

    def restart(self, down_s: float = 0.3) -> None:
        """As if the server was started anew: all connections end, nobody answers for `down_s`; runs go on."""
        self.cut()
        self._door.restart(down_s)

    def set_faults(self, *names: str) -> None:
        """These faults and no others from now on."""
        self.faults.replace(names)

    def cut(self) -> int:
        """Drop all open streams now; how many there were."""
        return self.runs.cut() + self.pipelines.cut()

    def ledger(self) -> dict[str, Any]:
        """Exactly what happened: by run its status, tokens, iterations, events and frames sent; by job its losses."""
        with self.runs.lock:
            runs = {run.id: _account(run) for run in self.runs.all.values()}
        return {"runs": runs, "jobs": {**self.finetunes.account(), **self.pipelines.account()}}

    def _add_endpoints(self, routes: Routes, seed: int) -> None:
        runs, finetunes, pipelines, answers = self.runs, self.finetunes, self.pipelines, self._answers
        RunEndpoints(runs, answers, now=self.now, iso=iso).add_to(routes)
        Nodes(runs, answers, now=self.now, training=lambda: finetunes.running() is not None).add_to(routes)
        Coordinator(runs, answers).add_to(routes)
        QuestionFeed(runs, answers, iso).add_to(routes)
        FinetuneEndpoints(finetunes, runs, answers, now=self.now, iso=iso).add_to(routes)
        PipelineEndpoints(pipelines, answers, now=self.now, iso=iso).add_to(routes)
        Datasets(runs, answers, seed=seed, now=self.now, iso=iso).add_to(routes)
        Models(answers).add_to(routes)
        Evals(runs, finetunes, pipelines, answers, now=self.now, iso=iso).add_to(routes)

    def _add_own_doors(self, routes: Routes) -> None:
        routes.show("/_sim/ledger", self.ledger)
        routes.show("/_sim/faults", lambda: {"faults": self.faults.names()})
        routes.add("POST", "/_sim/faults", self._take_faults)
        routes.add("POST", "/_sim/cut", lambda _request: Reply({"dropped": self.cut()}))
        routes.add("POST", "/_sim/restart-streams", self._restart_streams)

    def _take_faults(self, request: Request) -> Reply:
        names = (request.body or {}).get("faults") if isinstance(request.body, dict) else None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise Invalid("list_type", ("body", "faults"), "Input should be a list of fault names", request.body)
        try:
            self.set_faults(*names)
        except ValueError as error:
            raise Invalid("value_error", ("body", "faults"), str(error), names) from None
        return Reply({"faults": self.faults.names()})

    def _restart_streams(self, request: Request) -> Reply:
        down_s = float((request.body or {}).get("down_s", 0.3)) if isinstance(request.body, dict) else 0.3
        self._conductor.after(0.05 * self._conductor.speed, lambda: self.restart(down_s))
        return Reply({"down_s": down_s})


def iso(at: float) -> str:
    """ISO 8601 with milliseconds and Z."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _account(run: Run) -> dict[str, Any]:
    return {
        "status": run.status,
        "tokens_in": run.tokens_in,
        "tokens_out": run.tokens_out,
        "iterations": run.iterations,
        "events": len(run.history()),
        "node": run.node,
        "model": run.model,
        "task": run.task,
        "snippet": run.snippet,
        "max_iter": run.plan.max_iter,
        "outcome": run.plan.outcome,
        "created_at": iso(run.created),
        "duration_s": run.duration_s,
        "streams": run.streams,
        "frames": run.sent_to,
    }
