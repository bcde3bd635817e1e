"""Datasets of a server under any of their names, with what the slide-out shows (PROTOCOLS 1.10)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from llm_service.core.bobspark.fields import MOST_ID, Reading, bounded, first, rows_in
from llm_service.core.wire import safe

MOST_DATASETS = 5_000
MOST_PREVIEWS, MOST_PREVIEW = 5, 600
MOST_STATS, MOST_STEPS = 100, 100
_TEXTS = ("text", "content", "input", "prompt", "question", "instruction", "output")
_STEP_NAMES = {
    "operation": ("operation", "op", "type", "action"),
    "source": ("source", "input", "from"),
    "model": ("model",),
    "version": ("version",),
    "count": ("count",),
    "timestamp": ("timestamp", "at", "created_at"),
}


class DatasetRow(NamedTuple):
    """What a server lists of a dataset; None is "it did not say"."""

    id: str
    name: str
    description: str
    examples: int | None
    tokens: int | None
    origin: str | None
    tags: list[str]
    created_at: str | None


def dataset_rows(value: object, ahead_s: float = 0.0) -> list[DatasetRow] | None:
    """The list, bare or wrapped; None where the answer is none. Rows without an id and a name are left out."""
    rows = rows_in(value, "datasets")
    if rows is None:
        return None
    read = Reading()
    found = (_row(row, read, ahead_s) for row in rows[:MOST_DATASETS] if isinstance(row, Mapping))
    return [row for row in found if row is not None]


def _row(row: Mapping[str, Any], read: Reading, ahead_s: float) -> DatasetRow | None:
    name = read.text(row, "name", "title")
    dataset_id = read.text(row, "id", "dataset_id", most=MOST_ID) or name
    if dataset_id is None:
        return None
    return DatasetRow(
        id=dataset_id,
        name=name or dataset_id,
        description=read.text(row, "description", most=2_000) or "",
        examples=read.whole(row, "example_count", "examples", "count", "num_examples"),
        tokens=read.whole(row, "token_count", "tokens"),
        origin=read.text(row, "source", "origin"),
        tags=_tags(row.get("tags")),
        created_at=read.time(row, "created_at", "created", ahead_s=ahead_s),
    )


def _tags(value: object) -> list[str]:
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list):
        return []
    texts = (str(tag).strip()[:60] for tag in value if isinstance(tag, (str, int)) and not isinstance(tag, bool))
    return list(dict.fromkeys(text for text in texts if text))[:30]


def dataset_stats(value: object) -> dict[str, Any]:
    """Free names and values, as many as can be shown."""
    inner = value.get("stats") if isinstance(value, Mapping) else None
    row = inner if isinstance(inner, Mapping) else value
    if not isinstance(row, Mapping):
        return {}
    # Foreign numbers may be NaN, which is no JSON.
    kept = safe(bounded(dict(list(row.items())[:MOST_STATS]), 8_000, depth=4))
    return kept if isinstance(kept, dict) else {}


def dataset_examples(value: object) -> list[str]:
    """At most five previews of at most 600 characters; a pair of question and answer is shown as both."""
    rows = rows_in(value, "examples", "samples", "rows") or []
    previews = (_preview(row) for row in rows[:MOST_PREVIEWS])
    return [preview for preview in previews if preview]


def _preview(row: object) -> str:
    if isinstance(row, str):
        return row.strip()[:MOST_PREVIEW]
    if not isinstance(row, Mapping):
        return ""
    asked = first(row, *_TEXTS)
    if asked is None:
        return json.dumps(bounded(row, MOST_PREVIEW), ensure_ascii=False, default=str)[:MOST_PREVIEW] if row else ""
    told = first(row, "output", "answer", "completion", "response")
    parts = [_as_text(asked)] if told is None or told == asked else [_as_text(asked), _as_text(told)]
    return "\n".join(parts)[:MOST_PREVIEW]


def _as_text(value: object) -> str:
    return value.strip() if isinstance(value, str) else json.dumps(bounded(value, MOST_PREVIEW), ensure_ascii=False)


def dataset_provenance(value: object) -> list[dict[str, Any]]:
    """The steps in their order, each with the same names: operation, source, model, version, count, timestamp."""
    rows = rows_in(value, "steps", "chain", "provenance") or []
    read = Reading()
    return [_step(row, read) for row in rows[:MOST_STEPS] if isinstance(row, Mapping)]


def _step(row: Mapping[str, Any], read: Reading) -> dict[str, Any]:
    step: dict[str, Any] = {
        name: read.text(row, *names)
        for name, names in _STEP_NAMES.items()
        if name not in ("count", "timestamp") and first(row, *names) is not None
    }
    if (count := read.whole(row, *_STEP_NAMES["count"])) is not None:
        step["count"] = count
    if (at := read.time(row, *_STEP_NAMES["timestamp"])) is not None:
        step["timestamp"] = at
    return step
