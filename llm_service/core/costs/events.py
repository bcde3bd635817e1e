"""The Socket.IO events of what things cost."""

from __future__ import annotations

from llm_service.core.costs import shapes as cost_shapes
from llm_service.core.event_type import EventType

COST_EVENTS = (
    EventType("costs.snapshot", "costs", cost_shapes.CostUpdate, "after `subscribe`"),
    EventType(
        "cost.update",
        "costs",
        cost_shapes.CostUpdate,
        "at once after invocations were kept, and when what was told has become untrue, as at midnight; at most four"
        " times a second",
    ),
    EventType(
        "telemetry.update",
        "costs",
        cost_shapes.TelemetryUpdate,
        "for each invocation that was kept, where no more than 20 came in a quarter of a second",
    ),
)
