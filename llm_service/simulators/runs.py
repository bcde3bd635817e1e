"""The runs of a simulated BobSpark: submitted, queued for a slot, played step by step, streamed and kept."""

from __future__ import annotations

import itertools
import random
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from llm_service.simulators.conductor import Conductor
from llm_service.simulators.faults import HOSTILE, Faults
from llm_service.simulators.frames import Dialect, RunEvent, Wire
from llm_service.simulators.outbox import Outbox
from llm_service.simulators.run_script import Plan, Step, make_plan, steps_of
from llm_service.simulators.words import TOKENS, domain_of, kind_of

ENDED = ("completed", "failed", "cancelled", "vanished")
WAITING_WORD_S = 2.0
PAUSED_LOOK_S = 0.5
HUGE = 300_000
WHOLE_RUNS = 400
"""Of so many ended runs every event is kept, of older ones the last two: a demo may run for weeks."""


@dataclass
class Run:
    """One run. Times are seconds since the epoch by the simulator's own (perhaps skewed) clock."""

    id: str
    number: int
    task: str
    model: str
    config: dict[str, Any]
    node: str
    plan: Plan
    script_seed: str
    created: float
    status: str = "queued"
    started: float | None = None
    finished: float | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    iterations: int = 0
    snippet: str | None = None
    events: list[RunEvent] = field(default_factory=list)
    past: Callable[[], list[RunEvent]] | None = None
    """Makes the events of a run that ended before this server began."""
    listeners: list[tuple[Outbox, Wire]] = field(default_factory=list)
    script: Iterator[Step] | None = None
    next_step: Step | None = None
    updates: int = 0
    sent_to: int = 0
    """Frames given to listeners, all together."""
    streams: int = 0
    reset_at: int = 0
    """What a stream whose counter began again takes off tokens_out."""

    def steps(self) -> Iterator[Step]:
        """What it does, from its beginning; the same each time."""
        return steps_of(random.Random(self.script_seed), self.plan)  # noqa: S311 - reproducible on purpose

    def history(self) -> list[RunEvent]:
        """Every event so far."""
        return self.past() if self.past is not None else self.events

    @property
    def live(self) -> bool:
        """Whether it has not ended."""
        return self.status not in ENDED

    @property
    def duration_s(self) -> float | None:
        """Seconds from start to end; None while it runs, as the real server answers."""
        if self.finished is None:
            return None
        return round(self.finished - (self.started if self.started is not None else self.created), 3)


class Runs:
    """All runs, newest last. One lock for everything: the simulated server is small."""

    def __init__(
        self,
        conductor: Conductor,
        faults: Faults,
        *,
        dialect: Dialect,
        seed: int,
        now: Callable[[], float],
        iso: Callable[[float], str],
        slots: int,
        failing: float,
        rate: float | None,
        length: float,
    ) -> None:
        self.lock = threading.RLock()
        self.all: dict[str, Run] = {}
        self.paused: set[str] = set()
        self.dialect: Dialect = dialect
        self._conductor, self._faults = conductor, faults
        self._seed, self._now, self.iso = seed, now, iso
        self._slots, self._failing, self._rate, self._length = slots, failing, rate, length
        self._numbers = itertools.count(1)
        self._event_ids = itertools.count(1)
        self._streams_opened = 0
        self._whole: deque[Run] = deque()

    # ---- asked for by clients

    def submit(self, task: str, model: str, config: dict[str, Any], *, max_iter: int = 20, queued: bool = False) -> Run:
        """A new run: it starts at once, or waits for a free slot where it is to be queued."""
        with self.lock:
            number = next(self._numbers)
            run = self.make(number, task, model, config, max_iter, self._now())
            self.all[run.id] = run
            if not queued or self.running() < self._slots:
                self._begin(run)
            else:
                self._conductor.after(0.0, lambda: self._say_waiting(run))
            return run

    def make(self, number: int, task: str, model: str, config: dict[str, Any], max_iter: int, created: float) -> Run:
        """A run that is in no list yet; all chance in it comes from the seed and its number."""
        chance = random.Random(f"{self._seed}:{number}")  # noqa: S311 - reproducible on purpose
        if "hostile" in self._faults:
            task = f"{task} {HOSTILE}"
        wanted = config.get("sim")
        plan = make_plan(
            chance,
            kind=kind_of(task, config),
            domain=domain_of(task, config),
            max_iter=max_iter,
            failing=self._failing,
            rate=self._rate,
            length=self._length,
            tokens=TOKENS.get(model, (10, 60)),
            wanted=wanted if isinstance(wanted, dict) else {},
        )
        node = config.get("node")
        if node not in ("spark", "linux"):
            node = "linux" if model == "local/linux-model" else "spark"
        run_id = f"run_{chance.getrandbits(32):08x}"
        return Run(run_id, number, task, model, config, node, plan, f"{self._seed}:{number}:script", created)

    def cancel(self, run: Run) -> None:
        """Cancel it where it has not ended; its stream ends with stream_end {cancelled}."""
        with self.lock:
            if run.live:
                self._add(run, Step(0, "status", "system", {"message": "Cancelled by user", "status": "cancelled"}))
                self._add(run, Step(0, "stream_end", "system", {"status": "cancelled"}))
                self._end(run, "cancelled")

    def listen(self, run: Run, *, replay: bool = False, after_id: int | None = None) -> Outbox:
        """A stream from now on, with what was before where `replay` or `after_id` asks; ends at once after the end."""
        with self.lock:
            self._streams_opened += 1
            run.streams += 1
            chance = random.Random(f"{self._seed}:stream:{self._streams_opened}")  # noqa: S311
            cut_after = int(self._faults.number("drop", 0)) or chance.randint(3, 12)
            outbox, wire = Outbox(lambda: self._beat_s()), Wire(self.dialect, self._faults, cut_after)
            if opening := wire.opening():
                outbox.put(opening)
            for event in self._missed(run, replay, after_id):
                self._give(run, outbox, wire, event)
            if not run.live:
                outbox.end()
            else:
                run.listeners.append((outbox, wire))
            return outbox

    def _missed(self, run: Run, replay: bool, after_id: int | None) -> list[RunEvent]:
        """What a new listener is told of the time before it."""
        if replay:
            return run.history()
        return [] if after_id is None else [event for event in run.history() if event.id > after_id]

    def cut(self) -> int:
        """Drop every open stream without an end; how many there were."""
        with self.lock:
            dropped = 0
            for run in self.all.values():
                for outbox, _ in run.listeners:
                    outbox.end(abort=True)
                    dropped += 1
                run.listeners.clear()
            return dropped

    # ---- asked for by the endpoints

    def running(self) -> int:
        """Runs that hold a slot."""
        return sum(1 for run in self.all.values() if run.status == "running")

    def waiting(self) -> list[Run]:
        """Queued runs in their order."""
        return [run for run in self.all.values() if run.status == "queued"]

    def position(self, run: Run) -> int | None:
        """1 for the next in the queue; None where it does not wait."""
        return next((n for n, other in enumerate(self.waiting(), 1) if other is run), None)

    # ---- the run's life, on the conductor's thread

    def _begin(self, run: Run) -> None:
        run.status, run.started = "running", self._now()
        script = run.steps()
        run.script, run.next_step = script, next(script, None)
        self._add(run, Step(0, "status", "system", {"message": f"Picked up by {run.node}", "task": run.task}))
        if run.next_step is not None:
            self._conductor.after(run.next_step.after_s, lambda: self._advance(run))

    def _advance(self, run: Run) -> float | None:
        with self.lock:
            step = run.next_step
            if not run.live or run.script is None or step is None:
                return None
            if run.node in self.paused:
                return PAUSED_LOOK_S
            self._add(run, step)
            run.next_step = next(run.script, None)
            if "vanish" in self._faults and run.iterations >= 2:
                self._end(run, "vanished")
            elif run.next_step is None:
                self._end(run, "completed" if step.data.get("status") == "completed" else "failed")
            return run.next_step.after_s if run.next_step is not None and run.live else None

    def _add(self, run: Run, step: Step) -> None:
        run.tokens_in += step.tokens_in
        run.tokens_out += step.tokens_out
        run.iterations = max(run.iterations, int(step.data.get("iteration", 0)))
        data = dict(step.data)
        if step.type == "node_update":
            self._count_tokens(run, data)
        if isinstance(text := data.get("snippet"), str):
            data["snippet"] = run.snippet = self._spoilt(text)
        if "hostile" in self._faults and isinstance(message := data.get("message"), str):
            data["message"] = message + HOSTILE
        event = RunEvent(next(self._event_ids), step.type, step.node, data, self.iso(self._now()))
        run.events.append(event)
        if step.type == "stream_end" and "no-stream-end" in self._faults:
            return
        for outbox, wire in list(run.listeners):
            self._give(run, outbox, wire, event)
        if step.tokens_out and run.config.get("orchestrator_mode") == "strands":
            self._store_strands(run, event)

    def _store_strands(self, run: Run, update: RunEvent) -> None:
        """What strands mode writes besides; it is in the record of a run and never on its stream."""
        usage = {"tokens_in": run.tokens_in, "tokens_out": run.tokens_out}
        chunk = {"agent": update.node, "text": update.data.get("snippet") or ""}
        for name, data in (("text_chunk", chunk), ("usage", usage)):
            run.events.append(RunEvent(next(self._event_ids), name, update.node, data, update.ts))

    def _count_tokens(self, run: Run, data: dict[str, Any]) -> None:
        run.updates += 1
        if "reset-tokens" in self._faults and run.updates == 12:
            run.reset_at = run.tokens_out
        data["tokens_in"] = run.tokens_in
        data["tokens_out"] = run.tokens_out - run.reset_at
        if "missing-tokens" in self._faults and run.updates % 3 == 0:
            del data["tokens_out"]

    def _spoilt(self, text: str) -> str:
        if "hostile" in self._faults:
            text = (HOSTILE + text)[:200]
        return text * (HUGE // max(1, len(text)) + 1) if "huge-snippet" in self._faults else text

    def _give(self, run: Run, outbox: Outbox, wire: Wire, event: RunEvent) -> None:
        data, cut = wire.frames(event)
        outbox.put(data)
        run.sent_to += 1
        if cut:
            outbox.end(abort=True)
        if not outbox.open:
            run.listeners = [pair for pair in run.listeners if pair[0] is not outbox]

    def _end(self, run: Run, status: str) -> None:
        run.status, run.finished, run.script, run.next_step = status, self._now(), None, None
        for outbox, _ in run.listeners:
            outbox.end()
        run.listeners.clear()
        self._whole.append(run)
        if len(self._whole) > WHOLE_RUNS:
            oldest = self._whole.popleft()
            oldest.events = oldest.events[-2:]
        waiting = self.waiting()
        if waiting and self.running() < self._slots:
            self._begin(waiting[0])

    def _say_waiting(self, run: Run) -> float | None:
        with self.lock:
            if run.status != "queued":
                return None
            where = self.position(run)
            self._add(run, Step(0, "status", "system", {"message": f"Waiting in queue, position {where}"}))
            return WAITING_WORD_S

    def _beat_s(self) -> float:
        return self._faults.number("heartbeats", 15.0) / self._conductor.speed
