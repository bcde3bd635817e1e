"""FI-02, FI-03, FI-04: the watched folder is deleted, replaced, checked out away and back, or not there yet."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kit.boards import Board, Folder, task_text
from tests.kit.follower import Follower
from tests.kit.waiting import wait_until


def git(repo: Path, *words: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "core.autocrlf=false", "-c", "gc.auto=0"]
    subprocess.run(["git", "-C", str(repo), *identity, *words], check=True, capture_output=True, timeout=60)


@pytest.fixture
def repo(folder: Folder) -> Path:
    """A repository around the watched folder: `main` has twelve tasks, `bare` has no such folder at all."""
    root = folder.root.parent / "repo"
    shutil.rmtree(folder.root)
    folder.root = root / "work" / "collaboration"
    root.mkdir()
    git(root, "init", "-q", "-b", "bare")
    (root / "README").write_text("x")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "no tasks")
    git(root, "checkout", "-qb", "main")
    for number in range(12):
        folder.put(f"{('inbox', 'assigned/pedro', 'done/anna')[number % 3]}/t{number}.yaml")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "tasks")
    return root


def test_a_folder_checked_out_away_and_back_at_once_ends_as_it_was(
    repo: Path, start_board: Callable[..., Board]
) -> None:
    board = start_board()
    follower = board.follow()
    for _ in range(3):
        git(repo, "checkout", "-q", "bare")
        git(repo, "checkout", "-q", "main")
        board.converged()
    assert len(follower.cards) == 12
    board.only_hints().put("inbox/after.yaml")
    board.converged()


def test_a_folder_checked_out_away_stays_empty_until_it_is_back(repo: Path, start_board: Callable[..., Board]) -> None:
    board = start_board()
    follower = board.follow()
    git(repo, "checkout", "-q", "bare")
    follower.until(lambda: not follower.cards, "an empty board")
    assert follower.wait_for("board.noted")["waiting"] is True
    assert board.get("/ready")[1]["watcher"]["mode"] == "waiting"
    git(repo, "checkout", "-q", "main")
    board.converged()
    assert len(follower.cards) == 12
    wait_until(lambda: board.get("/ready")[0] == 200, "ready")
    board.only_hints().put("inbox/after.yaml")
    board.converged()


@pytest.mark.faults
@pytest.mark.parametrize("pause_s", [0.05, 0.6, 3.0])
def test_checking_out_away_and_back_converges_after_any_pause(
    repo: Path, start_board: Callable[..., Board], pause_s: float
) -> None:
    board = start_board()
    follower = board.follow()
    for _ in range(4):
        git(repo, "checkout", "-q", "bare")
        if pause_s >= 0.6:
            follower.until(lambda: not follower.cards, "an empty board")
        pause(pause_s)
        git(repo, "checkout", "-q", "main")
        board.converged()
        assert len(follower.cards) == 12


def pause(seconds: float) -> None:
    """The length of the gap is what is tested here."""
    subprocess.run(["sleep", str(seconds)], check=True)


def test_a_deleted_folder_empties_the_board_and_its_successor_fills_it(board: Board, follower: Follower) -> None:
    for name in "abc":
        board.put(f"inbox/{name}.yaml")
    board.converged()
    shutil.rmtree(board.root)
    follower.until(lambda: not follower.cards, "an empty board")
    mark = follower.mark()
    for name in "defgh":
        board.put(f"inbox/{name}.yaml")
    board.converged()
    board.settled()
    assert sorted(follower.about_tasks(mark)) == [("task.created", f"inbox/{name}.yaml") for name in "defgh"]
    assert follower.wait_for("board.noted", since=mark)["waiting"] is False


def test_a_folder_replaced_by_another_at_once_is_noticed(board: Board, follower: Follower) -> None:
    board.put("inbox/a.yaml")
    board.converged()
    other = Folder(board.root.parent / "other")
    other.put("done/pedro/b.yaml")
    board.root.rename(board.root.parent / "away")
    other.root.rename(board.root)
    board.converged()
    board.only_hints().put("inbox/c.yaml")
    board.converged()
    Folder(board.root.parent / "away").put("inbox/not-ours.yaml")
    board.settled()
    board.converged()


def test_a_column_that_vanishes_and_returns_is_watched_again(board: Board, follower: Follower) -> None:
    for _ in range(4):
        board.put("assigned/pedro/a.yaml")
        board.put("inbox/b.yaml")
        board.converged()
        board.remove("assigned")
        board.remove("inbox")
    board.converged()
    board.put("assigned/pedro/a.yaml", task_text("a", "once more"))
    board.converged()
    board.settled()
    assert board.runtime.source.status().mode == "native"


def test_a_board_started_before_its_folder_waits_for_it(
    folder: Folder, start_board: Callable[..., Board], tmp_path: Path
) -> None:
    shutil.rmtree(folder.root)
    board = start_board()
    follower = board.follow()
    ready = board.get("/ready")[1]
    assert (ready["watcher"]["mode"], board.get("/api/board")[1]["waiting"]) == ("waiting", True)
    assert follower.cards == {}
    board.put("inbox/a.yaml")
    board.converged()
    assert board.get("/api/board")[1]["waiting"] is False


def test_a_file_in_place_of_the_folder_is_waited_out_too(board: Board, follower: Follower) -> None:
    board.put("inbox/a.yaml")
    board.converged(follower)
    shutil.rmtree(board.root)
    board.root.write_text("not a folder")
    follower.until(lambda: not follower.cards, "an empty board")
    assert follower.wait_for("board.noted")["waiting"] is True
    board.root.unlink()
    board.put("inbox/a.yaml")
    board.converged(follower)
    assert board.runtime.source.failures == 0
