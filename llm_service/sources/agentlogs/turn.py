"""One process at a time reads the logs into a database: a command beside a running server waits for its turn."""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK_NAME = "agent-logs.lock"
_TAG_BYTES = 32


class Busy(OSError):
    """Another process is reading at this moment."""


class Turn:
    """A lock file in the state directory, with the mark of who wrote cursors last in it."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / LOCK_NAME
        self._mark = secrets.token_hex(_TAG_BYTES // 2).encode()

    @contextmanager
    def taken(self, wait_s: float = 0.0) -> Iterator[bool]:
        """Hold the turn; gives whether another process wrote since ours was the last. Raises `Busy`, or OSError."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            _lock(descriptor, wait_s)
            foreign = os.pread(descriptor, _TAG_BYTES, 0) != self._mark
            if foreign:
                os.pwrite(descriptor, self._mark, 0)
            yield foreign
        finally:
            os.close(descriptor)


def _lock(descriptor: int, wait_s: float) -> None:
    end_s = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() >= end_s:
                raise Busy("the logs are being read by another process") from error
            time.sleep(0.1)
