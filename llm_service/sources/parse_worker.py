"""A child process that reads and parses files for its parent, so that a first reading does not slow the live board.

Speaks pickles with a length before them over its own standard input and output; only its parent talks to it.
"""

from __future__ import annotations

import os
import pickle
import struct
import sys
from pathlib import Path
from typing import BinaryIO

from llm_service.sources.filedoor import FileDoor
from llm_service.sources.reader import Reader, Reading

LENGTH = struct.Struct("!I")


def send(stream: BinaryIO, value: object) -> None:
    """Write one value."""
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(LENGTH.pack(len(data)) + data)
    stream.flush()


def receive(stream: BinaryIO) -> object | None:
    """Read one value; None at the end of the stream, also where it comes in the middle of a value."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    length = LENGTH.unpack(head)[0]
    data = stream.read(length)
    if len(data) < length:
        return None
    return pickle.loads(data)  # noqa: S301 - written by our own parent or child, over our own pipe


def main() -> None:
    root, max_bytes = Path(sys.argv[1]), int(sys.argv[2])
    os.nice(5)
    reader = Reader(FileDoor(root, max_bytes))
    paths: object
    while (paths := receive(sys.stdin.buffer)) is not None:
        assert isinstance(paths, list)
        readings: list[tuple[str, Reading | None]] = [(path, reader.read(path)) for path in paths]
        send(sys.stdout.buffer, readings)


if __name__ == "__main__":
    main()
