"""What to call a run's state, of what its server last said and how its line stands; and its progress."""

from __future__ import annotations

from llm_service.core.runs.shapes import Badge, RunStatus
from llm_service.core.source_shapes import Line, StreamState

USUAL_MAX_ITER = 6
"""Iterations to measure progress by where nobody says how many there will be."""
MOST_BEFORE_THE_END = 95.0

_OF_STATUS: dict[RunStatus, Badge] = {
    "queued": "QUEUED",
    "completed": "DONE",
    "failed": "ERROR",
    "cancelled": "CANCELLED",
    "vanished": "CONN LOST",
}
_OF_LINE: dict[StreamState, Badge] = {"stale": "STALE", "backing-off": "CONN LOST", "stopped": "CONN LOST"}
NO_LINE: Line = {"state": "none", "since": "", "last_heard_at": None, "next_try_at": None, "reason": ""}


def badge_of(status: RunStatus, state: StreamState, *, lost: bool) -> Badge:
    """`lost`: the run was heard and is not any more, though it may be connecting again just now."""
    if status in _OF_STATUS:
        return _OF_STATUS[status]
    if state in _OF_LINE:
        return _OF_LINE[state]
    return "CONN LOST" if lost else "RUNNING"


def progress_of(status: RunStatus, iteration: int | None, max_iter: int | None) -> float | None:
    """Percent: min(95, iteration / max_iter x 100) before the end, 100 only for a run that completed."""
    if status == "completed":
        return 100.0
    if iteration is None:
        return None
    return round(min(MOST_BEFORE_THE_END, iteration / (max_iter or USUAL_MAX_ITER) * 100), 1)
