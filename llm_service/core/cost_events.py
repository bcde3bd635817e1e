"""The Socket.IO events of what things cost."""

from __future__ import annotations

from llm_service.core import cost_shapes
from llm_service.core.event_type import EventType

COST_EVENTS = (
    EventType("costs.snapshot", "costs", cost_shapes.CostUpdate, "after `subscribe`"),
    EventType(
        "cost.update",
        "costs",
        cost_shapes.CostUpdate,
        "after invocations were kept, and when a day or a month begins; at most four times a second",
    ),
    EventType("telemetry.update", "costs", cost_shapes.TelemetryUpdate, "for each single invocation that was kept"),
)
