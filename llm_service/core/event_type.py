"""What one Socket.IO event is, for the catalogue."""

from __future__ import annotations

from typing import NamedTuple


class EventType(NamedTuple):
    """``topic`` is None for the few events that are not numbered."""

    name: str
    topic: str | None
    shape: type
    when: str
