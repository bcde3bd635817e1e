"""The one thread that owns the state: observations in, numbered events to the sinks, questions answered in between."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from llm_service.core.observations import Observation, TimePassed
from llm_service.core.state import State
from llm_service.core.stream import Numbered

log = logging.getLogger(__name__)
T = TypeVar("T")
Sink = Callable[[list[Numbered]], None]
QUEUE_SIZE = 10_000
ANSWER_WITHIN_S = 10.0


class HubStopped(RuntimeError):
    """The hub no longer answers: the process is going away."""


class Hub:
    """Folds observations into `state`, one at a time. A full queue blocks the publisher, it never drops."""

    def __init__(
        self,
        state: State,
        *,
        monotonic: Callable[[], float],
        now_iso: Callable[[], str],
        sinks: list[Sink] | None = None,
    ) -> None:
        self._state = state
        self._monotonic = monotonic
        self._now_iso = now_iso
        self._sinks = sinks if sinks is not None else []
        self._queue: queue.Queue[Observation | Callable[[], None] | None] = queue.Queue(QUEUE_SIZE)
        self._thread = threading.Thread(target=self._run, name="hub", daemon=True)
        self._stopped = threading.Event()
        self.failures = 0

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def add_sink(self, sink: Sink) -> None:
        """Give every later batch of events to `sink`, on the hub's thread: it must not block."""
        self._sinks.append(sink)

    def start(self) -> None:
        self._thread.start()

    def stop(self, deadline_s: float = 2.0) -> None:
        """Fold what is queued, then end."""
        self._stopped.set()
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join(deadline_s)

    def publish(self, observation: Observation) -> None:
        """Hand in an observation; waits while the queue is full."""
        self._queue.put(observation)

    def ask(self, question: Callable[[State], T]) -> T:
        """Run `question(state)` on the hub's thread between two observations and return its answer.

        Raises `HubStopped` once the hub is gone. The question must be quick: everybody waits for it.
        """
        answer: Future[T] = Future()

        def work() -> None:
            try:
                answer.set_result(question(self._state))
            except Exception as error:  # noqa: BLE001 - handed to whoever asked
                answer.set_exception(error)

        if self._stopped.is_set():
            raise HubStopped("the dashboard is stopping")
        self._queue.put(work)
        try:
            return answer.result(ANSWER_WITHIN_S)
        except TimeoutError:
            raise HubStopped("the dashboard does not answer") from None

    def _run(self) -> None:
        while True:
            item: Observation | Callable[[], None] | None = TimePassed()
            try:
                item = self._queue.get(timeout=self._wait_s())
            except queue.Empty:
                pass
            if item is None:
                return
            try:
                if callable(item):
                    item()
                else:
                    self._fold(item)
            except Exception:
                self.failures += 1
                log.exception("hub: an observation could not be folded, continuing")

    def _wait_s(self) -> float | None:
        deadline = self._state.next_deadline_s()
        return None if deadline is None else max(0.0, deadline - self._monotonic())

    def _fold(self, observation: Observation) -> None:
        events = self._state.apply(observation, self._monotonic(), self._now_iso())
        if events:
            for sink in self._sinks:
                sink(events)
