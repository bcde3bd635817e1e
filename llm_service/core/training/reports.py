"""What one answer of a server tells of one job, in our words: the normalisers make it, the fold takes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from llm_service.core.training.shapes import JobStatus

Kind = Literal["finetune", "skill", "pipeline", "datagen"]

ENDED: frozenset[str] = frozenset({"completed", "failed", "cancelled", "vanished"})
"""States that a job does not leave by itself."""
ACTIVE: frozenset[str] = frozenset({"queued", "running", "stale", "unknown"})

_WORDS: dict[str, JobStatus] = {
    **dict.fromkeys(("queued", "pending", "waiting", "submitted", "scheduled", "created"), "queued"),
    **dict.fromkeys(("running", "started", "starting", "in_progress", "training", "processing", "active"), "running"),
    **dict.fromkeys(("completed", "complete", "done", "finished", "success", "succeeded", "ready"), "completed"),
    **dict.fromkeys(("target_reached", "max_iterations_reached"), "completed"),
    **dict.fromkeys(("failed", "error", "failure", "crashed"), "failed"),
    **dict.fromkeys(("cancelled", "canceled", "stopped", "killed", "aborted"), "cancelled"),
}


class LossStep(NamedTuple):
    """A loss at a step; `loss` may be NaN or infinite."""

    step: int
    loss: float
    lr: float | None = None
    epoch: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """`told` holds only what was told, by the names of `JobCard`; `losses` by series ("" or "iter-2").

    `listed`: a row of a list, which may be older than what a stream told meanwhile.
    """

    kind: Kind
    id: str
    told: dict[str, Any] = field(default_factory=dict)
    losses: dict[str, list[LossStep]] = field(default_factory=dict)
    log_lines: tuple[str, ...] = ()
    pid: str | None = None
    listed: bool = False


def status_of(word: str | None) -> JobStatus | None:
    """A server's word for a job's state as ours; None where it says nothing."""
    return None if word is None else _WORDS.get(word.strip().lower().replace(" ", "_").replace("-", "_"), "unknown")


def told(**fields: Any) -> dict[str, Any]:
    """Those fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}
