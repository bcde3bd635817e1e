"""Where a file lies on the board: the folder decides the column and the agent."""

from __future__ import annotations

from typing import NamedTuple

from llm_service.core.tasks import Column

SUFFIXES = (".yaml", ".yml")
UNASSIGNED = "unassigned"
_FOLDERS = {column.value: column for column in Column}


class Place(NamedTuple):
    """A column and, right of the inbox, the agent whose folder it is."""

    column: Column
    agent: str | None


def place(path: str, *, any_name: bool = False) -> Place | None:
    """The place of `path` (posix, relative to the root), or None where it is not on the board.

    Hidden folders, other folders than the three (``archive/``, ``fridge/``) and editors' leavings are not. `any_name`
    lets in what is not named like a task: a symbolic link in place of a folder is a problem to show, not a file.
    """
    head, _, rest = path.partition("/")
    column = _FOLDERS.get(head)
    if column is None:
        return None
    if not rest:
        return Place(column, None if column is Column.INBOX else UNASSIGNED) if any_name else None
    folders, _, name = rest.rpartition("/")
    if not (any_name or is_task_name(name)) or folders.startswith(".") or "/." in folders:
        return None
    if column is Column.INBOX:
        return Place(column, None)
    return Place(column, folders.partition("/")[0] or UNASSIGNED)


def is_task_name(name: str) -> bool:
    """Whether a file of this name is meant to be a task, and not an editor's or a sync tool's temporary file."""
    return name.lower().endswith(SUFFIXES) and not name.startswith(".") and ".sync-conflict-" not in name


def may_hold_tasks(path: str) -> bool:
    """Whether a folder at `path` (relative to the root) can hold task files, itself or deeper."""
    return path.partition("/")[0] in _FOLDERS and "/." not in path
