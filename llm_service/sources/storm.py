"""Many hints at once are a storm (a `git checkout`): one look at everything beats many looks at one file."""

from __future__ import annotations

import time
from threading import Event

from llm_service.sources.hints import Hints

HINTS = 150
WINDOW_S = 0.1
QUIET_S = 0.05
LONGEST_S = 0.45
"""Less than the grace in which a vanished file may come back, so that a storm of moves stays moves."""


class Storm:
    """Tells a storm by the rate of hints and waits for its end."""

    def __init__(self, hints: Hints, stop: Event) -> None:
        self._hints = hints
        self._stop = stop
        self._rate: list[tuple[float, int]] = []

    def is_on(self, hinted: int) -> bool:
        """Whether, with so many hints just taken, there were too many lately to look at each."""
        now_s = time.monotonic()
        self._rate = [(at_s, count) for at_s, count in self._rate if now_s - at_s < WINDOW_S]
        self._rate.append((now_s, hinted))
        return sum(count for _, count in self._rate) > HINTS

    def wait_for_quiet(self) -> None:
        """Return when no hint came for a moment, or when it took too long."""
        until_s = time.monotonic() + LONGEST_S
        while (now_s := time.monotonic()) < until_s and now_s - self._hints.last_s < QUIET_S:
            self._stop.wait(0.01)
        self._rate = []
