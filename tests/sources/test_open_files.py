"""Whether somebody still writes a file, asked of the kernel and of the clock."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from llm_service.sources.filedoor import FileDoor
from llm_service.sources.open_files import ASKED_S, SHOWN_S, STILL_S, OpenFiles
from llm_service.sources.writers import has_writer

NAME = "inbox/a.yaml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    made = tmp_path / NAME
    made.write_text("id: a\n")
    return made


@pytest.fixture
def open_files(tmp_path: Path) -> OpenFiles:
    return OpenFiles(FileDoor(tmp_path, 1000))


def test_the_kernel_knows_a_writer_from_a_reader(file: Path) -> None:
    assert has_writer(file) is False
    with file.open():
        assert has_writer(file) is False
    with file.open("a"):
        assert has_writer(file) is True
    assert has_writer(file) is False


def test_asking_takes_no_lease_along(file: Path) -> None:
    """The next writer must not have to wait for us, as it would for a lease that was kept."""
    has_writer(file)
    descriptor = os.open(file, os.O_WRONLY | os.O_NONBLOCK)
    os.close(descriptor)


def test_of_what_is_no_file_nobody_can_tell(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert [has_writer(tmp_path / name) for name in ("pipe", "link", "nothing")] == [None, None, None]


def test_a_file_nobody_writes_may_be_read_a_moment_after_its_last_touch(file: Path, open_files: OpenFiles) -> None:
    assert open_files.look({NAME: 10.0}, 10.0 + ASKED_S / 2) == ([], [])
    assert open_files.look({NAME: 10.0}, 10.1) == ([NAME], [])


def test_a_file_that_is_gone_may_be_read_to_find_that_out(open_files: OpenFiles) -> None:
    assert open_files.look({"inbox/none.yaml": 10.0}, 11.0) == (["inbox/none.yaml"], [])


def test_a_link_or_a_pipe_is_not_waited_for(tmp_path: Path, file: Path, open_files: OpenFiles) -> None:
    os.mkfifo(tmp_path / "inbox/pipe.yaml")
    (tmp_path / "inbox/link.yaml").symlink_to(file)
    names = {"inbox/pipe.yaml": 10.0, "inbox/link.yaml": 10.0}
    assert open_files.look(names, 10.1) == (list(names), [])


def test_a_file_in_a_writers_hands_is_shown_when_it_takes_long_and_read_when_it_stands_still(
    file: Path, open_files: OpenFiles
) -> None:
    with file.open("a") as writer:
        assert open_files.look({NAME: 10.0}, 10.1) == ([], [])
        readable, slow = open_files.look({NAME: 10.0}, 10.1 + SHOWN_S)
        assert (readable, [path for path, _ in slow]) == ([], [NAME])
        writer.write("title: A\n")
        writer.flush()
        assert open_files.look({NAME: 14.0}, 14.0 + SHOWN_S)[0] == []
        assert open_files.look({NAME: 14.0}, 14.0 + STILL_S)[0] == [], "it stood still only since the last write"
        assert open_files.look({NAME: 14.0}, 14.5 + SHOWN_S + STILL_S) == ([NAME], [])


def test_a_file_written_anew_stands_still_anew(file: Path, open_files: OpenFiles) -> None:
    with file.open("a"):
        open_files.look({NAME: 10.0}, 10.1)
        open_files.look({}, 11.0)
        assert open_files.look({NAME: 20.0}, 20.1) == ([], [])


def test_of_files_changed_a_moment_ago_those_with_a_writer_are_known(file: Path, open_files: OpenFiles) -> None:
    def found() -> dict:
        return {NAME: FileDoor(file.parents[1], 1000).stamp(NAME)}

    assert open_files.written_now(found()) == []
    with file.open("a"):
        assert open_files.written_now(found()) == [NAME]
    assert open_files.written_now(found()) == []
