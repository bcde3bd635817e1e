"""What leaves the house about data-generation runs."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from llm_service.core.source_shapes import Line

RunStatus = Literal["queued", "running", "completed", "failed", "cancelled", "vanished", "unknown"]
ENDED: frozenset[RunStatus] = frozenset(("completed", "failed", "cancelled", "vanished"))
"""States that a run does not leave."""
Badge = Literal["QUEUED", "RUNNING", "DONE", "ERROR", "CANCELLED", "CONN LOST", "STALE"]


class RunGap(TypedDict):
    """A time in which a run was not heard, and what of it could not be recovered."""

    start: str
    end: str
    seconds: float
    tokens_out: int | None
    """Tokens that were made meanwhile and seen only as a sum; None where that is not known."""
    recovered: bool
    """Whether the server's own record filled it in whole: then it is no gap to show."""


class RunCard(TypedDict):
    """A run as a card shows it. None is "nobody knows", never 0. Times are ISO UTC, rates tokens a second."""

    key: str
    id: str
    source: str
    status: RunStatus
    """What the server last said; `badge` is what to show, which also knows of the line."""
    badge: Badge
    task: str
    type: str | None
    domain: str | None
    model: str | None
    node: str | None
    """The machine it runs on, where that is told or known from its launch."""
    agent: str | None
    """Who works just now: active_agent, else the graph's node."""
    iteration: int | None
    max_iter: int | None
    progress: float | None
    """0 to 100; at most 95 before the end."""
    tokens_in: int | None
    tokens_out: int | None
    tokens_per_s: float | None
    rates: list[float | None]
    """tok/s of the last 60 seconds, one a second, oldest first; None where it was not heard."""
    first_token_s: float | None
    last_token_at: str | None
    stalled: bool
    """Running, heard, and without a new token for longer than its setting says."""
    snippet: str
    message: str
    error: str
    created_at: str | None
    started_at: str | None
    finished_at: str | None
    duration_s: float | None
    queue_position: int | None
    wait_s: float | None
    gaps: list[RunGap]
    line: Line
    batch: str | None
    cost_usd: float | None
    """None: unpriced or not known."""
    config: dict[str, Any]
    """As the server told it, or as it was launched."""


class RunDelta(TypedDict, total=False):
    """Only what changed of a `RunCard`, and always its key."""

    key: str


class RunEvent(TypedDict):
    """One event of a run, normalised. `n` counts a run's events here, from 1: with it nothing is shown twice."""

    n: int
    id: str | None
    at: str
    type: str
    """node_update, status, stream_end, error, text_chunk, usage, gap; or the server's own word, kept as it is."""
    known: bool
    node: str | None
    agent: str | None
    iteration: int | None
    tokens_in: int | None
    tokens_out: int | None
    text: str
    """What to show: snippet, else message."""
    status: str | None
    next_node: str | None
    raw: dict[str, Any]


class Fleet(TypedDict):
    """The workers together. ETA in seconds with a band; None where nothing tells.

    `running` are heard; `unheard` were running when they were last heard, and nobody knows whether they still do.
    What ended within the last hour is counted whole, also where it is too much to be listed.
    """

    workers: int
    running: int
    unheard: int
    queued: int
    done: int
    failed: int
    tokens_per_s: float
    tokens_out: int
    eta_s: float | None
    eta_low_s: float | None
    eta_high_s: float | None


class BatchFailure(TypedDict):
    """A worker of a batch that was not started; `maybe` where the server may have started it all the same."""

    index: int
    error: str
    maybe: bool


class Batch(TypedDict):
    """A launch of several workers. `rest` is what `POST /api/batches/<id>/rest` would start."""

    id: str
    source: str
    state: Literal["sending", "done", "stopped"]
    wanted: int
    started: list[str]
    failed: list[BatchFailure]
    rest: int
    at: str


class RunsSnapshot(TypedDict):
    """The live runs and the newest 500 of those that ended in the last hour, the fleet's figures, the last batches."""

    runs: list[RunCard]
    fleet: Fleet
    batches: list[Batch]


class OneRun(TypedDict):
    """A run that began, ended, was lost or is heard again; `gap` with the last.

    `later`: it had ended before this process looked, and was only found now.
    """

    run: RunCard
    gap: NotRequired[RunGap | None]
    later: NotRequired[bool]


class RunsAdvanced(TypedDict):
    """What changed since the last one. On `run:<key>` with that run's new `events`; `gone` left the list."""

    runs: list[RunDelta]
    fleet: NotRequired[Fleet]
    batches: NotRequired[list[Batch]]
    gone: NotRequired[list[str]]
    events: NotRequired[list[RunEvent]]


class RunTopic(TypedDict):
    """One run, after subscribing to `run:<key>`; its events are at `/api/runs/<key>/events`."""

    run: RunCard | None


class RunList(TypedDict):
    """Runs, newest first; `next` is the cursor of the next page."""

    runs: list[RunCard]
    next: str | None
    fleet: Fleet


class RunEvents(TypedDict):
    """Events of a run in their order; `next_n` asks for those after."""

    key: str
    events: list[RunEvent]
    next_n: int
    complete: bool


class RunDetail(TypedDict):
    """A run and the first events of its chain."""

    run: RunCard
    events: list[RunEvent]
    next_n: int
    complete: bool


class Launch(TypedDict):
    """What `POST /api/runs` takes. `batch` is chosen by the caller: the same one twice is one batch."""

    batch: str
    source: NotRequired[str]
    task: NotRequired[str]
    type: NotRequired[str]
    domain: NotRequired[str]
    count: NotRequired[int]
    model: str
    node: NotRequired[str]
    workers: NotRequired[int]
    max_iter: NotRequired[int]
    temperature: NotRequired[float]
    queued: NotRequired[bool]
    system_prompt: NotRequired[str]


class Launched(TypedDict):
    """Answer of a launch (202): the batch as it stands; it goes on as `run.advanced` of the topic runs."""

    batch: Batch


class FeedEntry(TypedDict):
    """A finished run in the feed. `snippet` by the rule of the feed (PROTOCOLS 1.5), `agent` who wrote it."""

    run: RunCard
    snippet: str
    agent: str | None
    events: int


class Feed(TypedDict):
    """Finished runs, newest first."""

    entries: list[FeedEntry]
    next: str | None
    models: list[str]
    sources: list[str]
