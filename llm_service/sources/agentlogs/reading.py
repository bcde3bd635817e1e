"""Reads one log of lines from where its cursor stands, a piece at a time, so that memory stays flat."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from llm_service.core.agentlogs.fold import TOO_LONG, Found, LineFold, Lookup
from llm_service.core.agentlogs.jsonlines import looks_whole, read_object
from llm_service.core.invocations.usage import Invocation
from llm_service.sources.agentlogs.cursors import Cursor, Stamp, stamp_of
from llm_service.sources.agentlogs.finding import LogFile

PIECE = 1 << 20
LONGEST_LINE = 64 << 20
LONGEST_FILE = 64 << 30
"""Unpacked: a small compressed file can be made to hold anything."""
PRINT = 1024
"""Bytes at either end of what was read that must be the same for the reading to go on."""


class Step(NamedTuple):
    """What a piece of a file told, and the cursor to keep with it."""

    rows: list[Invocation]
    cursor: Cursor


class Refused(OSError):
    """What lies there is no regular file."""


def read_on(file: LogFile, cursor: Cursor | None, lookup: Lookup) -> Iterator[Step]:
    """Read the file from its cursor, or from its start where it is another file by now.

    Ends with a step whose cursor carries the file's stamp. Trouble with the file is in that cursor's `error`.
    """
    here = cursor or Cursor(file.key, file.root.tool.name, file.stamp)
    try:
        with _opened(file) as stream:
            stamp = stamp_of(os.fstat(stream.fileno()))
            packed = file.path.suffix == ".zst"
            here = _placed(stream, here, stamp, packed)
            for step in _read_lines(stream, here, file, lookup, packed):
                here = step.cursor
                yield step
            yield Step([], here._replace(stamp=stamp, error="", gone=False))
    except FileNotFoundError:
        yield Step([], here._replace(gone=True))
    except OSError as error:
        yield Step([], here._replace(stamp=file.stamp, error=sentence_of(error)))


def _opened(file: LogFile) -> BinaryIO:
    """Open without waiting: a named pipe with this name would never answer."""
    descriptor = os.open(file.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Refused(errno.EINVAL, "not a regular file")
        return os.fdopen(descriptor, "rb", buffering=0)
    except BaseException:
        os.close(descriptor)
        raise


def _placed(stream: BinaryIO, cursor: Cursor, stamp: Stamp, packed: bool) -> Cursor:
    """The cursor to read from, with `stream` standing there: the given one where the file goes on from it.

    A compressed file is written once; where it is not known whole it is read whole, which ids make harmless.
    """
    same_file = cursor.stamp[:2] == stamp[:2] and stamp.size >= cursor.offset > 0 and not packed
    unread = Stamp(stamp.device, stamp.inode, -1, 0)
    if same_file and (cursor.head, cursor.tail) == _prints(stream, cursor.offset):
        stream.seek(cursor.offset)
        return cursor._replace(stamp=unread)
    stream.seek(0)
    return Cursor(cursor.path, cursor.tool, unread)


def _prints(stream: BinaryIO, offset: int) -> tuple[str, str]:
    """Digests of the first and the last bytes before `offset`."""
    descriptor, length = stream.fileno(), min(offset, PRINT)
    return _digest(os.pread(descriptor, length, 0)), _digest(os.pread(descriptor, length, offset - length))


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def _pieces(stream: BinaryIO, packed: bool) -> Iterator[bytes]:
    """The content from where the stream stands. Raises Refused for a compressed file that is damaged or endless."""
    if not packed:
        while piece := stream.read(PIECE):
            yield piece
        return
    from zstandard import ZstdDecompressor, ZstdError

    reader, given = ZstdDecompressor(max_window_size=1 << 27).stream_reader(stream, read_across_frames=True), 0
    try:
        while piece := reader.read(PIECE):
            given += len(piece)
            if given > LONGEST_FILE:
                raise Refused(errno.EFBIG, f"holds more than {LONGEST_FILE >> 30} GiB unpacked")
            yield piece
    except ZstdError as error:
        raise Refused(errno.EINVAL, f"cannot be unpacked: {error}") from error


class _Lines:
    """Pieces to whole lines. Of a line that is too long nothing is kept but that it was there."""

    def __init__(self, passing: bool) -> None:
        self.passing = passing
        self.rest: list[bytes] = []
        self._held = 0

    def take(self, piece: bytes) -> tuple[list[bytes], int, int]:
        """The lines that end in this piece, how many bytes are done with, and how many lines were too long."""
        lines = piece.split(b"\n")
        end = lines.pop()
        done, too_long = 0, 0
        if lines:
            if self.passing:
                # The end of a line that was given up and counted earlier.
                self.passing, done = False, len(lines[0]) + 1
                del lines[0]
            elif self.rest:
                self.rest.append(lines[0])
                lines[0] = b"".join(self.rest)
            self.rest, self._held = [], 0
        if self.passing:
            return lines, done + len(end), 0
        if end:
            self.rest.append(end)
            self._held += len(end)
        done += sum(map(len, lines)) + len(lines)
        if self._held > LONGEST_LINE:
            self.passing, too_long, done = True, 1, done + self._held
            self.rest, self._held = [], 0
        return lines, done, too_long


def _read_lines(stream: BinaryIO, cursor: Cursor, file: LogFile, lookup: Lookup, packed: bool) -> Iterator[Step]:
    fold = _fold(file, cursor, lookup)
    lines = _Lines(cursor.passing)
    for piece in _pieces(stream, packed):
        whole, done, too_long = lines.take(piece)
        if not done:
            continue
        found = fold.feed(whole)
        skipped = {**found.skipped, TOO_LONG: too_long} if too_long else found.skipped
        offset = cursor.offset + done
        head, tail = ("", "") if packed else _prints(stream, offset)
        cursor = cursor._replace(
            offset=offset,
            lines=cursor.lines + len(whole) + too_long,
            messages=cursor.messages + found.messages,
            fold=fold.state(),
            facts={**cursor.facts, **found.facts},
            skipped=cursor.told(skipped),
            head=head,
            tail=tail,
            passing=lines.passing,
            newest_ms=max(cursor.newest_ms, _newest(found)),
        )
        yield Step(found.rows, cursor)
    if lines.rest:
        yield Step(_read_unended(b"".join(lines.rest), cursor, file, lookup), cursor)


def _read_unended(line: bytes, cursor: Cursor, file: LogFile, lookup: Lookup) -> list[Invocation]:
    """What the last line tells if it is whole although its newline is missing.

    It is told by a reader of its own and read again when the newline is there: the id is the same, so it counts once.
    """
    if not looks_whole(line.rstrip()) or read_object(line) is None:
        return []
    return _fold(file, cursor, lookup).feed([line]).rows


def _fold(file: LogFile, cursor: Cursor, lookup: Lookup) -> LineFold:
    make = file.root.tool.make_fold
    assert make is not None
    return make(file.path, file.root.path, cursor.fold, lookup)


def _newest(found: Found) -> int:
    return max((row.at_ms for row in found.rows), default=0)


def sentence_of(error: Exception) -> str:
    """Why a file was not read, for the page."""
    if isinstance(error, OSError):
        if error.errno in (errno.EACCES, errno.EPERM):
            return "no permission to read the file; check its mode and owner"
        if error.errno == errno.ELOOP:
            return "a symbolic link that leads in circles"
        return error.strerror or str(error)
    return str(error)
