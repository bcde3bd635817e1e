"""The JSON that leaves the house: REST answers and Socket.IO events. Documents and code are made from these types."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypeAliasType, TypedDict

from llm_service.core.costs.page_shapes import CostSums
from llm_service.core.costs.shapes import CostTotals, Unpriced

Json = TypeAliasType("Json", "bool | int | float | str | list[Json] | dict[str, Json] | None")


class MarkJson(TypedDict):
    """Something odd about a file that can still be read."""

    field: str
    text: str
    reason: str
    line: int | None


class ProblemJson(TypedDict):
    """Why a file cannot be read; `line` and `char` count from 1."""

    reason: str
    line: int | None
    char: int | None


class CardJson(TypedDict):
    """What a card shows of one task file; `path` (under the root) is its key. Bodies are fetched when a card opens."""

    path: str
    id: str | None
    title: str
    column: str
    agent: str | None
    priority: str
    status: str
    state: str
    created_at: str | None
    assigned_at: str | None
    started_at: str | None
    completed_at: str | None
    updated_at: str
    tags: list[str]
    marks: list[MarkJson]
    problem: ProblemJson | None


class Counts(TypedDict):
    """Tasks with an id in each column, and files with a problem wherever they lie."""

    inbox: int
    assigned: int
    done: int
    problems: int


class ColumnJson(TypedDict):
    """One column: the first cards by the asked sort, how many match, and the cursor of the next page."""

    total: int
    problems: int
    cards: list[CardJson]
    next: str | None
    agents: dict[str, int]


class BoardSnapshot(TypedDict):
    """`board.snapshot`: a point in the stream; later events apply on top of it."""

    counts: Counts
    columns: dict[str, ColumnJson]
    loading: bool
    root: str
    waiting: bool
    degraded: list[str]


class TaskChange(TypedDict):
    """One task's change. `task.path` is the key; `old_path` is there when the file moved.

    `status`, `old_status` and `new_status` are by folder: new, assigned or done.
    """

    task: CardJson
    status: str
    old_status: NotRequired[str]
    new_status: NotRequired[str]
    column: str
    old_column: NotRequired[str]
    agent: str | None
    old_agent: NotRequired[str | None]
    file_path: str
    old_path: NotRequired[str]


class TaskEvent(TaskChange):
    """A task's change, with the counts after the look at the disk that found it."""

    timestamp: NotRequired[str]
    counts: Counts


class ListedChange(TaskChange):
    """A change inside `board.changed`, with the name it would have had alone."""

    event: str


class BoardChanged(TypedDict):
    """More than 100 changes found at once, in order, under one number."""

    changes: list[ListedChange]
    counts: Counts


class BoardNoted(TypedDict):
    """The board's own condition changed: first reading under way, folder missing, or watching impaired."""

    counts: Counts
    loading: bool
    root: str
    waiting: bool
    degraded: list[str]


class ActivityEntry(TypedDict):
    """One line of the activity feed; `count` and `by` are there when one line stands for many changes.

    `inferred`: found later, nobody watched when it happened. `text`: the line of what is no task's, an alert say;
    `href` is where that leads in the page, as in "#run=<key>", and `outcome` how a run ended, so that many alike can
    be one row.
    """

    event: str
    at: str
    path: NotRequired[str]
    id: NotRequired[str | None]
    title: NotRequired[str]
    column: NotRequired[str]
    agent: NotRequired[str | None]
    old_column: NotRequired[str]
    old_agent: NotRequired[str | None]
    count: NotRequired[int]
    by: NotRequired[dict[str, int]]
    inferred: NotRequired[bool]
    text: NotRequired[str]
    href: NotRequired[str]
    outcome: NotRequired[str]


class ActivityAdded(TypedDict):
    """`activity.added`: one more line of the feed."""

    entry: ActivityEntry


class ActivitySnapshot(TypedDict):
    """`activity.snapshot`: the newest lines, newest first, at most 200."""

    entries: list[ActivityEntry]


class ConnectionAck(TypedDict):
    """`connection_ack`, sent once on connect; not numbered."""

    message: str
    timestamp: str
    epoch: str
    version: str
    topics: list[str]


class Pong(TypedDict):
    """`pong`, the answer to `ping`; not numbered."""

    timestamp: str


class StreamLost(TypedDict):
    """`stream.lost`: this client fell too far behind on a topic and must subscribe again; not numbered."""

    topic: str


class ServerStopping(TypedDict):
    """`server.stopping`: the process is going away; not numbered."""

    timestamp: str


class FileProblem(TypedDict):
    """A file of the board that cannot be read."""

    path: str
    column: str
    line: int | None
    char: int | None
    reason: str


class Dependency(TypedDict):
    """Another task this one waits for, and its card where it is on the board."""

    id: str
    description: str | None
    path: str | None
    column: str | None
    status: str | None
    title: str | None


class HistoryStamp(TypedDict):
    """What the file's own stamps tell: created, assigned, started, completed."""

    what: str
    at: str
    by: str | None


class Detail(TypedDict):
    """Everything about one file: what its card's dialog shows."""

    card: CardJson
    fields: dict[str, Json]
    html: dict[str, str]
    artefacts: list[str]
    dependencies: list[Dependency]
    result: Json
    error: Json
    history: list[HistoryStamp]
    cost: CostSums | None
    raw: str | None
    also_at: list[str]
    absolute_path: str
    move_command: str
    epoch: str
    seq: int


class Facets(TypedDict):
    """How many of the matching cards carry each value; what the filters offer."""

    agents: dict[str, int]
    priorities: dict[str, int]
    statuses: dict[str, int]
    tags: dict[str, int]


class BoardPage(TypedDict):
    """`GET /api/board`: the asked cards, searched, filtered and sorted on the server."""

    epoch: str
    seq: int
    counts: Counts
    columns: dict[str, ColumnJson]
    facets: NotRequired[Facets]
    loading: bool
    root: str
    waiting: bool
    degraded: list[str]


class TaskLists(TypedDict):
    """`GET /api/tasks`: each task is its file's own fields (with `fields=card` its card)."""

    inbox: list[dict[str, Json]]
    assigned: dict[str, list[dict[str, Json]]]
    done: dict[str, list[dict[str, Json]]]
    error: NotRequired[dict[str, Json]]
    problems: list[FileProblem]
    timestamp: str
    epoch: str
    seq: int


FinishedTasks = TypeAliasType("FinishedTasks", list[dict[str, Json]])
"""`GET /api/tasks/finished`: tasks with their files' own fields."""


class TaskTotals(TypedDict):
    """How many tasks lie in each column."""

    inbox: int
    assigned: int
    done: int
    total: int


class Stats(TypedDict):
    """`GET /api/stats`."""

    tasks: TaskTotals
    costs: CostTotals
    unpriced: Unpriced
    timestamp: str


class Health(TypedDict):
    """`GET /health`: the process answers."""

    status: str
    service: str
    timestamp: str


class WatcherJson(TypedDict):
    """How the folder is watched: `native`, `poll`, or `waiting` for the folder to appear."""

    mode: str
    alive: bool
    last_scan_age_s: float | None
    last_scan_ms: float | None
    files: int
    overflows: int
    missed: int
    scans: int


class ThreadJson(TypedDict):
    """One background thread; `failures` counts the steps that failed and were begun again."""

    name: str
    alive: bool
    failures: int


class Ready(TypedDict):
    """`GET /ready`."""

    ready: bool
    version: str
    epoch: str
    watcher: WatcherJson
    threads: list[ThreadJson]
    clients: int
    clients_lost: int
    degraded: list[str]


class Session(TypedDict):
    """`GET /api/session`."""

    user: str
    version: str
    instance: str
    root: str
    token_required: bool
    demo: bool
    """Whether everything shown is simulated (`dashboard start --demo`)."""
    warnings: list[str]


class LoginLink(TypedDict):
    """A link that logs one browser in, once."""

    login_url: str


class TokenRotated(TypedDict):
    """The token was replaced; the new one lies in this file."""

    token_file: str


class ErrorJson(TypedDict):
    """Every refusal: one sentence."""

    error: str
