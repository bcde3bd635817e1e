"""The catalogue of Socket.IO events: each name once, with its topic and the type of what it carries."""

from __future__ import annotations

from llm_service.core import shapes
from llm_service.core.budgets.events import BUDGET_EVENTS
from llm_service.core.costs.events import COST_EVENTS
from llm_service.core.event_type import EventType
from llm_service.core.operations.node_events import NODE_EVENTS
from llm_service.core.runs.events import RUN_EVENTS
from llm_service.core.source_events import SOURCE_EVENTS
from llm_service.core.training.events import TRAINING_EVENTS

TOPICS = ("board", "activity", "costs", "runs", "nodes", "queue", "training", "sources")
JOINED = ("board", "activity", "costs")
"""What a client that names no topics listens to: clients in the field know only these."""
ROWS = {"runs": "runs", "nodes": "nodes", "queue": "queues", "training": "jobs", "sources": "sources"}
"""Topics whose snapshot is a list, and what the list is called."""
FAMILIES = {"run": "runs", "job": "training"}
"""Topics of one thing, as `run:<key>`: they exist while the thing is in the list of the topic named here."""

CATALOGUE = (
    EventType(
        "board.snapshot",
        "board",
        shapes.BoardSnapshot,
        "after `subscribe`, and while the folder is first read",
    ),
    EventType("task.created", "board", shapes.TaskEvent, "when a file is seen for the first time, in any column"),
    EventType(
        "task.assigned",
        "board",
        shapes.TaskEvent,
        "when a file moved from the inbox to an agent, or between agents",
    ),
    EventType("task.completed", "board", shapes.TaskEvent, "when a file moved to done"),
    EventType(
        "task.returned",
        "board",
        shapes.TaskEvent,
        "when a file moved to the left: out of done, or back to the inbox",
    ),
    EventType("task.updated", "board", shapes.TaskEvent, "when anything else about a file changed"),
    EventType("task.removed", "board", shapes.TaskEvent, "when a file is gone and did not come back within 500 ms"),
    EventType(
        "task.invalid", "board", shapes.TaskEvent, "when a complete file cannot be read; `task.problem` says where"
    ),
    EventType("board.changed", "board", shapes.BoardChanged, "when one look at the disk found more than 100 changes"),
    EventType(
        "board.noted",
        "board",
        shapes.BoardNoted,
        "when the board's condition changed: loading, waiting or degraded",
    ),
    EventType("activity.snapshot", "activity", shapes.ActivitySnapshot, "after `subscribe`"),
    EventType("activity.added", "activity", shapes.ActivityAdded, "when the feed has one more line"),
    *COST_EVENTS,
    *BUDGET_EVENTS,
    *RUN_EVENTS,
    *NODE_EVENTS,
    *TRAINING_EVENTS,
    *SOURCE_EVENTS,
    EventType("connection_ack", None, shapes.ConnectionAck, "once, when a client connects"),
    EventType("pong", None, shapes.Pong, "as the answer to `ping`"),
    EventType("stream.lost", None, shapes.StreamLost, "when this client fell too far behind and must subscribe again"),
    EventType("server.stopping", None, shapes.ServerStopping, "when the process is shutting down"),
)
