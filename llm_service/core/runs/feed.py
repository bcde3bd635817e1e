"""What the feed shows of a finished run: its best snippet, by the rule of the pages that operators know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from llm_service.core.runs.shapes import RunEvent

PASSED_OVER = frozenset({"supervisor", "system", "finish", "done"})
"""Nodes that route instead of writing: what they say is the second choice."""


class Best(NamedTuple):
    """What to show, and who wrote it; an empty text where a run said nothing."""

    text: str = ""
    agent: str | None = None


def best_snippet(newest_first: Iterable[RunEvent]) -> Best:
    """The last snippet of a node that writes, else of any node, else the last status message.

    Looks at no event older than the first good one, so events may come from a cursor.
    """
    any_node = message = None
    for event in newest_first:
        if event["type"] == "node_update" and (snippet := _snippet(event)):
            found = Best(snippet, event["agent"] or event["node"])
            if (event["node"] or "").casefold() not in PASSED_OVER:
                return found
            any_node = any_node or found
        elif event["type"] == "status" and message is None and event["text"]:
            message = Best(event["text"], event["agent"] or event["node"])
    return any_node or message or Best()


def _snippet(event: RunEvent) -> str:
    """The event's snippet; its `text` may also be a message, which is none."""
    inner = event["raw"].get("data")
    if isinstance(inner, str) or not event["raw"]:
        # Stored as text in the server's database: what it held was read at the door, and is not in `raw`.
        return event["text"]
    payload: Mapping[str, Any] = inner if isinstance(inner, Mapping) else event["raw"]
    snippet = payload.get("snippet") or payload.get("text")
    return snippet if isinstance(snippet, str) else ""
