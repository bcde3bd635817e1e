"""The Socket.IO events of data-generation runs."""

from __future__ import annotations

from llm_service.core.event_type import EventType
from llm_service.core.runs import shapes as run_shapes

RUN_EVENTS = (
    EventType("runs.snapshot", "runs", run_shapes.RunsSnapshot, "after `subscribe`"),
    EventType("run.snapshot", "run:<key>", run_shapes.RunTopic, "after `subscribe` to one run"),
    EventType("run.started", "runs", run_shapes.OneRun, "when a run is seen for the first time"),
    EventType(
        "run.advanced",
        "runs",
        run_shapes.RunsAdvanced,
        "when runs changed, several in one event; also on `run:<key>`, with that run's new events",
    ),
    EventType("run.finished", "runs", run_shapes.OneRun, "when a run ended; its card says how"),
    EventType("run.lost", "runs", run_shapes.OneRun, "when a running run is no longer heard"),
    EventType("run.resumed", "runs", run_shapes.OneRun, "when it is heard again; `gap` says what was missed"),
)
