"""A request's body off the connection: by its length, or in chunks; never a byte of the request after it."""

from __future__ import annotations

import io
import re
from typing import Any, Protocol

from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

MOST_CHUNKED_BYTES = 16 * 1024 * 1024
"""A body that does not say beforehand how long it is may be so long; no route takes more."""

_MOST_CHUNKS = 200_000
# Strict where RFC 9112 lets a reader be lenient: extensions, signs, blanks and a bare line feed are what two readers
# read differently. No client in use sends any of them.
_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n", re.ASCII)
_LONGEST_LINE = 10


class Stream(Protocol):
    """What comes over the connection."""

    def read1(self, size: int = ..., /) -> bytes: ...
    def readline(self, size: int = ..., /) -> bytes: ...


class Body(io.RawIOBase):
    """A body of a known length. `left` is what was not read yet."""

    def __init__(self, stream: Stream, length: int) -> None:
        self._stream = stream
        self.left = length

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with what has come; 0 at the end, early when the client stalls."""
        data = self._stream.read1(min(len(buffer), self.left)) if self.left else b""
        buffer[: len(data)] = data
        self.left -= len(data)
        return len(data)


class ChunkedBody(Body):
    """A body in chunks. `left` is 1 until its end was read, also where it turned out to be no such body.

    Reading raises `BadRequest` for what is not chunks, `RequestEntityTooLarge` beyond the limit.
    """

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream, 1)
        self._chunk_left = 0
        self._chunks = 0
        self._room = MOST_CHUNKED_BYTES
        self._broken = False

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with what has come; 0 at the end."""
        if not self.left:
            return 0
        if self._broken:
            raise BadRequest(_MALFORMED)
        if not self._chunk_left and not self._next_chunk():
            return 0
        data = self._stream.read1(min(len(buffer), self._chunk_left))
        if not data:
            raise self._breaking()
        buffer[: len(data)] = data
        self._chunk_left -= len(data)
        if not self._chunk_left:
            self._expect_line_end()
        return len(data)

    def _next_chunk(self) -> bool:
        line = _SIZE_LINE.fullmatch(self._stream.readline(_LONGEST_LINE))
        self._chunks += 1
        if line is None or self._chunks > _MOST_CHUNKS:
            raise self._breaking()
        size = int(line[1], 16)
        if size > self._room:
            self._broken = True
            raise RequestEntityTooLarge(f"the body is larger than {MOST_CHUNKED_BYTES // 1024 // 1024} MiB")
        self._room -= size
        self._chunk_left = size
        if not size:
            # No trailers: nobody here would read them.
            self._expect_line_end()
            self.left = 0
        return bool(size)

    def _expect_line_end(self) -> None:
        if self._stream.readline(2) != b"\r\n":
            raise self._breaking()

    def _breaking(self) -> BadRequest:
        self._broken = True
        return BadRequest(_MALFORMED)


_MALFORMED = "the body is not in chunks as its Transfer-Encoding says, or ends too early"
