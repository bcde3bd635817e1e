"""One tool whose logs are read: where they lie, which files are logs, and who reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from llm_service.core.agentlogs.fold import Found, LineFold, Lookup

State = dict[str, Any]
"""What a reader wants to have back when it goes on: JSON-able and small."""


class MakeFold(Protocol):
    """Makes the reader of the file at `path` below `root`; `state` is what its forerunner's `state()` said, or None.

    May look at small files beside it. Runs in the server and in the importing child.
    """

    def __call__(self, path: Path, root: Path, state: State | None, lookup: Lookup) -> LineFold: ...


class StoreReader(Protocol):
    """Reads a store that is not made of lines (a database, a folder of JSON files)."""

    def stamp(self, path: Path) -> tuple[int, ...] | None:
        """Cheap numbers that change whenever the store does (sizes and mtimes of the .db and its -wal); None: gone."""

    def poll(self, path: Path, root: Path, state: State | None, lookup: Lookup) -> Iterator[tuple[Found, State]]:
        """What is new since `state`, in steps of at most some 500 rows, each with the state to go on from after it.

        Raises OSError or sqlite3.Error (locked, not a database) with the steps before it valid; it is asked again.
        """


class Tool(NamedTuple):
    """A tool. Exactly one of `make_fold` (files of lines) and `store` is given.

    `roots` names the folders where logs may lie, existing or not, from the home folder and the environment.
    `wanted` says of a path below a root whether it is a log (or the store's own main file); it must not touch the disk.
    `order` is the key files are sorted by before a read of many: forks after their parents. Files that end in `.zst`
    are unpacked by the engine before their lines reach the fold. `gaps` are sentences for the page: what no reader of
    these logs can know. `listed` names a root's logs itself where much else lies below it, too much to walk through or
    to watch: then only the root folder is watched, not what is below. It raises OSError where the root cannot be read.
    """

    name: str
    roots: Callable[[Path, Mapping[str, str]], list[Path]]
    wanted: Callable[[Path, Path], bool]
    """wanted(path, root)"""
    make_fold: MakeFold | None = None
    store: StoreReader | None = None
    gaps: tuple[str, ...] = ()
    order: Callable[[Path], Any] = str
    listed: Callable[[Path], list[Path]] | None = None
