"""The Socket.IO events of budgets."""

from __future__ import annotations

from llm_service.core.budgets import shapes as budget_shapes
from llm_service.core.event_type import EventType

BUDGET_EVENTS: tuple[EventType, ...] = (
    EventType(
        "budget.alert",
        "costs",
        budget_shapes.BudgetAlert,
        "when a budget reached a threshold, is foretold to be used up, or no longer is; kept before it is told",
    ),
    EventType(
        "budget.changed",
        "costs",
        budget_shapes.BudgetChanged,
        "when budgets stand differently than last told, were made, changed or removed, or an alert was acknowledged; "
        "at most four times a second",
    ),
)
