"""What a coordinator works on now, as `GET /api/coordinator/jobs/active` tells it."""

from __future__ import annotations

from collections.abc import Mapping

from llm_service.core.bobspark.fields import MOST_ID, Reading, object_in, rows_in
from llm_service.core.operations.node_shapes import ActiveJob, ActiveJobNode

MOST_TASK = 500
MOST_NODES = 50


def active_job(value: object) -> ActiveJob | None:
    """The job; None where there is none: an empty answer, an empty list, or a job without an id."""
    if isinstance(value, list):
        value = value[0] if value else None
    if not isinstance(value, Mapping):
        return None
    row = object_in(value, "job", "active_job") or value
    read = Reading()
    job_id = read.text(row, "id", "job_id", most=MOST_ID)
    if job_id is None:
        return None
    nodes = rows_in({"nodes": row.get("nodes")}, "nodes") or []
    return {
        "id": job_id,
        "task": read.text(row, "task", "description", most=MOST_TASK) or "",
        "nodes": [_node(node, read) for node in nodes[:MOST_NODES] if isinstance(node, Mapping)],
    }


def _node(row: Mapping[str, object], read: Reading) -> ActiveJobNode:
    return {
        "name": read.text(row, "name", "node_name", "node", "id") or "unknown",
        "status": read.text(row, "status", "state") or "unknown",
        "tokens_out": read.whole(row, "tokens_out", "output_tokens"),
        "pairs_done": read.whole(row, "pairs_done", "pairs"),
    }
