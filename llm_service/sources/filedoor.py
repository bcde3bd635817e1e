"""The only door through which task files are read: no link is followed, nothing but a regular file is opened for long.

A plain ``open()`` of a FIFO named ``a.yaml`` hangs for ever, and a link to ``/etc/shadow`` would be shown in a browser.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import NamedTuple

from llm_service.core.taskfile import too_large
from llm_service.core.tasks import FileStamp, Problem

_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC

_PASSING = frozenset(
    (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.ESTALE, errno.EINTR, errno.EAGAIN, errno.ETIMEDOUT)
)
"""Troubles that say nothing about the file: too few descriptors, a network drive that is away."""

_KINDS = {
    stat.S_IFLNK: "a symbolic link; put the file itself here",
    stat.S_IFIFO: "a named pipe, not a file",
    stat.S_IFSOCK: "a socket, not a file",
    stat.S_IFCHR: "a device, not a file",
    stat.S_IFBLK: "a device, not a file",
    stat.S_IFDIR: "this folder cannot be listed; check its mode and owner",
}


class FileRead(NamedTuple):
    """The bytes of a file and the stamp it had before they were read."""

    stamp: FileStamp
    data: bytes


class FileRefused(NamedTuple):
    """A file that is there and is not read, with the reason; `passing` where the trouble is the system's."""

    stamp: FileStamp
    problem: Problem
    passing: bool = False


def stamp_of(status: os.stat_result) -> FileStamp:
    """The stamp of a stat result."""
    kind = stat.S_IFMT(status.st_mode)
    return FileStamp(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, kind)


def refusal_of(stamp: FileStamp, max_bytes: int) -> Problem | None:
    """Why a file with this stamp is not read at all, or None."""
    if stamp.kind != stat.S_IFREG:
        return Problem(_KINDS.get(stamp.kind, "not a regular file"), None, None)
    return too_large(stamp.size, max_bytes) if stamp.size > max_bytes else None


class FileDoor:
    """Reads files below `root` by their posix path relative to it; at most `max_bytes` each."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        self.root = root
        self.max_bytes = max_bytes

    def stamp(self, path: str) -> FileStamp | None:
        """The stamp of what lies at `path` itself, or None where nothing does."""
        try:
            return stamp_of(os.lstat(self.root / path))
        except OSError:
            return None

    def read(self, path: str) -> FileRead | FileRefused | None:
        """Read the file at `path`; None where there is none (any more)."""
        stamp = self.stamp(path)
        if stamp is None:
            return None
        problem = refusal_of(stamp, self.max_bytes)
        if problem is not None:
            return FileRefused(stamp, problem)
        try:
            descriptor = self._open(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            return _refused(stamp, error)
        try:
            # The name may mean another file than a moment ago; only what the open descriptor says counts.
            stamp = stamp_of(os.fstat(descriptor))
            problem = refusal_of(stamp, self.max_bytes)
            if problem is not None:
                return FileRefused(stamp, problem)
            data = _read_all(descriptor, self.max_bytes)
        except OSError as error:
            return _refused(stamp, error)
        finally:
            os.close(descriptor)
        if len(data) > self.max_bytes:
            return FileRefused(stamp, too_large(len(data), self.max_bytes))
        return FileRead(stamp, data)

    def _open(self, path: str) -> int:
        """Open step by step from the root, so that no folder on the way can be a link either."""
        *folders, name = path.split("/")
        if any(part in ("", ".", "..") for part in (*folders, name)):
            raise FileNotFoundError(path)
        here = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for folder in folders:
                try:
                    inner = os.open(folder, _FOLDER_FLAGS, dir_fd=here)
                except NotADirectoryError:
                    # Now a link or a file: what lies behind it is not on the board, so it is not here.
                    raise FileNotFoundError(path) from None
                os.close(here)
                here = inner
            return os.open(name, _FILE_FLAGS, dir_fd=here)
        finally:
            os.close(here)


def _read_all(descriptor: int, max_bytes: int) -> bytes:
    """Read to the end, or one byte past the limit."""
    data = os.read(descriptor, max_bytes + 1)
    while data and len(data) <= max_bytes:
        more = os.read(descriptor, max_bytes + 1 - len(data))
        if not more:
            break
        data += more
    return data


def _refused(stamp: FileStamp, error: OSError) -> FileRefused:
    return FileRefused(stamp, Problem(_open_failure(error), None, None), error.errno in _PASSING)


def _open_failure(error: OSError) -> str:
    if error.errno in (errno.EACCES, errno.EPERM):
        return "no permission to read the file; check its mode and owner"
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return _KINDS[stat.S_IFLNK]
    return f"cannot be read: {error.strerror or error}"
