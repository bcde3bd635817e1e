"""FI-06, FI-07: a file in its writer's hands is not read, whatever half of it lies on the disk."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import pytest

from tests.kit.boards import Board, Folder, task_text
from tests.kit.follower import Follower

A = "assigned/pedro/a.yaml"
WHOLE = task_text("a", "whole", priority="high", notes="the second half")


class SlowWriter:
    """Opens and truncates a file at once, writes it in pieces when told to, and closes it."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("w")

    def __enter__(self) -> SlowWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, where: TracebackType | None) -> None:
        self._file.close()

    def write(self, text: str) -> None:
        self._file.write(text)
        self._file.flush()


@pytest.mark.parametrize("cut", [0, 3, WHOLE.index("title") + 8, WHOLE.index("priority"), len(WHOLE) - 6])
def test_a_writer_that_pauses_mid_file_never_changes_what_the_card_says(
    board: Board, follower: Follower, cut: int
) -> None:
    board.put(A, task_text("a", "old"))
    board.settled()
    mark = follower.mark()
    with SlowWriter(board.root / A) as writer:
        writer.write(WHOLE[:cut])
        told = follower.wait_for("task.updated", A, since=mark)
        assert (told["task"]["title"], told["task"]["state"]) == ("old", "writing")
        writer.write(WHOLE[cut:])
    board.converged(follower)
    board.settled()
    assert follower.about_tasks(mark) == [("task.updated", A), ("task.updated", A)]
    assert follower.cards[A]["title"] == "whole"


def test_a_new_file_that_takes_its_time_is_shown_as_being_written_and_then_is_a_task(
    board: Board, follower: Follower
) -> None:
    with SlowWriter(board.root / "inbox/a.yaml") as writer:
        writer.write("id: a\ntitle: half")
        told = follower.wait_for("task.created", "inbox/a.yaml")
        assert (told["task"]["state"], told["task"]["id"], told["task"]["title"]) == ("writing", None, "a.yaml")
        writer.write(" and whole\n")
    board.converged(follower)
    assert follower.cards["inbox/a.yaml"]["title"] == "half and whole"
    board.settled()
    assert follower.about_tasks() == [("task.created", "inbox/a.yaml"), ("task.updated", "inbox/a.yaml")]


def test_a_look_at_the_whole_folder_does_not_read_a_half_written_file_either(board: Board, follower: Follower) -> None:
    board.put(A, task_text("a", "old"))
    board.settled()
    mark = follower.mark()
    with SlowWriter(board.root / A) as writer:
        writer.write("id: a\ntitle: ha")
        follower.wait_for("task.updated", A, since=mark)
        board.runtime.source.hints.distrust()
        board.put("inbox/b.yaml")
        follower.wait_for("task.created", "inbox/b.yaml")
        assert follower.cards[A]["title"] == "old"
        writer.write("lf\n")
    board.converged(follower)


def test_a_quick_write_does_not_blink(board: Board, follower: Follower) -> None:
    board.put(A, task_text("a", "old"))
    board.settled()
    mark = follower.mark()
    for _ in range(5):
        board.put(A, "")
        board.put(A, task_text("a", "old"))
    board.settled()
    board.converged(follower)
    states = {follower.cards[A]["state"], *(heard.payload["task"]["state"] for heard in tasks(follower, mark))}
    assert states <= {"ok", "settling"}
    assert all(heard.payload["task"]["title"] == "old" for heard in tasks(follower, mark))


def test_an_emptied_file_is_settling_and_keeps_its_content_until_it_is_written_again(
    board: Board, follower: Follower
) -> None:
    board.put(A, task_text("a", "old"))
    board.settled()
    os.truncate(board.root / A, 0)
    follower.until(lambda: follower.cards[A]["state"] == "settling", "settling")
    assert (follower.cards[A]["title"], follower.cards[A]["problem"]) == ("old", None)
    board.put(A, WHOLE)
    board.converged(follower)
    assert [name for name, _ in follower.about_tasks()] == ["task.created", "task.updated", "task.updated"]


def test_a_file_that_gets_a_second_name_or_is_truncated_is_read_though_nobody_closes_it(
    board: Board, follower: Follower
) -> None:
    outside = board.root / "outside"
    outside.write_text(task_text("a"))
    board.only_hints()
    os.link(outside, board.root / "inbox/a.yaml")
    follower.wait_for("task.created", "inbox/a.yaml")
    board.converged(follower)


def test_a_writer_that_dies_leaves_what_it_wrote(board: Board, follower: Follower) -> None:
    code = "import os, sys; f = open(sys.argv[1], 'w'); f.write('id: a\\ntitle: left'); f.flush(); print(); "
    command = [sys.executable, "-c", code + "input()", str(board.root / "inbox/a.yaml")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        assert follower.wait_for("task.created", "inbox/a.yaml")["task"]["state"] == "writing"
        writer.kill()
    board.converged(follower)
    assert follower.cards["inbox/a.yaml"]["title"] == "left"


@pytest.mark.faults
def test_a_file_that_is_held_open_is_read_once_it_stood_still_for_five_seconds(
    board: Board, follower: Follower
) -> None:
    with SlowWriter(board.root / "inbox/a.yaml") as writer:
        writer.write(task_text("a", "held open"))
        board.converged(follower)
        writer.write("priority: high\n")
    follower.until(lambda: follower.cards["inbox/a.yaml"]["priority"] == "high", "the rest of the file")


def tasks(follower: Follower, mark: int) -> list:
    return [heard for heard in follower.heard[mark:] if heard.name.startswith("task.")]


@pytest.mark.parametrize("begun", ["before the start", "in a new folder", "in a folder moved in"])
def test_what_nobody_saw_being_opened_is_not_read_half_either(
    folder: Folder, start_board: Callable[..., Board], begun: str
) -> None:
    outside = Folder(folder.root.parent / "outside")
    place = outside if begun == "in a folder moved in" else folder
    board = None if begun == "before the start" else start_board()
    follower = board.follow() if board else None
    (place.root / "inbox/new").mkdir(parents=True)
    with SlowWriter(place.root / "inbox/new/a.yaml") as writer:
        writer.write("id: a\ntitle: half")
        if place is outside:
            (outside.root / "inbox/new").rename(folder.root / "inbox/new")
        board = board or start_board()
        follower = follower or board.follow()
        follower.until(lambda: follower.cards, "a card")
        assert follower.cards["inbox/new/a.yaml"]["state"] == "writing"
        writer.write(" and whole\n")
    board.converged(follower)
    titles = {heard.payload["task"]["title"] for heard in tasks(follower, 0)}
    assert titles <= {"a.yaml", "half and whole"}
