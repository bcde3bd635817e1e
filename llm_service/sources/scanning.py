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
    Folders that vanish or refuse meanwhile are passed over: the next look comes soon. `between` is called after every
    `SLICE` files, for what cannot wait until all are looked at.
    """
    found = _link_on_the_way(root, below)
    todo = [] if found else [below]
    looked_at = 0
    while todo:
        folder = todo.pop()
        try:
            entries = os.scandir(root / folder if folder else root)
        except OSError:
            continue
        with entries:
            for entry in entries:
                name = entry.name
                path = f"{folder}/{name}" if folder else name
                try:
                    if entry.is_dir(follow_symlinks=False):
                        if not name.startswith(".") and may_hold_tasks(path):
                            todo.append(path)
                    elif (folder and is_task_name(name)) or (
                        entry.is_symlink() and not name.startswith(".") and may_hold_tasks(path) and entry.is_dir()
                    ):
                        found[path] = stamp_of(entry.stat(follow_symlinks=False))
                except OSError:
                    continue
                looked_at += 1
                if between is not None and looked_at % SLICE == 0:
                    between()
    return found


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
