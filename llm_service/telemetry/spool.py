"""Rows on disk while no dashboard takes them: files of JSON lines that any process may write or deliver.

A file's first line says for which dashboard it is. Who writes or delivers holds the file's lock for so long, so one
process at a time has it; the kernel lets go of it when that one dies. A file is removed after all of it was taken, so
a death in between delivers twice, which the ids of the rows make harmless.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from llm_service.private_files import make_private_dir

MOST_BYTES = 64 * 1024 * 1024
MOST_FILE_BYTES = 1024 * 1024
ROWS_A_TIME = 1_000
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC

Row = Mapping[str, Any]


class Address(NamedTuple):
    """For which dashboard rows are: the one at `url` where it was named, else the one of the folder `cwd`."""

    cwd: str
    url: str | None = None


class Spool:
    """The files of one folder. Each process has an object of its own; one thread of it writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.dropped = 0
        """Rows that found no room."""
        self._current: Path | None = None

    def keep(self, rows: Sequence[Row], address: Address) -> int:
        """Write rows to disk; returns how many found room. Raises OSError or `LlmServiceError` where none can."""
        if not rows:
            return 0
        data = b"".join(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n" for row in rows)
        make_private_dir(self.folder)
        if self.size() + len(data) > MOST_BYTES:
            self.dropped += len(rows)
            return 0
        if self._current is None or not _append(self._current, data, address):
            self._current = self.folder / f"{time.time_ns():020d}-{os.getpid()}-{os.urandom(4).hex()}.jsonl"
            _create(self._current, data, address)
        return len(rows)

    def size(self) -> int:
        """How many bytes wait."""
        return sum(_size(path) for path in self.files())

    def files(self) -> list[Path]:
        """What waits, the oldest first."""
        try:
            return sorted(path for path in self.folder.iterdir() if path.suffix == ".jsonl" and path.name[:1] != ".")
        except OSError:
            return []

    def deliver(
        self, wanted: Callable[[Address], bool], send: Callable[[list[Any]], bool], most_files: int = 64
    ) -> int:
        """Hand the rows of wanted files to `send`, which says whether they were taken; returns how many were.

        What `send` is given may hold anything: lines that are no JSON are handed on as text, to be refused by name.
        Stops at the first rows that are not taken.
        """
        taken = 0
        for path in self.files()[:most_files]:
            with _locked(path) as descriptor:
                if descriptor is None:
                    continue
                address, rows = _read(descriptor)
                if address is not None and not wanted(address):
                    continue
                for start in range(0, len(rows), ROWS_A_TIME):
                    piece = rows[start : start + ROWS_A_TIME]
                    if not send(piece):
                        return taken
                    taken += len(piece)
                path.unlink(missing_ok=True)
        return taken


class _locked:
    """The open file with its lock, or None where somebody else has it or it is gone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def __enter__(self) -> int | None:
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Somebody may have removed it between the two.
            return self._descriptor if os.fstat(self._descriptor).st_nlink else None
        except OSError:
            return None

    def __exit__(self, *_: object) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


def _append(path: Path, data: bytes, address: Address) -> bool:
    """Add to a file of ours; False where a new one has to be begun."""
    with _locked(path) as descriptor:
        if descriptor is None:
            return False
        size = os.fstat(descriptor).st_size
        if size + len(data) > MOST_FILE_BYTES or _head(descriptor) != address:
            return False
        # A line that a full disk cut short must not swallow the next one.
        torn = size and os.pread(descriptor, 1, size - 1) != b"\n"
        _write(descriptor, b"\n" + data if torn else data, size)
        return True


def _create(path: Path, data: bytes, address: Address) -> None:
    head = json.dumps({"for": address._asdict()}).encode() + b"\n"
    draft = path.with_name(f".{path.name}")
    descriptor = os.open(draft, _FLAGS, 0o600)
    try:
        _write(descriptor, head + data, 0)
        os.rename(draft, path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def _write(descriptor: int, data: bytes, size: int) -> None:
    """Write all or nothing."""
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def _head(descriptor: int) -> Address | None:
    return _address(os.pread(descriptor, 8192, 0).partition(b"\n")[0])


def _address(line: bytes) -> Address | None:
    try:
        said = json.loads(line)["for"]
        return Address(str(said["cwd"]), said["url"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _read(descriptor: int) -> tuple[Address | None, list[Any]]:
    """For whom a file is, and its rows."""
    size = min(os.fstat(descriptor).st_size, 2 * MOST_BYTES)
    lines = os.pread(descriptor, size, 0).split(b"\n")
    address = _address(lines[0])
    return address, list(_rows(lines if address is None else lines[1:]))


def _rows(lines: list[bytes]) -> Iterator[Any]:
    for line in lines:
        if line.strip():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                yield line[:200].decode("utf-8", "replace")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
