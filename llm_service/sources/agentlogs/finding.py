"""Which logs there are: every wanted file below the tools' roots, without being led in circles by links."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from llm_service.sources.agentlogs.cursors import Stamp, key_of, stamp_of
from llm_service.sources.agentlogs.tool import Tool

DEEPEST = 16
MOST_FILES = 200_000
"""Of one root; beyond it somebody pointed us at something else."""

BREATH_FILES, BREATH_S = 100, 0.001


class Root(NamedTuple):
    """A folder where a tool's logs may lie."""

    tool: Tool
    path: Path


class LogFile(NamedTuple):
    """A log that is there. A store's stamp is made of what its reader says, its size of the first number of it."""

    root: Root
    path: Path
    key: str
    stamp: Stamp


def roots_of(tools: Sequence[Tool], home: Path, environ: Mapping[str, str]) -> list[Root]:
    """All roots, existing or not, each folder once per tool."""
    found: dict[tuple[str, str], Root] = {}
    for tool in tools:
        for path in tool.roots(home, environ):
            found.setdefault((tool.name, os.path.realpath(path)), Root(tool, path))
    return list(found.values())


def files_of(root: Root) -> list[LogFile]:
    """The logs below one root, in its tool's order, then oldest first. Raises OSError where it cannot be listed."""
    files = []
    for path in walk(root.path) if root.tool.listed is None else root.tool.listed(root.path):
        if root.tool.wanted(path, root.path):
            file = look_at(root, path)
            if file is not None:
                files.append(file)
                if len(files) >= MOST_FILES:
                    break
                if len(files) % BREATH_FILES == 0:
                    # Thousands of files take tens of milliseconds; the page's threads shall not wait for all of them.
                    time.sleep(BREATH_S)
    return sorted(files, key=lambda file: (root.tool.order(file.path), file.stamp.mtime_ns))


def look_at(root: Root, path: Path) -> LogFile | None:
    """The log at this path as it is now, None where there is nothing that could be read (any more)."""
    try:
        if root.tool.store is not None:
            numbers = root.tool.store.stamp(path)
            return LogFile(root, path, key_of(path), store_stamp(numbers)) if numbers else None
        return LogFile(root, path, key_of(path), stamp_of(path.stat()))
    except OSError:
        return None


def store_stamp(numbers: Sequence[int]) -> Stamp:
    """Any numbers as a stamp: the first is taken for the size, the rest is folded into one."""
    rest = 0
    for number in numbers[1:]:
        rest = (rest * 1_000_003 + number) & 2**63 - 1
    return Stamp(0, 0, numbers[0], rest)


def walk(top: Path) -> Iterator[Path]:
    """Every file below, links followed, each folder once."""
    seen: set[tuple[int, int]] = set()
    pending = [(str(top), 0)]
    while pending:
        folder, depth = pending.pop()
        try:
            status = os.stat(folder)
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                inside = list(entries)
        except OSError:
            # A folder below the root may go or be closed to us; of the root itself the user is told.
            if depth == 0:
                raise
            continue
        for entry in inside:
            if _is_folder(entry):
                if depth < DEEPEST:
                    pending.append((entry.path, depth + 1))
            else:
                yield Path(entry.path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
