"""The one gate to JSON: cards and changes to the shapes that leave the house, and nothing JSON cannot hold."""

from __future__ import annotations

import math
from datetime import datetime
from enum import Enum

from llm_service.core.cards import FOLDER_STATUS
from llm_service.core.shapes import CardJson, FileProblem, Json, MarkJson, ProblemJson, TaskChange
from llm_service.core.tasks import Card, Mark, Problem
from llm_service.core.times import iso, iso_seconds


def safe(value: object) -> Json:
    """`value` as JSON: times to ISO UTC, enums to their value, NaN and infinities to null, keys and the rest to text.

    One NaN in a Socket.IO packet makes every browser drop its connection, so nothing leaves around this gate.
    """
    if isinstance(value, Enum):
        return safe(value.value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return value if value.isprintable() else value.encode("utf-8", "replace").decode()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, dict):
        return {str(key): safe(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [safe(item) for item in value]
    return str(value)


def card_json(card: Card) -> CardJson:
    """A card as it leaves the house."""
    content = card.content
    return {
        "path": card.path,
        "id": card.id,
        "title": card.title,
        "column": card.column.value,
        "agent": card.agent,
        "priority": card.priority.value,
        "status": card.status.value,
        "state": card.state.value,
        "created_at": content.created_at if content else None,
        "assigned_at": content.assigned_at if content else None,
        "started_at": content.started_at if content else None,
        "completed_at": content.completed_at if content else None,
        "updated_at": iso_seconds(card.stamp.mtime_ns / 1e9),
        "tags": list(content.tags) if content else [],
        "marks": [_mark_json(mark) for mark in card.marks],
        "problem": _problem_json(card.problem),
    }


def change_json(card: Card, old: Card | None) -> TaskChange:
    """One task's change: the card now and, where it moved or changed column or agent, what it was."""
    status = FOLDER_STATUS[card.column].value
    change: TaskChange = {
        "task": card_json(card),
        "status": status,
        "column": card.column.value,
        "agent": card.agent,
        "file_path": card.path,
    }
    if old is not None and old.path != card.path:
        change["old_path"] = old.path
        change["old_status"] = FOLDER_STATUS[old.column].value
        change["new_status"] = status
        change["old_column"] = old.column.value
        change["old_agent"] = old.agent
    return change


def file_problem(card: Card) -> FileProblem:
    """The row of a problem card in ``/api/tasks``."""
    problem = card.problem or Problem("cannot be read", None, None)
    return {
        "path": card.path,
        "column": card.column.value,
        "line": problem.line,
        "char": problem.char,
        "reason": problem.reason,
    }


def _mark_json(mark: Mark) -> MarkJson:
    return {"field": mark.field, "text": mark.text, "reason": mark.reason, "line": mark.line}


def _problem_json(problem: Problem | None) -> ProblemJson | None:
    if problem is None:
        return None
    return {"reason": problem.reason, "line": problem.line, "char": problem.char}
