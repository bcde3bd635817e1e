"""watchdog, armed and watched over: it starts, says when it lost something, and can be asked whether it still lives."""

from __future__ import annotations

import errno
import logging
import sys
import warnings
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
)
from watchdog.observers.api import BaseObserver

from llm_service.sources.hints import Hints

log = logging.getLogger(__name__)

HEARD = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    FileClosedEvent,
    FileAttribEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
]
"""Never 'opened' or 'closed without writing': reading the files ourselves would wake us again, for ever."""


class Watch:
    """One armed watch over `root`. Raises OSError from `start` where the kernel has no watches left."""

    def __init__(self, root: Path, hints: Hints) -> None:
        self._root = root
        self._hints = hints
        self._observer = _new_observer(hints)
        self._alarm = _OverflowAlarm(hints)

    def start(self) -> None:
        # `mkdir -p a/b` makes watchdog add b twice. It takes the second, as it should, and warns on stderr about it.
        warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)
        logging.getLogger("watchdog.observers").addHandler(self._alarm)
        try:
            self._observer.schedule(self._hints, str(self._root), recursive=True, event_filter=HEARD)
            self._observer.start()
        except BaseException:
            logging.getLogger("watchdog.observers").removeHandler(self._alarm)
            if self._observer.is_alive():
                self._observer.stop()
            else:
                # It has threads and descriptors of its own from the moment it was made.
                self._observer.on_thread_stop()
            raise

    def stop(self, deadline_s: float = 2.0) -> None:
        logging.getLogger("watchdog.observers").removeHandler(self._alarm)
        if self._observer.is_alive():
            self._observer.stop()
            self._observer.join(deadline_s)

    @property
    def alive(self) -> bool:
        """False also when only the emitter died, which is what watchdog does when the root is deleted."""
        emitters = self._observer.emitters
        return self._observer.is_alive() and bool(emitters) and all(emitter.is_alive() for emitter in emitters)


def why_not_watched(error: Exception) -> str:
    """The sentence for the user when `Watch.start` raised."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EMFILE):
        return "the system has no file watches left (fs.inotify limits), so the folder is polled every second"
    return f"watching failed ({error}), so the folder is polled every second"


class _OverflowAlarm(logging.Handler):
    """watchdog 7 tells of a queue overflow in its log and nowhere else."""

    def __init__(self, hints: Hints) -> None:
        super().__init__(logging.WARNING)
        self._hints = hints

    def emit(self, record: logging.LogRecord) -> None:
        if "filesystem events were lost" in record.getMessage():
            self._hints.distrust()


def _new_observer(hints: Hints) -> BaseObserver:
    if sys.platform.startswith("linux"):
        from llm_service.sources.straight_observer import StraightObserver

        return StraightObserver(hints.dispatch)
    from watchdog.observers import Observer

    return Observer()
