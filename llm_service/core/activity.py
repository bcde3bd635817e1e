"""The activity feed as a fold over the board's changes: one line a change, one line for a storm."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from typing import cast

from llm_service.core.board import Change
from llm_service.core.shapes import ActivityEntry

KEPT = 200


class Activity:
    """The newest lines, newest first."""

    def __init__(self) -> None:
        self.entries: deque[ActivityEntry] = deque(maxlen=KEPT)

    def note(self, changes: list[Change], at: str, *, grouped: bool) -> list[ActivityEntry]:
        """Add the lines of these changes and return them in order."""
        if grouped:
            by = Counter(change.event for change in changes)
            entries: list[ActivityEntry] = [{"event": "board.changed", "at": at, "count": len(changes), "by": dict(by)}]
        else:
            entries = [_entry(change, at) for change in changes]
        for entry in entries:
            self.entries.appendleft(entry)
        return entries

    def keep(self, added: Mapping[str, object]) -> None:
        """Add a line that some other part of the house wrote: the body of an `activity.added`."""
        self.entries.appendleft(cast(ActivityEntry, added["entry"]))


def _entry(change: Change, at: str) -> ActivityEntry:
    card, old = change.card, change.old
    entry: ActivityEntry = {
        "event": change.event,
        "at": at,
        "path": card.path,
        "id": card.id,
        "title": card.title,
        "column": card.column.value,
        "agent": card.agent,
    }
    if old is not None and old.path != card.path:
        entry["old_column"] = old.column.value
        entry["old_agent"] = old.agent
    return entry
