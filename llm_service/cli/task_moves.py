"""Creating and moving task files: always whole, never over another file, never outside the watched folder."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path

from llm_service.cli.folder import open_folder, rename_new, write_new, write_over
from llm_service.cli.status_line import with_status
from llm_service.cli.task_board import TaskBoard
from llm_service.cli.task_text import task_yaml
from llm_service.core.paths import UNASSIGNED
from llm_service.core.tasks import Card, Column
from llm_service.core.yamltext import Value
from llm_service.errors import TaskFileError
from llm_service.sources.filedoor import FileRead

_AGENT = re.compile(r"[^\W_][\w .@+-]{0,99}")


def folder_of(column: Column, agent: str | None) -> str:
    """The folder of a column and agent, under the root. Raises `TaskFileError` where the agent is missing or odd."""
    if column is Column.INBOX:
        return column.value
    if agent is None:
        raise TaskFileError(f"say whose it is: a task in {column.value}/ lies in its agent's folder (--agent NAME)")
    if not _AGENT.fullmatch(agent):
        raise TaskFileError(f"agent: {agent!r} cannot be a folder's name; allowed: letters, digits, blank . - _ @ +")
    return f"{column.value}/{agent}"


def create(root: Path, column: Column, agent: str | None, fields: dict[str, Value]) -> tuple[str, str]:
    """Write a new task and return its path under the root and its id; a taken id gets a number behind it."""
    under = folder_of(column, agent)
    base = str(fields["id"])
    try:
        with open_folder(root, under, create=True) as folder:
            for attempt in range(1, 1000):
                task_id = base if attempt == 1 else f"{base}-{attempt}"
                try:
                    write_new(folder, f"{task_id}.yaml", task_yaml({**fields, "id": task_id}))
                except FileExistsError:
                    continue
                return f"{under}/{task_id}.yaml", task_id
    except OSError as error:
        raise _refused(root / under, error) from error
    raise TaskFileError(f"{root / under} has a thousand tasks named {base}")


def move(board: TaskBoard, card: Card, column: Column, agent: str | None, status: str | None) -> str:
    """Move a card's file in one step and return its new path; `status` is then written into it."""
    source_folder, _, name = card.path.rpartition("/")
    under = folder_of(column, agent or _present_agent(card))
    if under == source_folder:
        raise TaskFileError(f"{card.path} is there already")
    # Checked before anything moves: a file whose status cannot be set stays where it is.
    if status is not None:
        with_status(_text(board, card.path), status, board.door.max_bytes)
    try:
        with open_folder(board.root, source_folder) as source, open_folder(board.root, under, create=True) as target:
            if not stat.S_ISREG(os.stat(name, dir_fd=source, follow_symlinks=False).st_mode):
                raise TaskFileError(f"{card.path} is not a regular file and is not moved")
            rename_new(source, name, target, name)
            if status is not None:
                data = _text(board, f"{under}/{name}")
                mode = stat.S_IMODE(os.stat(name, dir_fd=target, follow_symlinks=False).st_mode)
                changed = with_status(data, status, board.door.max_bytes)
                if changed != data:
                    write_over(target, name, changed, mode)
    except FileExistsError as error:
        raise TaskFileError(f"{under}/{name} exists already; nothing was moved") from error
    except OSError as error:
        raise _refused(board.root / under, error) from error
    return f"{under}/{name}"


def _present_agent(card: Card) -> str | None:
    if card.agent and card.agent != UNASSIGNED:
        return card.agent
    return card.content.agent if card.content else None


def _text(board: TaskBoard, path: str) -> bytes:
    got = board.door.read(path)
    if not isinstance(got, FileRead):
        raise TaskFileError(f"{path} cannot be read" + (f": {got.problem.reason}" if got else ""))
    return got.data


def _refused(folder: Path, error: OSError) -> TaskFileError:
    if isinstance(error, NotADirectoryError) or error.errno == errno.ELOOP:
        return TaskFileError(f"{folder}: a folder on the way is a symbolic link or a file; nothing was done")
    return TaskFileError(f"{folder}: {error.strerror or error}")
