"""FI-33, REL-17: something raises where nothing should. The thread goes on, it is counted, and the board is right."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from llm_service.core.observations import FilesChanged
from llm_service.core.state import State
from llm_service.sources.watching import Watch
from tests.kit.boards import Board, task_text
from tests.kit.waiting import wait_until


class Once:
    """Raises the first time it is called, then does what it stands for."""

    def __init__(self, real: Callable) -> None:
        self.real, self.raised = real, False

    def __call__(self, *args: object, **options: object) -> object:
        if not self.raised:
            self.raised = True
            raise RuntimeError("injected")
        return self.real(*args, **options)


def failures(board: Board) -> dict[str, int]:
    threads = board.get("/ready")[1]["threads"]
    assert all(thread["alive"] for thread in threads)
    return {thread["name"]: thread["failures"] for thread in threads}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_watcher_callback_that_raises_costs_no_change(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    follower = board.follow()
    hints = board.runtime.source.hints
    broken = Once(hints._note_file)
    monkeypatch.setattr(hints, "_note_file", broken)
    board.put("inbox/a.yaml")
    board.converged(follower)
    assert broken.raised
    wait_until(lambda: board.runtime.source.status().alive, "a watcher")
    assert failures(board)["task-files"] == 1
    board.only_hints().put("inbox/b.yaml")
    follower.wait_for("task.created", "inbox/b.yaml")
    assert board.get("/ready")[0] == 200


@pytest.mark.parametrize("part", ["_look_at_hinted", "_periodic_look", "_look_at_writers"])
def test_a_look_that_raises_is_counted_and_repeated(board: Board, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    follower = board.follow()
    source = board.runtime.source
    monkeypatch.setattr(source, part, Once(getattr(source, part)))
    board.put("inbox/a.yaml")
    source._next_scan_s = 0.0
    source.hints.wake.set()
    wait_until(lambda: source.failures == 1, "a failure")
    board.converged(follower)
    assert failures(board)["task-files"] == 1
    board.put("inbox/b.yaml")
    board.converged(follower)


def test_a_fold_that_raises_is_counted_and_the_board_is_right_again(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = board.follow()
    state: State = board.runtime.hub._state
    real = state.board.apply

    def apply(batch: FilesChanged, now_s: float):
        changes = real(batch, now_s)
        if any(seen.path == "inbox/bad.yaml" for seen in batch.seen) and not board.runtime.hub.failures:
            raise RuntimeError("injected after half the work")
        return changes

    monkeypatch.setattr(state.board, "apply", apply)
    board.put("inbox/bad.yaml")
    wait_until(lambda: board.runtime.hub.failures == 1, "a failure")
    board.converged(follower)
    assert failures(board)["hub"] == 1
    board.put("inbox/b.yaml")
    board.converged(follower)


def test_a_sending_that_raises_is_counted_and_made_good(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    follower = board.follow()
    server = board.runtime.dashboard.socketio.server
    monkeypatch.setattr(server, "emit", Once(server.emit))
    board.put("inbox/a.yaml")
    wait_until(lambda: board.runtime.hub.failures == 1, "a failure")
    board.converged(follower)
    assert failures(board)["hub"] == 1


def test_one_sink_that_raises_does_not_keep_events_from_the_others(board: Board) -> None:
    follower = board.follow()
    board.runtime.hub._sinks.insert(0, Once(lambda events: None))
    board.put("inbox/a.yaml")
    follower.wait_for("task.created", "inbox/a.yaml")
    assert failures(board)["hub"] == 1
    board.converged(follower)


def test_a_question_that_raises_is_the_askers_error_alone(board: Board) -> None:
    with pytest.raises(ZeroDivisionError):
        board.runtime.hub.ask(lambda state: 1 / 0)
    assert failures(board)["hub"] == 0


def test_a_clock_that_raises_does_not_end_the_hub(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    follower = board.follow()
    hub = board.runtime.hub
    monkeypatch.setattr(hub, "_monotonic", Once(hub._monotonic))
    board.put("inbox/a.yaml")
    board.put("inbox/b.yaml")
    board.converged(follower)
    assert failures(board)["hub"] == 1


def test_every_thread_of_ours_has_a_name(board: Board) -> None:
    board.follow()
    names = {thread.name for thread in threading.enumerate()}
    assert {"hub", "task-files", "web", "web-connection"} <= names
    assert isinstance(board.runtime.source._root._watch, Watch)


def test_a_board_whose_thread_is_dead_is_not_ready(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(board.runtime.source), "alive", property(lambda source: False))
    status, ready = board.get("/ready")
    assert (status, ready["ready"]) == (503, False)
    assert board.get("/health")[0] == 200


def test_a_failure_in_the_middle_of_a_hub_stop_does_not_hang(board: Board) -> None:
    board.put("inbox/a.yaml", task_text("a"))
    board.runtime.hub.stop(deadline_s=1.0)
    assert not board.runtime.hub.alive
    assert board.get("/api/stats")[0] == 503
