"""Everything a card's dialog shows, read out of one file's fields."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import NamedTuple

from llm_service.core.shapes import Dependency, HistoryStamp, Json
from llm_service.core.taskfile import TIME_FIELDS
from llm_service.core.tasks import Card, Column
from llm_service.core.times import parse_time
from llm_service.core.wire import safe
from llm_service.core.yamltext import Value

_DEPENDENCY_FIELDS = ("dependencies", "depends_on", "blocked_by", "prerequisites")
_ARTEFACT_FIELDS = ("artefacts", "artifacts", "deliverables")
_PROSE = frozenset(
    (
        "description",
        "notes",
        "summary",
        "details",
        "context",
        "background",
        "acceptance_criteria",
        "technical_notes",
    )
)
_NEXT_COLUMN = {Column.INBOX: "assigned", Column.ASSIGNED: "done", Column.DONE: "assigned"}
_BY = {
    "created_at": ("created_by", "author"),
    "assigned_at": ("assigned_by",),
    "started_at": ("started_by", "agent"),
    "completed_at": ("completed_by", "agent"),
}


class Parts(NamedTuple):
    """What was found in a file's fields, ready to be shown."""

    fields: dict[str, Json]
    prose: dict[str, str]
    artefacts: list[str]
    dependencies: list[Dependency]
    result: Json
    error: Json
    history: list[HistoryStamp]


def parts_of(values: dict[str, Value], find: Callable[[str], Card | None]) -> Parts:
    """Sort a file's fields into what the dialog shows; `find` answers with the card of a task id.

    ``prose`` is Markdown as written, by field name; everything is in ``fields`` too.
    """
    prose = {
        name: value
        for name, value in values.items()
        if isinstance(value, str) and value.strip() and (name in _PROSE or "\n" in value.strip())
    }
    return Parts(
        fields={name: safe(value) for name, value in values.items()},
        prose=prose,
        artefacts=_artefacts(values),
        dependencies=_dependencies(values, find),
        result=safe(values.get("result")),
        error=safe(values.get("error")),
        history=_history(values),
    )


def move_command(card: Card, root: str) -> str:
    """The command that moves the card one column on, to be copied into a terminal in any folder."""
    target = _NEXT_COLUMN[card.column]
    command = f"llm-service task move --watch-dir {shlex.quote(root)} {shlex.quote(card.path)} {target}"
    if target == "assigned" and card.column is Column.INBOX:
        command += f" --agent {shlex.quote(card.agent or 'AGENT')}"
    return command


def _artefacts(values: dict[str, Value]) -> list[str]:
    found: dict[str, None] = {}
    result = values.get("result")
    for holder in (values, result if isinstance(result, dict) else {}):
        for name in _ARTEFACT_FIELDS:
            items = holder.get(name)
            for item in items if isinstance(items, list) else [items]:
                if isinstance(item, str) and item.strip():
                    found[item.strip()] = None
                elif isinstance(item, dict):
                    path = item.get("path") or item.get("name") or item.get("file")
                    if isinstance(path, str):
                        found[path] = None
    return list(found)


def dependency_ids(values: dict[str, Value]) -> list[str]:
    """The ids of the tasks that these fields name as dependencies."""
    return list(_named_dependencies(values))


def _dependencies(values: dict[str, Value], find: Callable[[str], Card | None]) -> list[Dependency]:
    named = _named_dependencies(values)
    return [_with_card(task_id, description, find(task_id)) for task_id, description in named.items()]


def _named_dependencies(values: dict[str, Value]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    context = values.get("context")
    for holder in (values, context if isinstance(context, dict) else {}):
        for name in _DEPENDENCY_FIELDS:
            items = holder.get(name)
            for item in items if isinstance(items, list) else [items]:
                task_id, description = _dependency(item)
                if task_id:
                    found.setdefault(task_id, description)
    return found


def _dependency(item: Value) -> tuple[str, str | None]:
    if isinstance(item, dict):
        task_id = item.get("task_id") or item.get("id") or item.get("task")
        description = item.get("description") or item.get("reason")
        return str(task_id or "").strip(), str(description) if description else None
    return (item.strip(), None) if isinstance(item, str) else ("", None)


def _with_card(task_id: str, description: str | None, card: Card | None) -> Dependency:
    return {
        "id": task_id,
        "description": description,
        "path": card.path if card else None,
        "column": card.column.value if card else None,
        "status": card.status.value if card else None,
        "title": card.title if card else None,
    }


def _history(values: dict[str, Value]) -> list[HistoryStamp]:
    stamps: list[HistoryStamp] = []
    for name, spellings in TIME_FIELDS.items():
        written = next((values[spelling] for spelling in spellings if isinstance(values.get(spelling), str)), None)
        at = parse_time(written) if isinstance(written, str) else None
        if at is not None:
            who = next((values[by] for by in _BY[name] if isinstance(values.get(by), str)), None)
            stamps.append({"what": name.removesuffix("_at"), "at": at, "by": str(who) if who else None})
    return sorted(stamps, key=lambda stamp: stamp["at"])
