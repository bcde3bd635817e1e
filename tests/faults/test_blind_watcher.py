"""FI-09 and REL-7 to REL-9: the watcher is silent, dead or not to be had. The board is right and says so."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from llm_service.runtime import Runtime
from llm_service.sources.hints import Hints
from llm_service.sources.watching import Watch
from tests.kit.boards import Board, Folder, task_text
from tests.kit.waiting import wait_until


class BlindWatch:
    """Alive and well, and never says a word."""

    def __init__(self, root: Path, hints: Hints) -> None:
        self.alive = False

    def start(self) -> None:
        self.alive = True

    def stop(self, deadline_s: float = 2.0) -> None:
        self.alive = False


class NoWatchLeft(BlindWatch):
    def start(self) -> None:
        raise OSError(errno.ENOSPC, "inotify watch limit reached")


def watched_by(watch: type) -> Callable[[Runtime], None]:
    def prepare(runtime: Runtime) -> None:
        runtime.source._root._new_watch = watch

    return prepare


def test_a_watcher_that_never_fires_is_replaced_by_polling_and_the_page_says_so(
    start_board: Callable[..., Board],
) -> None:
    board = start_board(prepare=watched_by(BlindWatch), rescan_s=0.5)
    follower = board.follow()
    for number in range(3):
        board.put(f"inbox/a{number}.yaml")
        board.converged()
    noted = follower.wait_for("board.noted")
    assert "polled" in noted["degraded"][0]
    ready = board.get("/ready")[1]
    assert (ready["watcher"]["mode"], ready["ready"], ready["degraded"]) == ("poll", True, noted["degraded"])
    assert ready["watcher"]["missed"] >= 3
    board.rename("inbox/a0.yaml", "done/pedro/a0.yaml")
    board.converged()
    assert ("task.completed", "done/pedro/a0.yaml") in follower.about_tasks()


@pytest.mark.faults
def test_a_watcher_that_is_asked_for_by_name_is_not_replaced(start_board: Callable[..., Board]) -> None:
    board = start_board(prepare=watched_by(BlindWatch), rescan_s=0.5, watch="native")
    board.follow()
    for number in range(4):
        board.put(f"inbox/a{number}.yaml")
        board.converged()
    assert board.get("/ready")[1]["watcher"]["mode"] == "native"


def test_a_system_without_watches_left_is_polled(start_board: Callable[..., Board]) -> None:
    board = start_board(prepare=watched_by(NoWatchLeft))
    follower = board.follow()
    board.put("inbox/a.yaml")
    board.converged(follower)
    ready = board.get("/ready")[1]
    assert (ready["watcher"]["mode"], ready["ready"]) == ("poll", True)
    assert "fs.inotify" in ready["degraded"][0]


def test_an_observer_whose_thread_died_is_replaced(board: Board) -> None:
    follower = board.follow()
    watch = board.runtime.source._root._watch
    assert isinstance(watch, Watch)
    watch.stop()
    root = board.runtime.source._root
    wait_until(lambda: root._watch is not watch and root._watch, "a new watch")
    board.only_hints().put("inbox/a.yaml")
    follower.wait_for("task.created")
    assert board.get("/ready")[1]["watcher"]["alive"] is True


@pytest.fixture
def polled(start_board: Callable[..., Board]) -> Board:
    board = start_board(watch="poll")
    board.follow()
    return board


def test_polling_that_was_asked_for_is_no_degradation(polled: Board) -> None:
    ready = polled.get("/ready")[1]
    assert (ready["watcher"]["mode"], ready["ready"], ready["degraded"]) == ("poll", True, [])


def test_polling_sees_files_come_move_and_go(polled: Board) -> None:
    follower = polled.followers[0]
    polled.put("inbox/a.yaml")
    polled.converged()
    polled.rename("inbox/a.yaml", "assigned/pedro/a.yaml")
    polled.converged()
    polled.remove("assigned/pedro/a.yaml")
    polled.converged()
    assert [name for name, _ in follower.about_tasks()] == ["task.created", "task.assigned", "task.removed"]


def test_polling_reads_a_file_only_after_one_quiet_poll(polled: Board) -> None:
    follower = polled.followers[0]
    source = polled.runtime.source
    with (polled.root / "inbox/a.yaml").open("w") as writer:
        for piece in ("id: a\n", "agent: p\n", "status: new\n"):
            looks = source.status().scans
            writer.write(piece)
            writer.flush()
            wait_until(lambda seen=looks: source.status().scans > seen, "the next poll")
        writer.write("title: whole\n")
    polled.converged()
    assert [follower.cards["inbox/a.yaml"]["title"]] == ["whole"]
    titles = [h.payload["task"]["title"] for h in follower.heard if h.name.startswith("task.")]
    assert titles == ["whole"], "half of the file was shown"


def test_polling_sees_an_edit_of_equal_size_with_its_time_restored(polled: Board) -> None:
    file = polled.put("inbox/a.yaml", task_text("a", "old"))
    polled.converged()
    before = file.stat()
    file.write_text(task_text("a", "new"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    polled.converged()


@pytest.mark.faults
def test_polling_survives_a_folder_that_vanishes_and_returns(polled: Board, folder: Folder) -> None:
    polled.put("inbox/a.yaml")
    polled.converged()
    polled.root.rename(polled.root.parent / "away")
    polled.converged()
    (polled.root.parent / "away").rename(polled.root)
    polled.converged()
