"""Rows of runs as `GET /api/runs`, `/api/runs/{id}` and `/api/runs/queue` tell them, under any of their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from llm_service.core.bobspark.fields import MOST_ID, Reading, bounded, first, object_in, rows_in
from llm_service.core.runs.shapes import RunStatus

MOST_TASK = 4_000
MOST_ERROR = 1_000
MOST_CONFIG = 8_000

STATUSES: Mapping[str, RunStatus] = {
    "queued": "queued",
    "pending": "queued",
    "waiting": "queued",
    "running": "running",
    "started": "running",
    "in_progress": "running",
    "completed": "completed",
    "complete": "completed",
    "done": "completed",
    "finished": "completed",
    "success": "completed",
    "failed": "failed",
    "failure": "failed",
    "error": "failed",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "aborted": "cancelled",
}
"""Words for a run's state, of all consumers and both spellings."""


class RunRow(NamedTuple):
    """What a server says of a run. None is "it did not say". Times are ISO UTC by our clock, durations seconds."""

    id: str
    status: RunStatus = "unknown"
    task: str | None = None
    type: str | None = None
    domain: str | None = None
    model: str | None = None
    node: str | None = None
    agent: str | None = None
    iteration: int | None = None
    max_iter: int | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    duration_s: float | None = None
    created_at: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    queue_position: int | None = None
    wait_s: float | None = None
    error: str | None = None
    config: Mapping[str, Any] = {}


class RunRows(NamedTuple):
    """The rows of a list in its order, how many rows had no id, and how many values were of no use."""

    rows: list[RunRow]
    refused: int
    broken: int


class RunDetailRow(NamedTuple):
    """One run with its stored events as they came; `row` None where the answer holds no run."""

    row: RunRow | None
    events: list[Any]
    has_events: bool
    broken: int


def run_rows(value: object, ahead_s: float = 0.0) -> RunRows | None:
    """A list of runs or of the queue, bare or wrapped; None where the answer is no list. `ahead_s`: see `Reading`."""
    rows = rows_in(value, "runs", "queue")
    if rows is None:
        return None
    read = Reading()
    found = [run_row(row, read, ahead_s) for row in rows]
    good = [row for row in found if row is not None]
    return RunRows(good, len(found) - len(good), read.broken)


def run_row(row: object, read: Reading, ahead_s: float = 0.0) -> RunRow | None:
    """One run; None where it has no id."""
    if not isinstance(row, Mapping):
        return None
    run_id = run_id_in(row, read)
    if run_id is None:
        return None
    config = object_in(row, "config", "params")
    both = {**config, **{name: value for name, value in row.items() if value is not None and value != ""}}
    return RunRow(
        id=run_id,
        status=status_of(row.get("status") or row.get("state")),
        task=read.text(row, "task", "description", "prompt", most=MOST_TASK),
        type=read.text(both, "type", "job_type"),
        domain=read.text(both, "domain"),
        model=read.text(both, "model", "model_name"),
        node=read.text(both, "node", "node_name"),
        agent=read.text(both, "active_agent", "agent"),
        iteration=read.whole(row, "iteration", "iterations", "iter"),
        max_iter=read.whole(both, "max_iter", "max_iterations"),
        tokens_in=read.whole(row, "tokens_in", "input_tokens"),
        tokens_out=read.whole(row, "tokens_out", "output_tokens"),
        duration_s=read.number(row, "duration_s", "duration"),
        created_at=read.time(row, "created_at", "created", "submitted_at", ahead_s=ahead_s),
        started_at=read.time(row, "started_at", ahead_s=ahead_s),
        finished_at=read.time(row, "finished_at", "completed_at", "ended_at", ahead_s=ahead_s),
        queue_position=read.whole(row, "queue_position", "position"),
        wait_s=read.number(row, "wait_s", "wait"),
        error=read.text(row, "error", "error_message", most=MOST_ERROR),
        config=bounded(config, MOST_CONFIG),
    )


def run_detail(value: object, ahead_s: float = 0.0) -> RunDetailRow:
    """The answer of `GET /api/runs/{id}`: the run wrapped or bare, its events beside it or inside it."""
    read = Reading()
    if not isinstance(value, Mapping):
        return RunDetailRow(None, [], False, 1)
    inner = object_in(value, "run") or value
    events = rows_in({"events": first(value, "events", "run_events") or first(inner, "events", "run_events")}, "events")
    return RunDetailRow(run_row(inner, read, ahead_s), events or [], events is not None, read.broken)


def started_id(value: object) -> str | None:
    """The id of the run that a `POST /api/runs` began: `run_id`, else `id`, else that of `run`."""
    if not isinstance(value, Mapping):
        return None
    read = Reading()
    return run_id_in(value, read) or run_id_in(object_in(value, "run"), read)


def run_id_in(row: Mapping[str, Any], read: Reading) -> str | None:
    """A run's id under either of its names; None where there is none, or one that cannot stand in an address."""
    run_id = read.text(row, "run_id", "id", most=MOST_ID + 1)
    if run_id is None or len(run_id) > MOST_ID or not run_id.isprintable():
        return None
    return run_id


def status_of(value: object) -> RunStatus:
    """A server's word for a state; what is not known is "unknown"."""
    return STATUSES.get(value.strip().lower(), "unknown") if isinstance(value, str) else "unknown"
