"""What leaves the house about machines and queues."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict


class NodeSample(TypedDict):
    """Load of a machine at a moment, percent 0 to 100; None where it is not told."""

    at: str
    cpu: float | None
    gpu: float | None
    vram: float | None
    ram: float | None


class DiskUse(TypedDict):
    """How full a disk of a machine is."""

    name: str
    used_gb: float | None
    total_gb: float | None
    percent: float | None


class NodeCard(TypedDict):
    """A machine. `level` is the worst of its bars: warn from 70, critical from 90, offline where it does not answer."""

    key: str
    source: str
    name: str
    level: Literal["ok", "warn", "critical", "offline", "unknown"]
    cpu: float | None
    gpu: float | None
    vram: float | None
    ram: float | None
    memory_used: str | None
    memory_total: str | None
    temperature_c: float | None
    model: str | None
    uptime: str | None
    heard_at: str | None
    since: str
    reason: str
    """Why it is offline, as a sentence with the status and what is tried next; empty while it answers."""
    disks: list[DiskUse]
    history: list[NodeSample]
    """Of the last hour, at most 120."""


class QueueItem(TypedDict):
    """A run that waits."""

    key: str
    id: str
    task: str
    model: str | None
    position: int | None
    wait_s: float | None


class QueueSample(TypedDict):
    """Depth of a queue at a moment, and runs that ended in the minute before it; None where no runs are kept."""

    at: str
    depth: int
    finished: int | None


class ActiveJobNode(TypedDict):
    """A machine's part in the active job."""

    name: str
    status: str
    tokens_out: int | None
    pairs_done: int | None


class ActiveJob(TypedDict):
    """What the coordinator works on now."""

    id: str
    task: str
    nodes: list[ActiveJobNode]


class QueueCard(TypedDict):
    """What one source has to do. The counts of today are of the day in the setting `timezone`.

    Waits (`wait_s`) are those of `told_at`: they go on, and that alone is no change. `reason` says why what is shown is
    not known or old, as a sentence; empty while the server answers.
    """

    key: str
    source: str
    told_at: str | None
    reason: str
    depth: int | None
    running: int | None
    completed_today: int | None
    failed_today: int | None
    tokens_out_total: int | None
    items: list[QueueItem]
    history: list[QueueSample]
    """Each minute of the last two hours."""
    active_job: ActiveJob | None


class NodesSnapshot(TypedDict):
    """All machines."""

    nodes: list[NodeCard]


class NodesChanged(TypedDict):
    """Machines that changed, whole."""

    nodes: list[NodeCard]


class QueueSnapshot(TypedDict):
    """All queues."""

    queues: list[QueueCard]


class QueueChanged(TypedDict):
    """Queues that changed, whole."""

    queues: list[QueueCard]


class Dataset(TypedDict):
    """A dataset as its server lists it, normalised."""

    key: str
    id: str
    source: str
    name: str
    description: str
    examples: int | None
    tokens: int | None
    origin: str | None
    tags: list[str]
    created_at: str | None
    growth: list[tuple[str, int]]
    """[day, examples] as seen here."""


class Trouble(TypedDict):
    """A source that could not answer, and why, with what to do."""

    source: str
    error: str


class Datasets(TypedDict):
    """Datasets of all sources; `troubles` are those that did not answer."""

    datasets: list[Dataset]
    troubles: list[Trouble]


class DatasetPart(TypedDict):
    """`stats`, `examples` or `provenance` of a dataset: {name: value}, texts, or steps in their order."""

    key: str
    part: Literal["stats", "examples", "provenance"]
    stats: dict[str, Any]
    examples: list[str]
    steps: list[dict[str, Any]]
