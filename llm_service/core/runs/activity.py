"""Lines of the activity feed about runs: one a run, one for many of a kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from llm_service.core.page_links import run_link
from llm_service.core.runs.shapes import RunCard
from llm_service.core.shapes import ActivityEntry

AWAY = " while this dashboard was away"
SINGLY = 3
"""More runs of a kind at once are one line."""
_VERBS = {
    "completed": "finished",
    "failed": "failed",
    "cancelled": "was cancelled",
    "vanished": "is no longer known to its server",
    "lost": "is no longer heard",
}
_MANY = {
    "completed": "finished",
    "failed": "failed",
    "cancelled": "were cancelled",
    "vanished": "are no longer known to their server",
    "lost": "are no longer heard",
}


def entries_of(notices: Iterable[tuple[str, RunCard]], at: str) -> list[ActivityEntry]:
    """The lines of what is told at one moment; runs that began, or that are heard again, have none.

    "finished" is an end that was heard, "found" one that was while nobody listened.
    """
    by: defaultdict[tuple[str, str], list[RunCard]] = defaultdict(list)
    for kind, card in notices:
        if kind in ("finished", "found"):
            by[card["status"], AWAY if kind == "found" else ""].append(card)
        elif kind == "lost" and card["badge"] in ("CONN LOST", "STALE"):
            by["lost", ""].append(card)
    entries: list[ActivityEntry] = []
    for (what, when), cards in by.items():
        event = "run.lost" if what == "lost" else "run.finished"
        if len(cards) > SINGLY:
            text = f"{len(cards)} runs {_MANY[what]}{when}"
            entries.append({"event": event, "at": at, "count": len(cards), "text": text, "href": "#workers"})
        else:
            entries += [_entry(event, what, when, card, at) for card in cards]
    return entries


def _entry(event: str, what: str, when: str, card: RunCard, at: str) -> ActivityEntry:
    reason = f": {card['error'][:200]}" if what == "failed" and card["error"] else ""
    name = card["domain"] or card["task"][:60] or card["id"]
    text = f"Run {card['id'][:14]} ({name}) {_VERBS[what]}{when}{reason}"
    return {"event": event, "at": at, "text": text, "href": run_link(card["key"]), "outcome": what}
