"""Folders held open by descriptor, so that no link can be slipped in between a check and its use."""

from __future__ import annotations

import ctypes
import errno
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_REPLACE = {"linux": ("renameat2", 1), "darwin": ("renameatx_np", 4)}


@contextmanager
def open_folder(root: Path, under: str, *, create: bool = False) -> Iterator[int]:
    """Open the folder `under` (posix, may be empty) step by step from `root`; no step may be a link."""
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in [part for part in under.split("/") if part]:
            if create:
                try:
                    os.mkdir(name, dir_fd=here)
                except FileExistsError:
                    pass
            inner = os.open(name, _FLAGS, dir_fd=here)
            os.close(here)
            here = inner
        yield here
    finally:
        os.close(here)


def rename_new(source: int, name: str, target: int, new_name: str) -> None:
    """Rename in one step and durably; raises FileExistsError where `new_name` is taken, and changes nothing."""
    if not _rename_exclusive(source, name, target, new_name):
        if new_name in os.listdir(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new_name)
        os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)
    os.fsync(target)
    if source != target:
        os.fsync(source)


def write_new(folder: int, name: str, data: bytes, mode: int = 0o644) -> None:
    """Put a whole file under a name that is not taken; a reader never sees a part of it."""
    with _draft(folder, name, data, mode) as draft:
        rename_new(folder, draft, folder, name)


def write_over(folder: int, name: str, data: bytes, mode: int) -> None:
    """Replace a file as a whole; a reader sees the old text or the new."""
    with _draft(folder, name, data, mode) as draft:
        os.replace(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)


@contextmanager
def _draft(folder: int, name: str, data: bytes, mode: int) -> Iterator[str]:
    """A written file under a hidden name the board ignores, removed where it was not moved into place."""
    draft = f".{name[:100]}.{secrets.token_hex(6)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(draft, flags, mode, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        try:
            os.unlink(draft, dir_fd=folder)
        except FileNotFoundError:
            pass


def _rename_exclusive(source: int, name: str, target: int, new_name: str) -> bool:
    """Rename by the call that refuses a taken name; False where this system or file system has none."""
    call_name, flag = _NO_REPLACE.get(sys.platform, ("", 0))
    call = getattr(ctypes.CDLL(None, use_errno=True), call_name, None) if call_name else None
    if call is None:
        return False
    if call(source, os.fsencode(name), target, os.fsencode(new_name), ctypes.c_uint(flag)) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code), new_name)
