"""One thread that makes everything happen in time: actions with a due moment, each saying when it wants to go on."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

from llm_service.background import Background

log = logging.getLogger(__name__)
Action = Callable[[], float | None]

LATE_S = 1.0
"""Who is later than this has lost time (a suspended machine) and does not make up for it in a burst."""


class Conductor(Background):
    """Runs actions in the order they are due. Delays are simulated seconds: `speed` 10 makes 1 s last 0.1 s."""

    def __init__(self, name: str, speed: float = 1.0) -> None:
        super().__init__(name)
        self.speed = speed
        self._due: list[tuple[float, int, Action]] = []
        self._count = itertools.count()
        self._changed = threading.Condition()

    def after(self, delay_s: float, action: Action) -> None:
        """Run `action` in `delay_s`; it returns the seconds until it wants to run again, None where it is done."""
        self._push(time.monotonic() + delay_s / self.speed, action)

    def _push(self, due_s: float, action: Action) -> None:
        with self._changed:
            heapq.heappush(self._due, (due_s, next(self._count), action))
            if self._due[0][2] is action:
                self._changed.notify()

    def _run(self) -> None:
        while not self._stopping.is_set():
            due_s, action = self._next()
            if action is None:
                continue
            try:
                again_s = action()
            except Exception:
                self.failures += 1
                log.exception("%s: an action failed; it is not repeated", self._thread.name)
                continue
            if again_s is not None:
                now_s = time.monotonic()
                self._push(max(due_s, now_s - LATE_S) + again_s / self.speed, action)

    def _next(self) -> tuple[float, Action | None]:
        with self._changed:
            if not self._due:
                self._changed.wait(0.5)
                return 0.0, None
            left_s = self._due[0][0] - time.monotonic()
            if left_s > 0:
                self._changed.wait(min(left_s, 0.5))
                return 0.0, None
            due_s, _, action = heapq.heappop(self._due)
            return due_s, action

    def _wake_up(self) -> None:
        with self._changed:
            self._changed.notify()
