"""What the watcher's callback writes down: who is being written, what is whole, which folders to look through."""

from __future__ import annotations

from pathlib import Path

import pytest
from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirModifiedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
)

from llm_service.sources.hints import Hints, Taken

ROOT = Path("/board")
A, B = "/board/inbox/a.yaml", "/board/done/b.yaml"


def told(*events: FileSystemEvent) -> Hints:
    hints = Hints(ROOT)
    for event in events:
        hints.dispatch(event)
    return hints


def test_a_file_is_being_written_until_it_is_closed() -> None:
    hints = told(FileCreatedEvent(A), FileModifiedEvent(A))
    assert list(hints.writers()) == ["inbox/a.yaml"]
    assert hints.take().files == []
    hints.dispatch(FileClosedEvent(A))
    assert (hints.writers(), hints.take().files) == ({}, ["inbox/a.yaml"])


@pytest.mark.parametrize("event", [FileDeletedEvent(A), FileMovedEvent(A, B)])
def test_a_file_that_goes_is_no_longer_being_written(event: FileSystemEvent) -> None:
    hints = told(FileModifiedEvent(A), event)
    assert hints.writers() == {}
    assert hints.take().gone == ["inbox/a.yaml"]


def test_a_file_that_is_written_again_before_it_was_taken_is_not_taken() -> None:
    hints = told(FileDeletedEvent(A), FileCreatedEvent(A), FileModifiedEvent(A))
    assert hints.take().files == []
    hints.dispatch(FileClosedEvent(A))
    assert hints.take().files == ["inbox/a.yaml"]


def test_a_move_is_both_its_ends() -> None:
    taken = told(FileMovedEvent(A, B)).take()
    assert (taken.gone, taken.files) == (["inbox/a.yaml"], ["done/b.yaml"])
    assert told(FileMovedEvent("/board/archive/a.yaml", B)).take().files == ["done/b.yaml"]
    assert told(FileMovedEvent(A, "")).take().gone == ["inbox/a.yaml"]


def test_a_file_that_is_back_whole_is_not_gone() -> None:
    taken = told(FileMovedEvent(A, B), FileMovedEvent(B, A)).take()
    assert (taken.gone, taken.files) == (["done/b.yaml"], ["inbox/a.yaml"])


def test_a_folder_that_comes_goes_or_moves_is_to_be_looked_through() -> None:
    p, q = "/board/assigned/p", "/board/assigned/q"
    for event in (DirCreatedEvent(p), DirDeletedEvent(p)):
        assert told(event).take().folders == ["assigned/p"]
    assert told(DirMovedEvent(p, q)).take().folders == ["assigned/p", "assigned/q"]
    assert not told(DirModifiedEvent(p)).take()


def test_the_root_itself_puts_everything_in_doubt() -> None:
    assert told(DirDeletedEvent("/board")).take().everything


@pytest.mark.parametrize(
    "path", ["/board/archive/a.yaml", "/board/a.yaml", "/board/inbox/.git/a.yaml", "/boardwalk/inbox/a.yaml", "/x", ""]
)
def test_what_is_not_on_the_board_is_not_written_down(path: str) -> None:
    kinds = (FileCreatedEvent, FileModifiedEvent, FileClosedEvent, FileDeletedEvent, DirCreatedEvent)
    hints = told(*(kind(path) for kind in kinds))
    assert not hints.take()
    assert hints.writers() == {}


def test_a_name_that_is_no_tasks_is_kept_apart() -> None:
    hints = told(FileCreatedEvent("/board/inbox/4913"), FileModifiedEvent("/board/inbox/notes.md"))
    assert hints.take() == Taken([], [], [], ["inbox/4913"], everything=False)


def test_taking_empties_and_putting_back_restores() -> None:
    hints = told(FileClosedEvent(A), DirCreatedEvent("/board/done/x"), FileCreatedEvent("/board/inbox/link"))
    taken = hints.take()
    assert not hints.take()
    assert not hints.wake.is_set()
    hints.put_back(taken)
    assert hints.wake.is_set()
    assert hints.take() == taken


def test_an_overflow_is_counted_and_puts_everything_in_doubt() -> None:
    hints = told()
    hints.distrust()
    assert (hints.overflows, hints.take().everything) == (1, True)


def test_bytes_that_are_no_text_are_a_path_too() -> None:
    hints = told(FileClosedEvent(b"/board/inbox/\xff.yaml"))  # type: ignore[arg-type]
    assert hints.take().files == ["inbox/\udcff.yaml"]
