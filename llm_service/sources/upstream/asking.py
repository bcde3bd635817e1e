"""Asks one server again and again, each question alone: its own time, its own pauses, its own failure.

One thread knows what is due; those who ask are made when all others are busy, at most one a question, so that a
question that hangs never delays another.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence

from llm_service.background import Background
from llm_service.clients.errors import ClientError, Unreachable
from llm_service.core.source_shapes import Concern
from llm_service.sources.upstream.asked import LOOK_S, Asked, Question, worth_telling
from llm_service.sources.upstream.moments import REAL, Moments

log = logging.getLogger(__name__)


class Asking(Background):
    """All questions to one server. `changed` is called, on some thread, when a concern stands differently."""

    def __init__(
        self,
        source_name: str,
        questions: Sequence[Question],
        changed: Callable[[], None],
        *,
        moments: Moments = REAL,
    ) -> None:
        super().__init__(f"asking-{source_name}")
        self.name = f"asking-{source_name}"
        self._changed = changed
        self._moments = moments
        self._guard = threading.Lock()
        self._poke = threading.Event()
        self._asked = {question.name: Asked(question, moments) for question in questions}
        self._workers: list[_Worker] = []
        self._idle: list[_Worker] = []

    def concerns(self) -> list[Concern]:
        """How each question stands, in their order."""
        with self._guard:
            return [asked.concern.copy() for asked in self._asked.values()]

    def ask_soon(self, name: str) -> None:
        """Ask this at once instead of when it is due; while it is being asked, once more after that."""
        with self._guard:
            self._asked[name].wanted = True
        self._poke.set()

    def stop(self, deadline_s: float = 1.0) -> None:
        super().stop(deadline_s)
        for worker in self._workers:
            worker.stop(0.0)

    def _wake_up(self) -> None:
        self._poke.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._poke.clear()
            try:
                wait_s = self._hand_out()
            except Exception:
                self.failures += 1
                log.exception("%s: a look at what is due failed, continuing", self.name)
                wait_s = LOOK_S
            self._poke.wait(wait_s)

    def _hand_out(self) -> float:
        """Give what is due to somebody who asks it; the seconds until there is something to do again."""
        # Outside the guard: what answers may hold a lock of its own.
        wanted = [(asked, self._every_s(asked)) for asked in self._asked.values()]
        now_s = self._moments.monotonic()
        due: list[Asked] = []
        changed = False
        with self._guard:
            for asked, every_s in wanted:
                changed |= asked.look(every_s, now_s)
                if asked.is_due(now_s):
                    asked.begin()
                    due.append(asked)
            next_s = min((asked.due_s for asked in self._asked.values() if not asked.running), default=now_s + LOOK_S)
        for asked in due:
            self._give(asked)
        if changed:
            self._changed()
        return min(LOOK_S, max(0.01, next_s - now_s))

    def _every_s(self, asked: Asked) -> float | None:
        """How often this is wanted now; as often as before where that cannot be said."""
        try:
            return asked.question.every_s()
        except Exception:
            self.failures += 1
            log.exception("%s: how often %s is wanted cannot be said", self.name, asked.question.name)
            return asked.concern["every_s"]

    def _give(self, asked: Asked) -> None:
        with self._guard:
            worker = self._idle.pop() if self._idle else None
        if worker is None:
            worker = _Worker(f"{self.name}-{len(self._workers) + 1}", self._work)
            self._workers.append(worker)
            worker.start()
        worker.jobs.put(asked)

    def _work(self, worker: _Worker, asked: Asked) -> None:
        error: ClientError | None = None
        broken = False
        try:
            asked.question.ask()
        except ClientError as failure:
            error = failure
        except Exception:
            broken = True
            log.exception("%s: %s could not be taken in, asking again", self.name, asked.question.name)
        with self._guard:
            self.failures += broken
            before = asked.concern.copy()
            if broken:
                error = ClientError(f"What the server answered for {asked.question.name} could not be taken in")
            was_failing = asked.concern["failures"] > 0
            asked.end(error)
            self._idle.append(worker)
            if error is None and was_failing:
                self._hurry_the_failing()
            elif isinstance(error, Unreachable) and not was_failing:
                self._check_the_others()
            changed = worth_telling(before) != worth_telling(asked.concern)
        self._poke.set()
        if changed and not self._stopping.is_set():
            self._changed()

    def _hurry_the_failing(self) -> None:
        """The server is back: what waits because it was away need not wait longer."""
        for other in self._asked.values():
            other.wanted |= other.unreachable

    def _check_the_others(self) -> None:
        """The server may be away: what was well is asked now, so that this is known soon and not a minute later."""
        for other in self._asked.values():
            other.wanted |= other.concern["state"] == "live"


class _Worker(Background):
    """Asks what it is given, one after the other."""

    def __init__(self, name: str, work: Callable[[_Worker, Asked], None]) -> None:
        super().__init__(name)
        self._work = work
        self.jobs: queue.SimpleQueue[Asked | None] = queue.SimpleQueue()

    def _wake_up(self) -> None:
        self.jobs.put(None)

    def _run(self) -> None:
        while (asked := self.jobs.get()) is not None and not self._stopping.is_set():
            self._work(self, asked)
