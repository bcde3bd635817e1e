"""Reading the watched folder once, for a person or a script at a terminal: the same cards as on the page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from llm_service.core.cards import make_card
from llm_service.core.paths import is_task_name, place
from llm_service.core.taskfile import read_content
from llm_service.core.tasks import COLUMNS, Card, FileState
from llm_service.core.yamltext import Unreadable
from llm_service.errors import TaskFileError
from llm_service.sources.filedoor import FileDoor, FileRead


class TaskBoard:
    """The task files below `root`, read through the door that follows no link."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        self.root = root.resolve()
        self.door = FileDoor(self.root, max_bytes)
        if not self.root.is_dir():
            raise TaskFileError(f"the folder {root} does not exist; create it or name another with --watch-dir")

    def cards(self) -> Iterator[Card]:
        """Every card, column by column, with those of folders that cannot be looked into."""
        for path in self._paths():
            if card := self.card(path, any_name=True):
                yield card

    def card(self, path: str, *, any_name: bool = False) -> Card | None:
        """The card of the file at `path` (posix, under the root); None where none lies there."""
        where = place(path, any_name=any_name)
        got = self.door.read(path) if where else None
        if where is None or got is None:
            return None
        if not isinstance(got, FileRead):
            return make_card(path, where, got.stamp, None, state=FileState.INVALID, problem=got.problem)
        try:
            return make_card(path, where, got.stamp, read_content(got.data, self.door.max_bytes))
        except Unreadable as error:
            return make_card(path, where, got.stamp, None, state=FileState.INVALID, problem=error.problem)

    def find(self, wanted: str) -> Card:
        """The one card with this id or path. Raises `TaskFileError`."""
        if path := self._as_path(wanted):
            card = self.card(path)
            if card is not None:
                return card
            raise TaskFileError(f"{wanted} is no task file in inbox/, assigned/ or done/ of {self.root}")
        found = [card for card in self.cards() if card.id == wanted]
        if not found:
            raise TaskFileError(f"no task has the id {wanted!r} in {self.root}; see: llm-service task list")
        if len(found) > 1:
            paths = ", ".join(card.path for card in found)
            raise TaskFileError(f"{len(found)} files have the id {wanted!r}; name one by its path: {paths}")
        return found[0]

    def _as_path(self, wanted: str) -> str | None:
        """`wanted` as a path under the root, if it is meant as one. Raises `TaskFileError` for one outside."""
        if "/" not in wanted and os.sep not in wanted and not is_task_name(wanted):
            return None
        if (self.root / wanted).is_relative_to(self.root) and ".." not in Path(wanted).parts:
            inside = Path(os.path.relpath(self.root / wanted, self.root)).as_posix()
            if place(inside):
                return inside
        # Only the folder is resolved: a link as the file itself is for the door to refuse.
        here = Path(wanted)
        try:
            return (here.parent.resolve() / here.name).relative_to(self.root).as_posix()
        except ValueError:
            raise TaskFileError(
                f"{wanted} is no task file of {self.root}; task commands touch only that folder"
            ) from None

    def _paths(self) -> Iterator[str]:
        for column in COLUMNS:
            closed: list[OSError] = []
            top = self.root / column.value
            if top.is_symlink():
                yield column.value
                continue
            for folder, folders, names in os.walk(top, onerror=closed.append, followlinks=False):
                folders[:] = sorted(name for name in folders if not name.startswith("."))
                under = Path(folder).relative_to(self.root).as_posix()
                links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
                for name in sorted([*filter(is_task_name, names), *links]):
                    if place(f"{under}/{name}", any_name=True):
                        yield f"{under}/{name}"
            # Left out in silence, such a folder would look as if it were empty.
            for error in closed:
                if not isinstance(error, FileNotFoundError):
                    yield Path(error.filename).relative_to(self.root).as_posix()
