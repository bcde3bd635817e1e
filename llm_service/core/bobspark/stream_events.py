"""Events of a run: both dialects of its stream and the stored ones of its detail, to one form (PROTOCOLS 1.4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from llm_service.core.bobspark.fields import MOST_ID, Reading, bounded, first
from llm_service.core.bobspark.run_rows import status_of
from llm_service.core.runs.shapes import RunStatus

KNOWN = frozenset(("node_update", "status", "stream_end", "error", "text_chunk", "usage"))
MOST_TEXT = 2_000
"""Characters of a snippet or message that are kept; the server's own limit is 200."""
MOST_RAW = 8_000
_MOST_INT = 2**63


class RunNews(NamedTuple):
    """One event as it was told. `id` and `at` only where the server stored it; None is "it did not say"."""

    type: str
    known: bool
    node: str | None
    agent: str | None
    iteration: int | None
    max_iter: int | None
    tokens_in: int | None
    tokens_out: int | None
    snippet: str | None
    message: str | None
    status: RunStatus | None
    next_node: str | None
    task: str | None
    id: str | None
    at: str | None
    raw: dict[str, Any] | str
    """As it came: an object, or the JSON text of one."""

    @property
    def text(self) -> str:
        """What to show of it."""
        return self.snippet or self.message or ""

    @property
    def waits(self) -> bool:
        """Whether it tells that the run stands in the queue: it is sent such words until it is picked up."""
        return self.type == "status" and (self.status == "queued" or "queue" in (self.message or "").casefold())


def stream_news(name: str, data: str, read: Reading) -> RunNews | None:
    """An event of the stream, of either dialect; None where its data is no JSON object."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    # An escape may be half a surrogate pair.
    plain = len(data) <= MOST_RAW and "\\u" not in data and _is_plain(value)
    raw = data if plain else bounded(value, MOST_RAW)
    return _news("" if name == "message" else name, value, raw, read)


def stored_news(row: object, read: Reading, ahead_s: float = 0.0) -> RunNews | None:
    """An event of a run's detail; None where it is no object."""
    if not isinstance(row, Mapping):
        return None
    told_id = read.text(row, "id", most=MOST_ID)
    at = read.time(row, "ts", "timestamp", "at", "created_at", ahead_s=ahead_s)
    return _news("", row, bounded(row, MOST_RAW), read, stored=True)._replace(id=told_id, at=at)


def _is_plain(value: Mapping[str, Any], depth: int = 2) -> bool:
    """Whether a short text can be kept as it came: nearly always, and seen by far quicker than it is bounded."""
    for item in value.values():
        kind = type(item)
        if kind is str or item is None or kind is bool:
            continue
        if kind is int and -_MOST_INT < item < _MOST_INT:
            continue
        if kind is not dict or not depth or not _is_plain(item, depth - 1):
            return False
    return True


def _news(
    name: str, value: Mapping[str, Any], raw: dict[str, Any] | str, read: Reading, *, stored: bool = False
) -> RunNews:
    kind = name or read.text(value, "event_type", "type") or "message"
    inner = value.get("data")
    if stored and isinstance(inner, str):
        inner = _object_of(inner)
    payload: Mapping[str, Any] = inner if type(inner) is dict or isinstance(inner, Mapping) else value
    node = read.text(payload, "node") or read.text(value, "node", "node_name")
    agent = read.text(payload, "active_agent", "agent") or node
    status = first(payload, "status")
    return RunNews(
        type=kind,
        known=kind in KNOWN,
        node=node,
        agent=agent,
        iteration=read.whole(payload, "iteration", "iter"),
        max_iter=read.whole(payload, "max_iter", "max_iterations"),
        tokens_in=read.whole(payload, "tokens_in", "input_tokens"),
        tokens_out=read.whole(payload, "tokens_out", "output_tokens"),
        snippet=read.text(payload, "snippet", "text", most=MOST_TEXT),
        message=read.text(payload, "message", "msg", "error", "input_preview", most=MOST_TEXT),
        status=None if status is None else status_of(status),
        next_node=read.text(payload, "next_node"),
        task=read.text(payload, "task", most=MOST_TEXT),
        id=None,
        at=None,
        raw=raw,
    )


def _object_of(text: str) -> object:
    """An event's data that its database gave as text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
