"""Stopping on a signal: the first asks for an orderly stop, the second ends the process at once.

SIGTERM, SIGINT and SIGHUP (the terminal went away) ask alike. A SIGHUP that was ignored when the process started,
as under ``nohup`` and ``--detach``, stays ignored.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from types import FrameType


class StopAsked(BaseException):
    """Raised in the main thread where it waits; like KeyboardInterrupt no ``except Exception`` swallows it."""


class StopSignals:
    """The handlers of one run of the server."""

    def __init__(self) -> None:
        self.asked = False
        self._armed = False

    def install(self) -> None:
        """Take over the signals; must run in the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.asked:
            os._exit(128 + number)
        self.asked = True
        if self._armed:
            self._armed = False
            raise StopAsked

    def until_asked(self, wait: Callable[[], object]) -> None:
        """Call `wait`, and leave it when a signal comes or has come.

        Outside this a signal is only noted, so starting and stopping are never cut in half.
        """
        try:
            self._armed = True
            if not self.asked:
                wait()
        except StopAsked:
            pass
        finally:
            self._armed = False
