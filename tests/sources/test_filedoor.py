"""The only way to a file's bytes: no link, no pipe, no folder swapped in the middle gets through it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from llm_service.sources.filedoor import FileDoor, FileRead, FileRefused

LIMIT = 1024


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root/inbox/deep").mkdir(parents=True)
    (tmp_path / "secret.yaml").write_text("id: secret\n")
    return tmp_path / "root"


@pytest.fixture
def door(root: Path) -> FileDoor:
    return FileDoor(root, LIMIT)


class SwappedDoor(FileDoor):
    """Between its look at the name and its opening of the file, `swap` happens."""

    def __init__(self, root: Path, swap: Callable[[], object]) -> None:
        super().__init__(root, LIMIT)
        self._swap = swap

    def _open(self, path: str) -> int:
        self._swap()
        return super()._open(path)


def test_a_regular_file_is_read_whole_with_its_stamp(door: FileDoor, root: Path) -> None:
    (root / "inbox/a.yaml").write_bytes(b"x" * LIMIT)
    got = door.read("inbox/a.yaml")
    assert isinstance(got, FileRead)
    assert (got.data, got.stamp.size) == (b"x" * LIMIT, LIMIT)


def test_nothing_is_none(door: FileDoor) -> None:
    assert door.read("inbox/a.yaml") is None
    assert door.read("nowhere/a.yaml") is None


def test_one_byte_too_many_is_refused_with_the_limit(door: FileDoor, root: Path) -> None:
    (root / "inbox/a.yaml").write_bytes(b"x" * (LIMIT + 1))
    got = door.read("inbox/a.yaml")
    assert isinstance(got, FileRefused)
    assert "limit of 1 KiB" in got.problem.reason


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (os.mkfifo, "named pipe"),
        (os.mkdir, "folder"),
        (lambda path: os.symlink("/dev/zero", path), "symbolic link"),
        (lambda path: os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5)), "device"),
    ],
)
def test_what_is_no_file_is_refused_by_its_kind(door: FileDoor, root: Path, make: Callable, reason: str) -> None:
    make(root / "inbox/a.yaml")
    got = door.read("inbox/a.yaml")
    assert isinstance(got, FileRefused)
    assert reason in got.problem.reason


def test_a_link_swapped_in_after_the_look_is_not_followed(root: Path) -> None:
    file = root / "inbox/a.yaml"
    file.write_text("id: a\n")

    def swap() -> None:
        file.unlink()
        file.symlink_to(root.parent / "secret.yaml")

    got = SwappedDoor(root, swap).read("inbox/a.yaml")
    assert isinstance(got, FileRefused)
    assert "symbolic link" in got.problem.reason


def test_a_folder_replaced_by_a_link_after_the_look_leads_nowhere(root: Path) -> None:
    (root / "inbox/deep/secret.yaml").write_text("id: a\n")

    def swap() -> None:
        (root / "inbox/deep").rename(root / "away")
        (root / "inbox/deep").symlink_to(root.parent)

    assert SwappedDoor(root, swap).read("inbox/deep/secret.yaml") is None


def test_a_pipe_swapped_in_after_the_look_does_not_hang(root: Path) -> None:
    file = root / "inbox/a.yaml"
    file.write_text("id: a\n")

    def swap() -> None:
        file.unlink()
        os.mkfifo(file)

    got = SwappedDoor(root, swap).read("inbox/a.yaml")
    assert isinstance(got, FileRefused)
    assert "named pipe" in got.problem.reason


def test_a_file_that_grows_past_the_limit_while_it_is_read_is_refused(root: Path) -> None:
    file = root / "inbox/a.yaml"
    file.write_text("id: a\n")
    got = SwappedDoor(root, lambda: file.write_bytes(b"x" * 5000)).read("inbox/a.yaml")
    assert isinstance(got, FileRefused)


@pytest.mark.parametrize(
    "path", ["../secret.yaml", "inbox/../../secret.yaml", "/etc/passwd", "inbox//a.yaml", "./inbox/a.yaml", ""]
)
def test_a_path_that_leaves_the_root_reads_nothing(door: FileDoor, root: Path, path: str) -> None:
    (root / "inbox/a.yaml").write_text("id: a\n")
    assert not isinstance(door.read(path), FileRead)


def test_a_file_nobody_may_read_says_so(root: Path) -> None:
    (root / "inbox/a.yaml").write_text("id: a\n")

    def refuse() -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    got = SwappedDoor(root, refuse).read("inbox/a.yaml")
    assert isinstance(got, FileRefused)
    assert "no permission" in got.problem.reason


def test_no_descriptor_is_left_open_whatever_happens(door: FileDoor, root: Path) -> None:
    (root / "inbox/a.yaml").write_text("id: a\n")
    os.mkfifo(root / "inbox/b.yaml")
    (root / "link").symlink_to(root.parent)
    before = len(os.listdir("/proc/self/fd"))
    for path in ("inbox/a.yaml", "inbox/b.yaml", "inbox/none.yaml", "link/secret.yaml", "inbox/a.yaml/b.yaml") * 5:
        door.read(path)
    assert len(os.listdir("/proc/self/fd")) == before
