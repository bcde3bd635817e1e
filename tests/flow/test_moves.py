"""The board end to end: what people and programs do with files, and the exact events that follow."""

from __future__ import annotations

from tests.kit.boards import Board, task_text
from tests.kit.follower import Follower


def test_a_new_file_is_one_card(board: Board, follower: Follower) -> None:
    board.put("inbox/a.yaml")
    board.settled()
    board.converged(follower)
    assert follower.about_tasks() == [("task.created", "inbox/a.yaml")]


def test_a_move_between_columns_is_one_event(board: Board, follower: Follower) -> None:
    board.put("inbox/a.yaml")
    follower.wait_for("task.created", "inbox/a.yaml")
    mark = follower.mark()
    board.move("inbox/a.yaml", "assigned/pedro/a.yaml")
    moved = follower.wait_for("task.assigned")
    assert (moved["old_path"], moved["old_column"], moved["old_status"]) == ("inbox/a.yaml", "inbox", "new")
    assert (moved["column"], moved["agent"], moved["status"]) == ("assigned", "pedro", "assigned")
    board.settled()
    assert follower.about_tasks(mark) == [("task.assigned", "assigned/pedro/a.yaml")]


def test_two_writes_in_quick_succession_end_at_the_last_content(board: Board, follower: Follower) -> None:
    board.put("inbox/a.yaml", task_text("a", "first"))
    board.put("inbox/a.yaml", task_text("a", "second"))
    board.converged(follower)
