"""What the watcher says, written down no more: the callback must never read (it would hear itself) nor raise."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from watchdog.events import FileSystemEvent, FileSystemEventHandler

from llm_service.core.paths import is_task_name, may_hold_tasks


class Taken(NamedTuple):
    """Hints since the last look: files to read at once, folders to look through, and whether all trust is gone.

    `gone` were deleted or moved away; one that is there again may be in a new writer's hands whose hint is on its way.

    `others` are not named like tasks: mostly what editors leave, but a link in place of a folder comes as one of them.
    """

    files: list[str]
    gone: list[str]
    folders: list[str]
    others: list[str]
    everything: bool

    def __bool__(self) -> bool:
        return bool(self.files or self.gone or self.folders or self.others or self.everything)


class Hints(FileSystemEventHandler):
    """Paths the watcher mentioned, relative to the root. Safe between threads.

    A file that was created or modified is being written until it is closed; those wait in `writers`.
    """

    def __init__(self, root: Path) -> None:
        self.wake = threading.Event()
        self._prefix = str(root) + "/"
        self._root = str(root)
        self._lock = threading.Lock()
        self._files: dict[str, None] = {}
        self._gone: dict[str, None] = {}
        self._folders: dict[str, None] = {}
        self._others: dict[str, None] = {}
        self._everything = False
        self._writers: dict[str, float] = {}
        self.last_s = 0.0
        self.overflows = 0
        self.root_went = False
        """Whether the root itself was deleted or moved since the watch began: then the watcher ends, as it should."""

    def dispatch(self, event: FileSystemEvent) -> None:
        kind = event.event_type
        source, target = self._relative(event.src_path), self._relative(event.dest_path)
        if event.is_directory:
            if kind == "modified":
                return
            self._note_folder(source, target)
        else:
            self._note_file(kind, source, target)

    def _note_folder(self, source: str | None, target: str | None) -> None:
        with self._lock:
            for path in (source, target):
                if path == "":
                    self._everything = self.root_went = True
                elif path is not None:
                    self._folders[path] = None
            self._arrived()

    def _note_file(self, kind: str, source: str | None, target: str | None) -> None:
        with self._lock:
            if kind == "moved":
                self._note_move(source, target)
            elif not source:
                return
            elif kind == "deleted":
                self._note_gone(source)
            elif not _is_task(source):
                if kind == "created":
                    self._note_whole(source)
            elif kind == "modified":
                # Wakes nobody: `closed` follows, and who waits for it in vain is found by the clock.
                self._writers[source] = self.last_s = time.monotonic()
            elif kind == "created":
                self._writers[source] = time.monotonic()
                self._arrived()
            elif kind != "attrib" or source not in self._writers:
                self._note_whole(source)

    def _note_move(self, source: str | None, target: str | None) -> None:
        if source:
            self._note_gone(source)
        if target:
            self._note_whole(target)

    def _note_gone(self, path: str) -> None:
        self._note_whole(path)
        if self._files.pop(path, self) is None:
            self._gone[path] = None

    def _note_whole(self, path: str) -> None:
        """Nobody writes this file."""
        self._writers.pop(path, None)
        self._gone.pop(path, None)
        (self._files if _is_task(path) else self._others)[path] = None
        self._arrived()

    def distrust(self) -> None:
        """The kernel's queue overflowed: some hints are lost, so everything must be looked at."""
        with self._lock:
            self.overflows += 1
            self._everything = True
            self._arrived()

    def take(self) -> Taken:
        """The hints since the last call, without the files that somebody writes again by now: those are told anew."""
        with self._lock:
            whole = [path for path in self._files if path not in self._writers]
            gone = [path for path in self._gone if path not in self._writers]
            taken = Taken(whole, gone, list(self._folders), list(self._others), self._everything)
            self._files, self._gone, self._folders, self._others, self._everything = {}, {}, {}, {}, False
            self.wake.clear()
            return taken

    def put_back(self, taken: Taken) -> None:
        """Return hints that were not acted on after all."""
        with self._lock:
            self._files.update(dict.fromkeys(taken.files))
            self._gone.update(dict.fromkeys(taken.gone))
            self._folders.update(dict.fromkeys(taken.folders))
            self._others.update(dict.fromkeys(taken.others))
            self._everything = self._everything or taken.everything
            self.wake.set()

    @property
    def has_writers(self) -> bool:
        return bool(self._writers)

    def writers(self) -> dict[str, float]:
        """Files that are being written, with the monotonic time they were last touched."""
        with self._lock:
            return dict(self._writers)

    def expect_close(self, paths: Iterable[str]) -> None:
        """Wait for the writers of these files, of whom nothing was heard."""
        with self._lock:
            for path in paths:
                self._writers.setdefault(path, time.monotonic())

    def release(self, path: str) -> None:
        """Stop waiting for this file's writer."""
        with self._lock:
            self._writers.pop(path, None)

    def forget(self) -> None:
        """Drop everything: a new watch begins."""
        with self._lock:
            self._files, self._gone, self._folders, self._others, self._writers = {}, {}, {}, {}, {}
            self._everything = self.root_went = False

    def _arrived(self) -> None:
        self.last_s = time.monotonic()
        self.wake.set()

    def _relative(self, path: str | bytes) -> str | None:
        if not path:
            return None
        text = path if isinstance(path, str) else path.decode("utf-8", "surrogateescape")
        if text.startswith(self._prefix):
            inside = text[len(self._prefix) :]
            # archive/, hidden folders and whatever lies beside the columns would be read for nobody.
            return inside if may_hold_tasks(inside) else None
        return "" if text == self._root else None


def _is_task(path: str) -> bool:
    return is_task_name(path.rpartition("/")[2])
