"""What the web side is given by the runtime: the hub, the door to the files, and facts about this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from llm_service.core.costs.page_shapes import CostSums
from llm_service.core.costs.shapes import CostStats
from llm_service.core.flow_shapes import ActivityPage
from llm_service.core.shapes import Ready
from llm_service.core.tasks import Problem
from llm_service.errors import TelemetryUnavailable
from llm_service.hub import Hub


def nothing_kept() -> CostStats:
    """What is said of costs while no telemetry is kept: unknown, which is not zero."""
    return {
        "costs": {"today": None, "month": None, "total": None},
        "unpriced": {"invocations": None, "tokens": None},
    }


def no_history(_before: str, _limit: int) -> ActivityPage:
    """What is said where the board's history is not kept."""
    raise TelemetryUnavailable("no history is kept; telemetry is off or its database cannot be used")


@dataclass(frozen=True, slots=True)
class World:
    """`read` gives a task file's bytes, the reason why it is not read, or None where it is gone."""

    hub: Hub
    epoch: str
    version: str
    root: Path
    instance: str
    max_bytes: int
    read: Callable[[str], bytes | Problem | None]
    readiness: Callable[[], Ready]
    now_iso: Callable[[], str]
    warnings: tuple[str, ...] = ()
    demo: bool = False
    cost_totals: Callable[[], CostStats] = field(default=nothing_kept)
    cost_of_task: Callable[[str], CostSums | None] = field(default=lambda _: None)
    activity_before: Callable[[str, int], ActivityPage] = field(default=no_history)
