"""The Socket.IO events of machines and queues."""

from __future__ import annotations

from llm_service.core.event_type import EventType
from llm_service.core.operations import node_shapes

NODE_EVENTS = (
    EventType("nodes.snapshot", "nodes", node_shapes.NodesSnapshot, "after `subscribe`"),
    EventType("node.changed", "nodes", node_shapes.NodesChanged, "when a machine told its load, or no longer answers"),
    EventType("queue.snapshot", "queue", node_shapes.QueueSnapshot, "after `subscribe`"),
    EventType("queue.changed", "queue", node_shapes.QueueChanged, "when a queue, its counts or the active job changed"),
)
