"""What a task is, apart from where it comes from: columns, priorities, states and the card a person sees."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Column(StrEnum):
    """A folder of the board; the order is the direction of work."""

    INBOX = "inbox"
    ASSIGNED = "assigned"
    DONE = "done"


COLUMNS = tuple(Column)
RANK = {column: rank for rank, column in enumerate(COLUMNS)}


class Priority(StrEnum):
    """How urgent, most urgent first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    NORMAL = "normal"
    LOW = "low"


PRIORITY_RANK = {priority: rank for rank, priority in enumerate(Priority)}


class Status(StrEnum):
    """The badge on a card."""

    NEW = "new"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    BLOCKED = "blocked"
    ERROR = "error"
    DONE = "done"


class FileState(StrEnum):
    """How well the card knows its file."""

    OK = "ok"
    WRITING = "writing"
    SETTLING = "settling"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something odd that does not stop the file from being read. ``line`` is 1-based."""

    field: str
    text: str
    reason: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a file cannot be read. ``line`` and ``char`` are 1-based, None where no place in the text is to blame."""

    reason: str
    line: int | None
    char: int | None


@dataclass(frozen=True, slots=True, weakref_slot=True)
class TaskContent:
    """What the card needs of a file's text: the same for the same bytes, wherever the file lies.

    Times are ISO-8601 UTC with milliseconds, so they compare as text. ``status`` and ``agent`` are as written.
    """

    id: str
    title: str | None
    agent: str | None
    priority: Priority
    status: str | None
    created_at: str | None
    assigned_at: str | None
    started_at: str | None
    completed_at: str | None
    tags: tuple[str, ...]
    marks: tuple[Mark, ...]
    status_line: int | None = None
    agent_line: int | None = None


class FileStamp(NamedTuple):
    """Which file this is and whether it changed: device, inode, size in bytes, times in ns, and the mode's file type.

    ctime is part of it because ``rsync -t``, ``tar`` and ``cp -p`` restore mtime, so an edit of equal size could hide.
    """

    dev: int
    ino: int
    size: int
    mtime_ns: int
    ctime_ns: int
    kind: int


@dataclass(frozen=True, slots=True)
class Card:
    """One file on the board. ``path`` (posix, under the root) is its key; ``content`` is None before it was read."""

    path: str
    column: Column
    agent: str | None
    stamp: FileStamp
    state: FileState
    content: TaskContent | None
    problem: Problem | None
    status: Status
    marks: tuple[Mark, ...]

    @property
    def id(self) -> str | None:
        return self.content.id if self.content else None

    @property
    def title(self) -> str:
        if self.content and self.content.title:
            return self.content.title
        return self.path.rpartition("/")[2]

    @property
    def priority(self) -> Priority:
        return self.content.priority if self.content else Priority.NORMAL
