"""Which folder lies at the root, and how its changes are learnt: from the kernel, or by polling and why."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

from llm_service.sources.hints import Hints
from llm_service.sources.mounts import silent_mount
from llm_service.sources.watching import Watch, why_not_watched

FolderId = tuple[int, int]
"""Device and inode: a folder that was replaced has the same name and is another one."""


class RootWatch:
    """Keeps one watch on the folder that lies at `root`. `wanted` is auto, native or poll."""

    def __init__(self, root: Path, hints: Hints, wanted: str, new_watch: Callable[[Path, Hints], Watch]) -> None:
        self.polling = ""
        """Why the folder is polled; empty while it is watched."""
        self._root = root
        self._hints = hints
        self._wanted = wanted
        self._new_watch = new_watch
        self._watch: Watch | None = None
        self._armed: FolderId | None = None
        self._unreliable = False

    @property
    def is_armed(self) -> bool:
        """Whether a folder was found and is watched or polled, as far as this side knows."""
        return self._armed is not None

    @property
    def is_watching(self) -> bool:
        return self._watch is not None and self._watch.alive

    @property
    def degraded(self) -> tuple[str, ...]:
        """What the user should know; polling that was asked for is no degradation."""
        return (self.polling,) if self.polling and self._wanted != "poll" else ()

    def folder(self) -> FolderId | None:
        """Which folder lies at the root now, None where none does."""
        try:
            status = self._root.stat()
        except OSError:
            return None
        return (status.st_dev, status.st_ino) if stat.S_ISDIR(status.st_mode) else None

    def is_on(self, folder: FolderId) -> bool:
        """Whether this very folder is the one that was armed, dead or alive."""
        return folder == self._armed

    def arm(self, folder: FolderId) -> bool:
        """Watch or poll this folder; False where it vanished meanwhile."""
        self.leave()
        self._hints.forget()
        self.polling = self._why_poll()
        if not self.polling:
            try:
                self._watch = self._new_watch(self._root, self._hints)
                self._watch.start()
            except (FileNotFoundError, NotADirectoryError):
                self._watch = None
                return False
            except Exception as error:  # noqa: BLE001 - whatever ails the watcher or its library, the board can poll
                self._watch = None
                self.polling = why_not_watched(error)
        self._armed = folder
        return True

    def leave(self) -> None:
        """Stop watching; the next folder is to be armed anew, even if it is the same."""
        self._armed = None
        self._end_watch()

    def distrust(self) -> bool:
        """Changes were missed too often: poll from now on, unless the user insists on the watcher."""
        if self._wanted == "native":
            return False
        self._unreliable = True
        self.polling = self._why_poll()
        self._end_watch()
        return True

    def _why_poll(self) -> str:
        if self._wanted == "poll":
            return "polling was asked for"
        if self._unreliable:
            return "changes are not reported reliably here, so the folder is polled every second"
        kind = silent_mount(self._root) if self._wanted == "auto" else None
        return f"the file system ({kind}) does not report changes, so the folder is polled every second" if kind else ""

    def _end_watch(self) -> None:
        if self._watch is not None:
            self._watch.stop()
            self._watch = None
