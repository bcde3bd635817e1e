"""The Socket.IO events of watched servers."""

from __future__ import annotations

from llm_service.core import source_shapes
from llm_service.core.event_type import EventType

SOURCE_EVENTS = (
    EventType("sources.snapshot", "sources", source_shapes.SourcesSnapshot, "after `subscribe`"),
    EventType(
        "source.connected", "sources", source_shapes.SourceEvent, "when a server answers, for the first time or again"
    ),
    EventType("source.lost", "sources", source_shapes.SourceEvent, "when nothing of a server answers any more"),
    EventType(
        "source.changed",
        "sources",
        source_shapes.SourceEvent,
        "when anything else about it changed; at most once a second",
    ),
)
