"""Questions with answers as `GET /api/datagen/monitor/qa` tells them (PROTOCOLS 1.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from llm_service.core.bobspark.fields import MOST_ID, Reading, first, rows_in
from llm_service.core.operations.model_shapes import QaEntry

MOST_ENTRIES = 200
MOST_TEXT = 8_000
MOST_CITATIONS = 30
Difficulty = Literal["easy", "medium", "hard"]
Grounding = Literal["high", "medium", "low"]
W = TypeVar("W", bound=str)


def qa_rows(value: object, source: str, ahead_s: float = 0.0) -> list[QaEntry] | None:
    """Each once, newest first; None where the answer is no list. The same one twice is told by its id, and where that
    is not given by its service and the first 40 characters of the question."""
    rows = rows_in(value, "qa", "questions", "pairs", "entries")
    if rows is None:
        return None
    read = Reading()
    found: dict[str, QaEntry] = {}
    for row in rows[:MOST_ENTRIES]:
        if isinstance(row, Mapping) and (entry := _entry(row, source, read, ahead_s)) is not None:
            found.setdefault(entry["key"], entry)
    return sorted(found.values(), key=lambda entry: entry["created_at"] or "", reverse=True)


def _entry(row: Mapping[str, Any], source: str, read: Reading, ahead_s: float) -> QaEntry | None:
    question = read.text(row, "question", "prompt", most=MOST_TEXT)
    if question is None:
        return None
    entry_id = read.text(row, "id", "question_id", most=MOST_ID)
    service = read.text(row, "service", "domain")
    name = entry_id or f"{service or ''}:{question[:40]}"
    return {
        "key": f"{source}:{name}",
        "id": entry_id,
        "source": source,
        "service": service,
        "question": question,
        "answer": read.text(row, "answer", "response", most=MOST_TEXT) or "",
        "difficulty": cast("Difficulty | None", _word(row, ("easy", "medium", "hard"), "difficulty")),
        "grounding": cast("Grounding | None", _word(row, ("high", "medium", "low"), "grounding", "grounding_level")),
        "citations": _citations(first(row, "citations", "sources")),
        "created_at": read.time(row, "created_at", "timestamp", ahead_s=ahead_s),
    }


def _word(row: Mapping[str, Any], allowed: tuple[str, ...], *names: str) -> str | None:
    value = first(row, *names)
    word = value.strip().lower() if isinstance(value, str) else ""
    return word if word in allowed else None


def _citations(value: object) -> list[str]:
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list):
        return []
    texts = (_citation(one) for one in value[:MOST_CITATIONS])
    return [text for text in texts if text]


def _citation(value: object) -> str:
    if isinstance(value, Mapping):
        value = first(value, "citation", "source", "title", "url", "text")
    return str(value).strip()[:300] if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
