"""One look over the board's folders: which task files there are and their stamps, without opening any."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from llm_service.core.paths import is_task_name, may_hold_tasks
from llm_service.core.tasks import FileStamp
from llm_service.sources.filedoor import stamp_of

SLICE = 200
"""Files looked at in about a millisecond."""


def scan(root: Path, below: str = "", between: Callable[[], None] | None = None) -> dict[str, FileStamp]:
    """The stamps of all task files under `below` ("" is the whole board), by posix path relative to `root`.

    Links are not followed; a link in place of a folder is reported under its own path, to be shown as a problem.
    Folders that vanish meanwhile are passed over. Raises OSError where the system cannot look at all (no descriptor
    left): half a look would make the other half of the tasks vanish. `between` is called after every
    `SLICE` files, for what cannot wait until all are looked at.
    """
    found = _link_on_the_way(root, below)
    todo = [] if found else [below]
    looked_at = 0
    while todo:
        folder = todo.pop()
        try:
            entries = os.scandir(root / folder if folder else root)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except PermissionError:
            # Its tasks must not vanish without a word: the folder itself is the problem to show.
            if folder:
                found[folder] = stamp_of(os.lstat(root / folder))
            continue
        with entries:
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                try:
                    if _is_folder_of_ours(entry, path):
                        todo.append(path)
                    elif _is_shown(entry, path):
                        found[path] = stamp_of(entry.stat(follow_symlinks=False))
                except OSError:
                    continue
                looked_at += 1
                if between is not None and looked_at % SLICE == 0:
                    between()
    return found


def _is_folder_of_ours(entry: os.DirEntry[str], path: str) -> bool:
    return entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".") and may_hold_tasks(path)


def _is_shown(entry: os.DirEntry[str], path: str) -> bool:
    """A task file, or a link in place of a folder; a folder named like a task is neither."""
    if is_task_name(entry.name):
        return "/" in path and not entry.is_dir(follow_symlinks=False)
    return entry.is_symlink() and not entry.name.startswith(".") and may_hold_tasks(path) and entry.is_dir()


def is_folder_link(path: Path) -> bool:
    """Whether a link that leads to a folder lies at `path`."""
    return path.is_symlink() and path.is_dir()


def _link_on_the_way(root: Path, below: str) -> dict[str, FileStamp]:
    """The first link among `below` and the folders above it: listing through it would show what lies elsewhere."""
    parts = below.split("/") if below else []
    for end in range(1, len(parts) + 1):
        path = "/".join(parts[:end])
        try:
            status = os.lstat(root / path)
        except OSError:
            return {}
        if stat.S_ISLNK(status.st_mode):
            return {path: stamp_of(status)}
    return {}
