"""Files and folders that only their owner can read. No symbolic link is followed at the last step."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from llm_service.errors import LlmServiceError

_SAFE = os.O_NOFOLLOW | os.O_CLOEXEC


def make_private_dir(path: Path) -> None:
    """Make `path` with mode 0700. One that exists must be ours and writable by nobody else."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.mkdir(mode=0o700, exist_ok=True)
        info = path.lstat()
    except OSError as error:
        raise LlmServiceError(
            f"cannot make the state directory {path}: {error.strerror}; choose one with --state-dir"
        ) from error
    if info.st_uid != os.geteuid():
        raise LlmServiceError(f"the state directory {path} belongs to another user; choose one with --state-dir")
    if stat.S_IMODE(info.st_mode) & 0o022:
        raise LlmServiceError(f"the state directory {path} is writable by others; run: chmod go-w {path}")


def open_private(path: Path, flags: int) -> int:
    """Open or create `path` with mode 0600; the descriptor is not inherited by children."""
    try:
        return os.open(path, flags | _SAFE, 0o600)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise LlmServiceError(f"cannot open {path}: {error.strerror}") from error


def read_private(path: Path) -> str | None:
    """The text of a small file without its last line break; None where there is no file."""
    try:
        descriptor = open_private(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read(65_536).decode("utf-8", "replace").strip()


def write_private(path: Path, text: str) -> None:
    """Replace `path` as a whole: a reader sees the old text or the new, never a half."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFE, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise LlmServiceError(f"cannot write {path}: {error.strerror}") from error
