"""Fixtures of a running board, for the folders whose tests need one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.kit.boards import Board, Folder, running_board
from tests.kit.follower import Follower
from tests.kit.work_dir import WorkDir


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A watched folder with its three columns, nobody watching yet."""
    return Folder(WorkDir(tmp_path / "work").root)


@pytest.fixture
def start_board(folder: Folder, tmp_path: Path) -> Iterator[Callable[..., Board]]:
    """Starts a board over `folder` with the settings given."""
    with ExitStack() as stack:

        def start(**options: Any) -> Board:
            return stack.enter_context(running_board(folder.root, tmp_path / "state", **options))

        yield start


@pytest.fixture
def board(start_board: Callable[..., Board]) -> Board:
    """A running board that over `folder`."""
    return start_board()


@pytest.fixture
def follower(board: Board) -> Follower:
    """A client connected to `board`."""
    return board.follow()
