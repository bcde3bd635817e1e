"""Hears which logs change: one watchdog observer over all roots. It only writes paths down; who reads is another."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.api import BaseObserver

from llm_service.sources.mounts import silent_mount
from llm_service.sources.watching import why_not_watched

log = logging.getLogger(__name__)

HEARD: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    DirCreatedEvent,
    DirMovedEvent,
]
"""Never 'opened' or 'closed': reading the files ourselves would wake us again, for ever."""
MOST_PATHS = 5_000
AGAIN_S = 300.0
"""When a watch is tried again that could not be had."""
Watched = dict[Path, tuple[tuple[int, int], bool]]
"""Roots with device and inode, and whether all below is watched too."""


class Heard(FileSystemEventHandler):
    """Paths that changed since they were last taken; `wake` is set while there are some. Safe between threads."""

    def __init__(self) -> None:
        self.wake = threading.Event()
        self._lock = threading.Lock()
        self._paths: set[str] = set()
        self.links: list[tuple[str, str]] = []
        """Roots that are links: where they lead to, which is what is watched, and how they are called."""

    def dispatch(self, event: FileSystemEvent) -> None:
        if event.is_directory and event.event_type == "modified":
            return
        path = event.dest_path or event.src_path
        with self._lock:
            self._paths.add(os.fsdecode(path))
        self.wake.set()

    def take(self) -> list[Path] | None:
        """What changed; None where it is so much that everything should be looked at."""
        with self._lock:
            paths, self._paths = self._paths, set()
            self.wake.clear()
        return None if len(paths) > MOST_PATHS else [Path(self._as_called(path)) for path in paths]

    def _as_called(self, path: str) -> str:
        for target, root in self.links:
            if path.startswith(f"{target}/"):
                return root + path[len(target) :]
        return path


class LogWatch:
    """Keeps a watch on each root that exists. `polling` says why there is none, empty where all is well."""

    def __init__(self) -> None:
        self.heard = Heard()
        self.polling = ""
        self._observer: BaseObserver | None = None
        self._watched: Watched = {}
        self._again_s = 0.0

    def arm(self, roots: Iterable[tuple[Path, bool]]) -> bool:
        """Watch the roots (and, where said so, all below) that are there; was one of them not watched until now?

        Where anything changed, the watch is made anew as a whole: a watch that lost its folder cannot be mended.
        """
        if self.polling and time.monotonic() < self._again_s:
            return False
        wanted: Watched = {root: (identity, deep) for root, deep in roots if (identity := _identity(root))}
        if wanted == self._watched and self._alive():
            return False
        self.stop()
        self._watched, self.polling = wanted, ""
        try:
            if wanted:
                self._observer = self._start(wanted)
        except FileNotFoundError:
            # It went at this moment; next time it is there or not.
            self._watched = {}
        except Exception as error:  # noqa: BLE001 - whatever it is, the logs are polled and the reason is shown
            self._give_up(why_not_watched(error).replace("the folder is polled every second", "the logs are polled"))
        return True

    def _give_up(self, reason: str) -> None:
        log.warning("agents' logs: %s", reason)
        self.polling, self._again_s = reason, time.monotonic() + AGAIN_S

    def stop(self, deadline_s: float = 1.0) -> None:
        observer, self._observer = self._observer, None
        if observer is not None and observer.is_alive():
            observer.stop()
            observer.join(deadline_s)

    def _alive(self) -> bool:
        """Also whether every emitter is: watchdog ends one whose folder is deleted, though the folder may be back."""
        if self._observer is None:
            return not self._watched
        return self._observer.is_alive() and all(emitter.is_alive() for emitter in self._observer.emitters)

    def _start(self, wanted: Watched) -> BaseObserver | None:
        for root in wanted:
            if kind := silent_mount(root):
                self._give_up(f"{root} is on {kind}, which tells of no changes, so the logs are polled")
                return None
        # As in `watching.Watch`: watchdog adds a new folder in a new folder twice, takes the second and warns about it.
        warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)
        observer = new_observer(self.heard.dispatch)
        targets = {root: os.path.realpath(root) for root in wanted}
        self.heard.links = [(target, str(root)) for root, target in targets.items() if target != str(root)]
        try:
            for root, (_, deep) in wanted.items():
                observer.schedule(self.heard, targets[root], recursive=deep, event_filter=HEARD)
            observer.start()
        except BaseException:
            if observer.is_alive():
                observer.stop()
            else:
                # It has threads and descriptors of its own from the moment it was made.
                observer.on_thread_stop()
            raise
        return observer


def new_observer(dispatch: Callable[[FileSystemEvent], None]) -> BaseObserver:
    """An observer that calls `dispatch`; where it cannot do so itself, the handler it is given does."""
    if sys.platform.startswith("linux"):
        from llm_service.sources.straight_observer import StraightObserver

        return StraightObserver(dispatch, concerns=lambda _event: True)
    from watchdog.observers import Observer

    return Observer()


def _identity(root: Path) -> tuple[int, int] | None:
    try:
        status = root.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
