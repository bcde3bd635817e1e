"""`task validate`: everything the board would mark on a file, and what its schema says, as lines with a place."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from llm_service.core.paths import is_task_name
from llm_service.core.taskfile import content_of, read_document, too_large
from llm_service.core.yamltext import Unreadable


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with one file; `line` and `char` count from 1."""

    path: str
    line: int
    char: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.char}: {self.reason}"

    def as_dict(self) -> dict[str, object]:
        """The finding as JSON has it."""
        return asdict(self)


def check(name: str, max_bytes: int) -> list[Finding]:
    """All findings of the file `name`; ``-`` is the standard input."""
    try:
        data, size = _read(name, max_bytes)
    except IsADirectoryError:
        return [Finding(name, 1, 1, "is a folder; name the files in it, as in inbox/*.yaml")]
    except OSError as error:
        return [Finding(name, 1, 1, f"cannot be read: {error.strerror or error}")]
    if size > max_bytes:
        return [Finding(name, 1, 1, too_large(size, max_bytes).reason)]
    found = []
    if name != "-" and not is_task_name(Path(name).name):
        found.append(Finding(name, 1, 1, "the board reads only files that end in .yaml or .yml and are not hidden"))
    return found + check_text(name, data, max_bytes)


def check_text(name: str, data: bytes, max_bytes: int) -> list[Finding]:
    """All findings of a file's bytes."""
    # Imported late: pydantic takes longer than everything else a task command does.
    from llm_service.cli.task_schema import complaints

    try:
        document = read_document(data, max_bytes)
    except Unreadable as error:
        problem = error.problem
        return [Finding(name, problem.line or 1, problem.char or 1, problem.reason)]
    marks = content_of(document).marks
    found = [Finding(name, mark.line or 1, 1, f"{mark.field}: {mark.reason} (written: {mark.text})") for mark in marks]
    marked = {mark.field for mark in marks}
    for field, reason in complaints(document.values):
        if field not in marked:
            found.append(Finding(name, document.lines.get(field, 1), 1, f"{field}: {reason}"))
    return sorted(found, key=lambda finding: finding.line)


def _read(name: str, max_bytes: int) -> tuple[bytes, int]:
    """At most one byte more than the limit, with the size of all; never from a pipe that was named as a file."""
    if name == "-":
        data = sys.stdin.buffer.read(max_bytes + 1) if sys.stdin else b""
        return data, len(data)
    descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode):
            raise OSError(0, "not a regular file")
        data = file.read(max_bytes + 1)
        return data, max(info.st_size, len(data))
