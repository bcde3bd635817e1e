"""Cards and events of runs with verbs."""

from __future__ import annotations

from typing import Any

from llm_service.core.runs.shapes import RunCard, RunEvent
from llm_service.core.times import iso_seconds

MOMENT_MS = 1_795_258_800_000


def run_card(name: str, at_ms: int = MOMENT_MS, **fields: Any) -> RunCard:
    """A finished run of a source named s, a minute long, made of `fields` where they are given."""
    source = fields.pop("source", "s")
    card: dict[str, Any] = {
        "key": f"{source}:{name}",
        "id": name,
        "source": source,
        "status": "completed",
        "badge": "DONE",
        "task": f"Generate 100 Q&A Pairs examples for domain: {name}",
        "model": "gpt-4o",
        "tokens_in": 1000,
        "tokens_out": 5000,
        "rates": [],
        "stalled": False,
        "snippet": "",
        "message": "",
        "error": "",
        "created_at": iso_seconds(at_ms / 1000),
        "finished_at": iso_seconds(at_ms / 1000 + 60),
        "duration_s": 60.0,
        "gaps": [],
        "line": {
            "state": "stopped",
            "since": iso_seconds(at_ms / 1000 + 60),
            "last_heard_at": None,
            "next_try_at": None,
            "reason": "",
        },
        "config": {},
    }
    for unknown in RunCard.__annotations__.keys() - card.keys():
        card[unknown] = None
    return {**card, **fields}  # type: ignore[return-value]


def run_event(n: int, text: str = "", node: str | None = "code_agent", **fields: Any) -> RunEvent:
    """A node update with a snippet."""
    kind = fields.get("type", "node_update")
    raw = {"snippet": text or None} if kind == "node_update" else {"message": text}
    event: dict[str, Any] = {
        "n": n,
        "id": str(n),
        "at": iso_seconds(MOMENT_MS / 1000 + n),
        "type": kind,
        "known": True,
        "node": node,
        "agent": None,
        "iteration": n,
        "tokens_in": None,
        "tokens_out": None,
        "text": text,
        "status": None,
        "next_node": None,
        "raw": raw,
    }
    return {**event, **fields}  # type: ignore[return-value]
