"""The JSON of flow metrics, the kept history and what happened since a visit. Durations are hours."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from llm_service.core.shapes import ActivityEntry


class Percentiles(TypedDict):
    """By nearest rank: half, 85 and 95 of 100 tasks took no longer than this many hours; null without tasks."""

    p50: float | None
    p85: float | None
    p95: float | None
    tasks: int


class AgentFlow(TypedDict):
    """What one agent finished in the range, its cycle time, and what it has in work now."""

    agent: str
    done: int
    in_work: int
    cycle: Percentiles


class AgeingTask(TypedDict):
    """A task in work, and how many hours it has been; null where nobody knows since when."""

    path: str
    id: str | None
    title: str
    agent: str | None
    status: str
    age_hours: float | None
    watched: bool


class FinishedTask(TypedDict):
    """A task that was done in the range; `watched` is false where its own file told the times."""

    path: str
    id: str | None
    title: str
    agent: str | None
    done_at: str
    lead_hours: float | None
    cycle_hours: float | None
    watched: bool


class DayCounts(TypedDict):
    """At the end of each day (of the last one: now), how many tasks lay where; done counts all that ever were."""

    inbox: list[int]
    assigned: list[int]
    done: list[int]


class FlowPage(TypedDict):
    """`GET /api/flow`: `days` are dates of the zone; `seeded` of the finished tasks are known by their files alone."""

    timezone: str
    days: list[str]
    created: list[int]
    done: list[int]
    seeded: list[int]
    standing: DayCounts
    lead: Percentiles
    cycle: Percentiles
    agents: list[AgentFlow]
    ageing: list[AgeingTask]
    finished: list[FinishedTask]
    unknown: int
    watching_since: str | None


class SinceTask(TypedDict):
    """One task of the strip."""

    path: str
    id: str | None
    title: str
    agent: str | None
    at: str


class SinceGroup(TypedDict):
    """How many tasks, and the newest of them, at most 20."""

    count: int
    tasks: list[SinceTask]


class WatchGap(TypedDict):
    """A time in which nobody watched the folder."""

    start: str
    end: str


class Since(TypedDict):
    """`GET /api/since`: what happened after `since`; dollars and tokens are of invocations in that time."""

    since: str
    until: str
    done: SinceGroup
    failed: SinceGroup
    created: SinceGroup
    alerts: list[str]
    cost_usd: float
    tokens: int
    unpriced: int
    gaps: list[WatchGap]


class ActivityPage(TypedDict):
    """`GET /api/activity`: newest first. `next` is the cursor of the lines before these, null at the beginning."""

    entries: list[ActivityEntry]
    next: str | None
    epoch: NotRequired[str]
    seq: NotRequired[int]
