"""What is published of what was read: only differences, never a passing trouble of our own."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from threading import Event

import pytest

from llm_service.core.observations import FilesChanged
from llm_service.core.tasks import FileState
from llm_service.sources import scanning
from llm_service.sources.filedoor import FileDoor
from llm_service.sources.intake import Intake
from tests.kit.boards import Folder, task_text
from tests.kit.waiting import wait_until

A = "inbox/a.yaml"


class Published(list):
    """What came out, in the order in which it came."""

    def paths(self) -> list[str]:
        return [seen.path for batch in self for seen in batch.seen] + [path for batch in self for path in batch.gone]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def published() -> Published:
    return Published()


@pytest.fixture
def intake(folder: Folder, published: Published) -> Intake:
    return Intake(FileDoor(folder.root, 10_000), published.append, None, Event())


def test_the_same_bytes_are_published_once(folder: Folder, intake: Intake, published: Published) -> None:
    file = folder.put(A)
    intake.read([A])
    intake.read([A])
    file.chmod(0o600)
    intake.read([A])
    assert published.paths() == [A]


def test_another_time_is_another_card_though_the_bytes_are_the_same(
    folder: Folder, intake: Intake, published: Published
) -> None:
    file = folder.put(A)
    intake.read([A])
    os.utime(file, (1, 1))
    intake.read([A])
    assert published.paths() == [A, A]


def test_an_edit_of_equal_size_and_restored_time_is_found(folder: Folder, intake: Intake, published: Published) -> None:
    file = folder.put(A, task_text("a", "old"))
    intake.read([A])
    before = file.stat()
    file.write_text(task_text("a", "new"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert intake.different({A: intake.door.stamp(A)}) == {A}
    intake.read([A])
    assert [seen.content.title for batch in published for seen in batch.seen] == ["old", "new"]


def test_what_goes_is_told_once_and_only_if_it_was_there(folder: Folder, intake: Intake, published: Published) -> None:
    folder.put(A)
    intake.read([A, "inbox/never.yaml"])
    folder.remove(A)
    intake.read([A])
    intake.read([A])
    assert [batch.gone for batch in published] == [(), (A,)]


def test_a_broken_file_gets_a_moment_before_anybody_is_told(
    folder: Folder, intake: Intake, published: Published
) -> None:
    folder.put(A, "id: [")
    intake.read([A])
    assert published == []
    assert list(intake.retry) == [A]
    folder.put(A, task_text("a"))
    intake.read([A])
    assert [seen.state for seen in published[0].seen] == [FileState.OK]
    assert intake.retry == {}


def test_a_file_that_stays_broken_is_told_of(folder: Folder, intake: Intake, published: Published) -> None:
    folder.put(A, "id: [")
    intake.read([A])

    def told() -> list[FilesChanged]:
        intake.read_due()
        return published

    assert [seen.state for seen in wait_until(told)[0].seen] == [FileState.INVALID]


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.ESTALE, errno.EINTR])
def test_a_passing_trouble_of_the_system_makes_no_card_broken(
    folder: Folder, intake: Intake, published: Published, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    folder.put(A, task_text("a", "old"))
    intake.read([A])
    folder.put(A, task_text("a", "new"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse(number))
        intake.read([A])
    assert [seen.state for batch in published for seen in batch.seen] == [FileState.OK]

    def told() -> bool:
        intake.read_due()
        intake.read(intake.different(scanning.scan(folder.root)))
        return len(published) == 2

    wait_until(told, "another try")
    assert published[1].seen[0].content.title == "new"


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO])
def test_a_folder_that_cannot_be_listed_for_a_moment_is_not_empty(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    folder.put(A)
    monkeypatch.setattr(os, "scandir", refuse(number))
    with pytest.raises(OSError, match=os.strerror(number)):
        scanning.scan(folder.root)


def refuse(number: int):
    def refused(*args: object, **options: object):
        raise OSError(number, os.strerror(number))

    return refused


def test_a_name_that_is_no_utf_8_is_published_as_text(folder: Folder, intake: Intake, published: Published) -> None:
    path = "inbox/\udcff.yaml"
    (folder.root / path).parent.mkdir()
    (folder.root / path).write_text(task_text("a"))
    intake.read([path])
    assert published.paths() == ["inbox/\\xff.yaml"]
    assert "UTF-8" in published[0].seen[0].problem.reason
