"""The Socket.IO events of budgets."""

from __future__ import annotations

from llm_service.core.event_type import EventType

BUDGET_EVENTS: tuple[EventType, ...] = ()
