"""The task file as a type: what docs/task.schema.json is made from and ``task validate`` checks against.

Imports pydantic, which costs a server 5 MB: the running dashboard reads leniently with `taskfile` instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, Required

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from llm_service.core.taskfile import MAX_ID, MAX_TITLE, known_status
from llm_service.core.times import parse_time


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _status_word(value: object) -> object:
    known = known_status(value) if isinstance(value, str) else None
    return known.value if known else value


def _time(value: str) -> str:
    if parse_time(value) is None:
        raise ValueError("not a date or time; write it like 2026-11-20T14:05:00Z")
    return value


Time = Annotated[
    str,
    AfterValidator(_time),
    Field(examples=["2026-11-20T14:05:00Z"], json_schema_extra={"format": "date-time"}),
]


class DependencyRef(TypedDict, total=False):
    """Another task that must be done first."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]

    task_id: str
    type: str
    description: str


class TaskFile(TypedDict, total=False):
    """One task: a YAML mapping with an `id`. Fields that are not named here are kept and shown as they are."""

    __pydantic_config__ = ConfigDict(extra="allow", title="llm-service task file")  # type: ignore[misc]

    id: Required[
        Annotated[str, Field(min_length=1, max_length=MAX_ID, description="Unique on the board; links use it.")]
    ]
    title: Annotated[str | None, Field(max_length=MAX_TITLE, description="What the card shows; else the file name.")]
    agent: Annotated[str | None, Field(description="Who it is for. Right of the inbox the folder's name counts.")]
    status: Annotated[
        Literal["new", "assigned", "in_progress", "blocked", "error", "done"] | None,
        BeforeValidator(_status_word),
        Field(description="The badge. The folder decides the column; a status that disagrees with it is marked."),
    ]
    priority: Annotated[
        Literal["critical", "high", "medium", "normal", "low"] | None,
        BeforeValidator(_lower),
        Field(description="Any letter case; normal when left out."),
    ]
    description: Annotated[str | None, Field(description="Markdown.")]
    tags: Annotated[list[str] | None, Field(description="Words to filter by.")]
    artefacts: Annotated[list[Any] | None, Field(description="Files this task makes or changes.")]
    dependencies: Annotated[list[str | DependencyRef] | None, Field(description="Ids of tasks to be done first.")]
    created_at: Annotated[Time | None, Field(description="ISO 8601; without a zone it is UTC.")]
    created_by: str | None
    assigned_at: Time | None
    started_at: Time | None
    completed_at: Time | None
    result: Annotated[Any, Field(description="What came out of it; a mapping with a `summary` reads best.")]
    error: Annotated[Any, Field(description="What went wrong, for a task with status error.")]


def schema() -> dict[str, Any]:
    """The JSON Schema of a task file, draft 2020-12."""
    body = _adapter().json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **body}


def faults(values: Mapping[str, object]) -> list[tuple[str, str]]:
    """What the type does not allow in a file's fields: (top-level field, reason), in the file's order."""
    try:
        _adapter().validate_python(dict(values), strict=False)
    except ValidationError as error:
        found: dict[str, str] = {}
        for fault in error.errors(include_url=False, include_context=False):
            field = str(fault["loc"][0]) if fault["loc"] else ""
            found.setdefault(field, fault["msg"].removeprefix("Value error, "))
        return list(found.items())
    return []


@cache
def _adapter() -> TypeAdapter[TaskFile]:
    return TypeAdapter(TaskFile)
