"""Hears which logs change: one watchdog observer over all roots. It only writes paths down; who reads is another."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable
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
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

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


class Heard(FileSystemEventHandler):
    """Paths that changed since they were last taken; `wake` is set while there are some. Safe between threads."""

    def __init__(self) -> None:
        self.wake = threading.Event()
        self._lock = threading.Lock()
        self._paths: set[str] = set()

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
        return None if len(paths) > MOST_PATHS else [Path(path) for path in paths]


class LogWatch:
    """Keeps a watch on each root that exists. `polling` says why there is none, empty where all is well."""

    def __init__(self) -> None:
        self.heard = Heard()
        self.polling = ""
        self._observer: BaseObserver | None = None
        self._watches: dict[Path, tuple[tuple[int, int], ObservedWatch]] = {}

    def arm(self, roots: Iterable[tuple[Path, bool]]) -> bool:
        """Watch the roots (and, where said so, all below) that are there and not watched yet; was there such a one?"""
        if self.polling:
            return False
        news = False
        for root, deep in roots:
            identity = _identity(root)
            known = self._watches.get(root)
            if identity == (known[0] if known else None) and self._alive():
                continue
            news = self._renew(root, deep, identity) or news
        return news

    def stop(self, deadline_s: float = 1.0) -> None:
        observer, self._observer = self._observer, None
        self._watches.clear()
        if observer is not None and observer.is_alive():
            observer.stop()
            observer.join(deadline_s)

    def _alive(self) -> bool:
        return self._observer is not None and self._observer.is_alive()

    def _renew(self, root: Path, deep: bool, identity: tuple[int, int] | None) -> bool:
        known = self._watches.pop(root, None)
        try:
            if known and self._observer:
                self._observer.unschedule(known[1])
            if identity is None:
                return False
            if kind := silent_mount(root):
                self._give_up(f"{root} is on {kind}, which tells of no changes, so the logs are polled")
                return True
            if self._observer is None:
                self._observer = Observer()
                self._observer.start()
            # The real path: a root that is a link would be watched as the link.
            watch = self._observer.schedule(self.heard, str(root), recursive=deep, event_filter=HEARD)
            self._watches[root] = (identity, watch)
        except KeyError:
            # watchdog forgot it by itself: the root was deleted.
            return self._renew(root, deep, identity)
        except Exception as error:  # noqa: BLE001 - whatever it is, the logs are polled and the reason is shown
            self._give_up(why_not_watched(error).replace("the folder is polled every second", "the logs are polled"))
        return True

    def _give_up(self, reason: str) -> None:
        log.warning("agents' logs: %s", reason)
        self.stop()
        self.polling = reason


def _identity(root: Path) -> tuple[int, int] | None:
    try:
        status = root.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
