"""What every background thread of this house has: a name, a count of failures, a start, and a stop with a deadline."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import NamedTuple, Protocol


class Background(ABC):
    """A thread that runs `_run` until `stop`. Whoever inherits looks at `_stopping` and counts its failed steps."""

    def __init__(self, name: str) -> None:
        self.failures = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin; once in a life."""
        self._thread.start()

    def stop(self, deadline_s: float = 1.0) -> None:
        """Ask the thread to end, and wait for that as long as the deadline says."""
        self._stopping.set()
        self._wake_up()
        if self._thread.is_alive():
            self._thread.join(deadline_s)

    @abstractmethod
    def _run(self) -> None:
        """What the thread does until it is asked to stop."""

    def _wake_up(self) -> None:  # noqa: B027 - most wait for nothing else
        """End whatever the thread waits for besides `_stopping`."""


class Part(Protocol):
    """A thread as its owner sees it, or several that live together."""

    failures: int

    @property
    def alive(self) -> bool: ...
    def start(self) -> None: ...
    def stop(self, deadline_s: float = ...) -> None: ...


class Named(NamedTuple):
    """A part with the name it has in `/ready`."""

    name: str
    part: Part
