"""The type of a task file: what docs/task.schema.json says and `task validate` checks.

Only here is pydantic imported, never in the running server: it would double the server's memory. The board itself
reads leniently; this type says what a file without marks looks like.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from llm_service.core.taskfile import MAX_AGENT, MAX_ID, MAX_TAGS, MAX_TITLE, known_status
from llm_service.core.tasks import Priority, Status
from llm_service.core.times import parse_time
from llm_service.core.yamltext import Value


def _time(value: object) -> object:
    if isinstance(value, (date, datetime)) or (isinstance(value, str) and parse_time(value)):
        return str(value)
    raise ValueError("should be a date or time like 2026-11-21T14:05:00Z")


def _priority(value: object) -> object:
    if isinstance(value, str) and value.strip().lower() in list(Priority):
        return value.strip().lower()
    raise ValueError(f"should be one of {', '.join(Priority)}")


def _status(value: object) -> object:
    if isinstance(value, str) and known_status(value):
        return known_status(value)
    raise ValueError(f"should be one of {', '.join(Status)}")


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_as_text)]
Time = Annotated[str, BeforeValidator(_time), WithJsonSchema({"type": "string", "format": "date-time"})]


class Dependency(BaseModel):
    """Another task this one waits for."""

    model_config = ConfigDict(extra="allow")
    task_id: str | None = Field(None, description="The id of the other task.")
    id: str | None = Field(None, description="The same, in the short spelling.")
    description: str | None = None
    type: str | None = None


class TaskFile(BaseModel):
    """One task: a YAML mapping in inbox/, assigned/<agent>/ or done/<agent>/. Further fields are kept and shown."""

    model_config = ConfigDict(extra="allow", title="llm-service task file")
    id: Annotated[Text, Field(min_length=1, max_length=MAX_ID)] = Field(
        description="Unique name of the task, usually <time>-<agent>-<subject>, the same as the file's name."
    )
    title: Annotated[Text, Field(max_length=MAX_TITLE)] | None = Field(None, description="One line for the card.")
    agent: Annotated[Text, Field(max_length=MAX_AGENT)] | None = Field(
        None, description="Who does it; once the file is in assigned/ or done/ the folder says so."
    )
    status: Annotated[Literal[*Status], BeforeValidator(_status)] | None = Field(  # type: ignore[valid-type]
        None, description="The badge; the folder decides the column."
    )
    priority: Annotated[Literal[*Priority], BeforeValidator(_priority)] | None = Field(  # type: ignore[valid-type]
        None, description="In any letter case."
    )
    description: str | None = Field(None, description="Markdown.")
    tags: Annotated[list[Text], Field(max_length=MAX_TAGS)] | str | None = None
    artefacts: list[Any] | str | None = Field(None, description="Paths of the files the task is about.")
    dependencies: list[str | Dependency] | None = None
    created_at: Time | None = None
    created_by: Text | None = None
    assigned_at: Time | None = None
    started_at: Time | None = None
    completed_at: Time | None = None
    result: Any = Field(None, description="What came out, once it is done.")
    error: Any = Field(None, description="What went wrong, where it did.")


def schema() -> dict[str, Any]:
    """The JSON Schema of a task file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **TaskFile.model_json_schema()}


def schema_text() -> str:
    """What docs/task.schema.json holds."""
    return json.dumps(schema(), indent=2) + "\n"


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should be a valid ", "should be a ")


def complaints(values: dict[str, Value]) -> list[tuple[str, str]]:
    """Return (top-level field, reason) for each place where `values` are not as the type says."""
    try:
        TaskFile.model_validate(values)
    except ValidationError as error:
        found: dict[str, str] = {}
        for entry in error.errors(include_url=False, include_context=False):
            name = str(entry["loc"][0]) if entry["loc"] else ""
            found.setdefault(name, _plain(entry["msg"]))
        return list(found.items())
    return []
