"""What waits to be sent on one stream: bytes from the conductor's thread to the connection's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

BEAT = b": keep-alive\n\n"
WAITING_MAX = 64 << 20
"""Bytes. A listener that does not read is hung up on, as a proxy would."""


class Outbox:
    """Frames of one listener. `heartbeat_s` asks each time how often a comment is due, 0 for never."""

    def __init__(self, heartbeat_s: Callable[[], float] = lambda: 0.0) -> None:
        self.sent = 0
        self.aborted = False
        self._heartbeat_s = heartbeat_s
        self._frames: list[bytes] = []
        self._bytes = 0
        self._ended = False
        self._more = threading.Condition()
        self._last_s = time.monotonic()

    @property
    def open(self) -> bool:
        """Whether it still takes frames."""
        return not self._ended

    def put(self, frame: bytes) -> None:
        """One more frame, where it is still open."""
        with self._more:
            if self._ended:
                return
            self._frames.append(frame)
            self._bytes += len(frame)
            self.sent += 1
            if self._bytes > WAITING_MAX:
                self._ended = self.aborted = True
            self._more.notify()

    def end(self, *, abort: bool = False) -> None:
        """No more frames: what waits is sent, then the stream ends, `abort` without the proper end of the body."""
        with self._more:
            if not self._ended:
                self._ended, self.aborted = True, abort
            self._more.notify()

    def take(self, wait_s: float) -> bytes | None:
        """All that waits as one piece; b"" where nothing came in `wait_s`; None after the end."""
        beat_s = self._heartbeat_s()
        with self._more:
            if not self._frames and not self._ended:
                self._more.wait(min(wait_s, beat_s) if beat_s else wait_s)
            if self._frames:
                data, self._frames, self._bytes = b"".join(self._frames), [], 0
                self._last_s = time.monotonic()
                return data
            if self._ended:
                return None
            if beat_s and time.monotonic() - self._last_s >= beat_s:
                self._last_s = time.monotonic()
                return BEAT
            return b""
