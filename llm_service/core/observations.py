"""What arrives from outside, as values: the sources publish these and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from llm_service.core.tasks import FileStamp, FileState, Problem, TaskContent


@dataclass(frozen=True, slots=True)
class FileSeen:
    """A file as it was found. `content` None with state INVALID, WRITING or SETTLING keeps the last good content."""

    path: str
    stamp: FileStamp
    content: TaskContent | None
    state: FileState = FileState.OK
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class FilesChanged:
    """What one look at the disk found different. `gone` are paths that are no longer there.

    `loading` batches belong to the first reading of the folder: they become a fresh snapshot, not single events.
    """

    seen: tuple[FileSeen, ...] = ()
    gone: tuple[str, ...] = ()
    loading: bool = False


@dataclass(frozen=True, slots=True)
class BoardCondition:
    """How the watching itself stands; `degraded` are sentences for the user."""

    loading: bool
    waiting: bool
    degraded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TimePassed:
    """Nothing arrived until a deadline of the state; carries nothing because time is given with every observation."""


@dataclass(frozen=True, slots=True)
class Announced:
    """Something another part of the house found out: an event of the catalogue with what it carries.

    A `standing` body is also what a later subscriber of the topic gets as its snapshot. `rows` are the things that
    the event is about, by key, as the topic's snapshot lists them from now on; None takes one off the list.
    `aside` are fields that the snapshot has beside the list from now on.
    """

    topic: str
    event: str
    body: Mapping[str, object]
    standing: bool = False
    rows: Mapping[str, Mapping[str, object] | None] = field(default_factory=dict)
    aside: Mapping[str, object] = field(default_factory=dict)


Observation = FilesChanged | BoardCondition | Announced | TimePassed
