"""The board end to end: what people and programs do with files, and the exact events that follow."""

from __future__ import annotations

import subprocess

import pytest

from llm_service.core import board as core_board
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
    board.rename("inbox/a.yaml", "assigned/pedro/a.yaml")
    moved = follower.wait_for("task.assigned")
    assert (moved["old_path"], moved["old_column"], moved["old_status"]) == ("inbox/a.yaml", "inbox", "new")
    assert (moved["column"], moved["agent"], moved["status"]) == ("assigned", "pedro", "assigned")
    board.settled()
    assert follower.about_tasks(mark) == [("task.assigned", "assigned/pedro/a.yaml")]


def test_two_writes_in_quick_succession_end_at_the_last_content(board: Board, follower: Follower) -> None:
    board.put("inbox/a.yaml", task_text("a", "first"))
    board.put("inbox/a.yaml", task_text("a", "second"))
    board.converged(follower)


def test_one_agents_folder_renamed_to_anothers_moves_every_task_in_it(board: Board, follower: Follower) -> None:
    for name in ("a", "b", "c"):
        board.put(f"assigned/pedro/{name}.yaml")
    board.converged(follower)
    mark = follower.mark()
    board.rename("assigned/pedro", "assigned/anna")
    board.settled()
    board.converged(follower)
    assert sorted(follower.about_tasks(mark)) == [("task.assigned", f"assigned/anna/{name}.yaml") for name in "abc"]


def test_every_step_of_a_tasks_way_has_its_name(board: Board, follower: Follower) -> None:
    way = [
        ("inbox/a.yaml", "task.created"),
        ("assigned/pedro/a.yaml", "task.assigned"),
        ("assigned/anna/a.yaml", "task.assigned"),
        ("done/anna/a.yaml", "task.completed"),
        ("assigned/anna/a.yaml", "task.returned"),
        ("inbox/a.yaml", "task.returned"),
        ("done/a.yaml", "task.completed"),
    ]
    board.put("inbox/a.yaml")
    here = "inbox/a.yaml"
    for path, name in way:
        mark = 0 if path == here else follower.mark()
        if path != here:
            board.rename(here, path)
            here = path
        follower.wait_for(name, path, since=mark)
    board.settled()
    assert follower.about_tasks() == [(name, path) for path, name in way]
    assert follower.cards["done/a.yaml"]["agent"] == "unassigned"


def test_a_file_moved_within_its_column_is_one_update(board: Board, follower: Follower) -> None:
    board.put("assigned/pedro/a.yaml")
    follower.wait_for("task.created")
    mark = follower.mark()
    board.rename("assigned/pedro/a.yaml", "assigned/pedro/sub/b.yaml")
    board.settled()
    board.converged(follower)
    assert follower.about_tasks(mark) == [("task.updated", "assigned/pedro/sub/b.yaml")]


def test_a_file_moved_off_the_board_and_back_is_gone_and_new(board: Board, follower: Follower) -> None:
    board.put("inbox/a.yaml")
    follower.wait_for("task.created")
    board.rename("inbox/a.yaml", "archive/a.yaml")
    follower.wait_for("task.removed", "inbox/a.yaml")
    board.converged(follower)
    mark = follower.mark()
    board.rename("archive/a.yaml", "done/pedro/a.yaml")
    board.settled()
    board.converged(follower)
    assert follower.about_tasks(mark) == [("task.created", "done/pedro/a.yaml")]


def test_a_removed_folder_takes_its_cards_with_it(board: Board, follower: Follower) -> None:
    for name in ("a", "b"):
        board.put(f"assigned/pedro/deep/{name}.yaml")
    board.converged(follower)
    mark = follower.mark()
    board.remove("assigned/pedro")
    board.settled()
    board.converged(follower)
    assert sorted(follower.about_tasks(mark)) == [("task.removed", f"assigned/pedro/deep/{n}.yaml") for n in "ab"]


def test_two_files_with_one_id_are_both_shown_and_marked_until_one_goes(board: Board, follower: Follower) -> None:
    board.put("inbox/a.yaml", task_text("same"))
    board.put("done/pedro/b.yaml", task_text("same"))
    board.settled()
    board.converged(follower)
    assert {mark["field"] for card in follower.cards.values() for mark in card["marks"]} == {"id"}
    board.remove("inbox/a.yaml")
    board.settled()
    board.converged(follower)
    assert follower.cards["done/pedro/b.yaml"]["marks"] == []


def test_what_lies_beside_the_columns_is_nothing_to_the_board(board: Board, follower: Follower) -> None:
    for path in ("archive/a.yaml", "fridge/b.yaml", "c.yaml", "inbox/.hidden/d.yaml", "inbox/README.md"):
        board.put(path)
    board.settled()
    board.converged(follower)
    assert follower.about_tasks() == []
    assert board.runtime.source.status().files == 0


def pause(seconds: float) -> None:
    """The length of the gap is what is tested here."""
    subprocess.run(["sleep", str(seconds)], check=True)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A moment is as long as a busy machine makes it."""
    monkeypatch.setattr(core_board, "GRACE_S", 20.0)


@pytest.mark.usefixtures("patient")
def test_a_file_that_is_away_for_a_moment_was_never_gone(board: Board, follower: Follower) -> None:
    board.put("inbox/a.yaml")
    follower.wait_for("task.created")
    mark = follower.mark()
    board.remove("inbox/a.yaml")
    pause(0.25)
    board.put("inbox/a.yaml", task_text("a", "again"))
    board.settled()
    assert follower.about_tasks(mark) == [("task.updated", "inbox/a.yaml")]


@pytest.mark.usefixtures("patient")
def test_a_file_that_is_under_way_for_a_moment_moved(board: Board, follower: Follower) -> None:
    board.put("inbox/a.yaml")
    follower.wait_for("task.created")
    mark = follower.mark()
    text = (board.root / "inbox/a.yaml").read_text()
    board.remove("inbox/a.yaml")
    pause(0.25)
    board.put("done/pedro/b.yaml", text)
    board.settled()
    board.converged(follower)
    assert follower.about_tasks(mark) == [("task.completed", "done/pedro/b.yaml")]
