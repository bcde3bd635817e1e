"""Links in place of files and folders: a problem card in the right column, never what lies behind them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.kit.boards import Board, Folder, task_text
from tests.kit.follower import Follower


@pytest.fixture
def elsewhere(folder: Folder) -> Folder:
    """A folder outside the board with one good task."""
    outside = Folder(folder.root.parent / "elsewhere")
    outside.put("secret.yaml", task_text("secret"))
    return outside


def test_a_link_to_a_file_is_a_problem_card_at_once(board: Board, follower: Follower, elsewhere: Folder) -> None:
    board.only_hints()
    (board.root / "inbox/a.yaml").symlink_to(elsewhere.root / "secret.yaml")
    told = follower.wait_for("task.invalid", "inbox/a.yaml")
    assert "symbolic link" in told["task"]["problem"]["reason"]
    board.converged(follower)


def test_a_link_to_a_folder_is_one_problem_card_at_once(board: Board, follower: Follower, elsewhere: Folder) -> None:
    board.only_hints()
    (board.root / "assigned/pedro").symlink_to(elsewhere.root)
    told = follower.wait_for("task.invalid", "assigned/pedro")
    assert "symbolic link" in told["task"]["problem"]["reason"]
    board.converged(follower)
    assert list(follower.cards) == ["assigned/pedro"]
    (board.root / "assigned/pedro").unlink()
    board.converged(follower)


def test_a_folder_replaced_by_a_link_to_itself_loses_its_cards(board: Board, follower: Follower) -> None:
    board.put("assigned/pedro/a.yaml")
    board.put("assigned/pedro/deep/b.yaml")
    board.converged(follower)
    mark = follower.mark()
    away = board.root.parent / "away"
    (board.root / "assigned/pedro").rename(away)
    (board.root / "assigned/pedro").symlink_to(away)
    board.converged(follower)
    board.settled()
    invalid = [path for name, path in follower.about_tasks(mark) if name == "task.invalid"]
    assert invalid == ["assigned/pedro"], "the files behind the link were never shown as broken"


def test_a_column_that_is_a_link_says_so_instead_of_staying_empty(
    folder: Folder, elsewhere: Folder, start_board: Callable[..., Board]
) -> None:
    (folder.root / "inbox").rmdir()
    (folder.root / "inbox").symlink_to(elsewhere.root)
    board = start_board()
    follower = board.follow()
    board.converged(follower)
    board.settled()
    assert list(follower.cards) == ["inbox"]
    assert "symbolic link" in follower.cards["inbox"]["problem"]["reason"]


def test_a_link_that_becomes_a_file_becomes_a_task(board: Board, follower: Follower, elsewhere: Folder) -> None:
    link = board.root / "inbox/a.yaml"
    link.symlink_to(elsewhere.root / "secret.yaml")
    follower.wait_for("task.invalid")
    link.unlink()
    board.put("inbox/a.yaml")
    board.converged(follower)


def test_the_text_behind_a_link_leaves_by_no_route(board: Board, follower: Follower, elsewhere: Folder) -> None:
    (board.root / "inbox/a.yaml").symlink_to(elsewhere.root / "secret.yaml")
    follower.wait_for("task.invalid")
    status, detail = board.get("/api/file?path=inbox/a.yaml")
    assert (status, detail["raw"], detail["fields"]) == (200, None, {})
    assert "Task secret" not in str(board.get("/api/tasks"))
