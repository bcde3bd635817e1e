"""The one thread that owns the state: observations in, numbered events to the sinks, questions answered in between."""

from __future__ import annotations

import logging
import queue
import threading
import time
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
AGAIN_AFTER_S = 60.0


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
        self._begin_again: Callable[[], None] = lambda: None
        self._again_from_s = float("-inf")
        self.failures = 0

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def waiting(self) -> int:
        """Observations and questions in the queue."""
        return self._queue.qsize()

    def add_sink(self, sink: Sink) -> None:
        """Give every later batch of events to `sink`, on the hub's thread: it must not block."""
        self._sinks.append(sink)

    def on_failure(self, begin_again: Callable[[], None]) -> None:
        """After a fold that failed the state begins anew; `begin_again` makes the source tell everything once more."""
        self._begin_again = begin_again

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
            try:
                item = self._next()
                if item is None:
                    return
                if callable(item):
                    item()
                else:
                    self._fold(item)
            except Exception:
                self.failures += 1
                log.exception("hub: an observation could not be folded, continuing")
                self._mend()

    def _next(self) -> Observation | Callable[[], None] | None:
        deadline = self._state.next_deadline_s()
        wait_s = None if deadline is None else max(0.0, deadline - self._monotonic())
        try:
            return self._queue.get(timeout=wait_s)
        except queue.Empty:
            return TimePassed()

    def _fold(self, observation: Observation) -> None:
        events = self._state.apply(observation, self._monotonic(), self._now_iso())
        if events and not self._deliver(events):
            # What was numbered and not sent would be missed by nobody until the next event.
            self._deliver(self._state.repeat(self._now_iso()))

    def _deliver(self, events: list[Numbered]) -> bool:
        """Give events to every sink; False where one failed. The others must not suffer from it."""
        delivered = True
        for sink in self._sinks:
            try:
                sink(events)
            except Exception:
                delivered = False
                self.failures += 1
                log.exception("hub: events could not be handed on, continuing")
        return delivered

    def _mend(self) -> None:
        """Begin anew after a fold that may have done half its work: the sources hold the truth, not the state.

        Not again soon: what always fails must cost its own card and not keep the others from being shown.
        """
        if time.monotonic() < self._again_from_s:
            return
        self._again_from_s = time.monotonic() + AGAIN_AFTER_S
        self._state.begin_again()
        self._begin_again()
