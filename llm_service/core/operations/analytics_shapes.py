"""What leaves the house about many runs together. None is "nobody knows", never 0."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from llm_service.core.operations.node_shapes import Trouble

Origin = Literal["server", "runs", "both", "none"]
"""Where a figure comes from: the server's own analytics, the runs we know, some of each, or nowhere."""


class AnalyticsOrigins(TypedDict):
    """Where each part of the page comes from: a server counts some things only for all time."""

    totals: Origin
    runs_per_day: Origin
    tokens_per_run: Origin
    throughput: Origin
    by_model: Origin


class RunTotals(TypedDict):
    """Runs of the range together. `tokens` is in and out; `tokens_per_s` is the mean over runs that ended."""

    runs: int | None
    completed: int | None
    failed: int | None
    cancelled: int | None
    running: int | None
    tokens: int | None
    tokens_out: int | None
    avg_duration_s: float | None
    tokens_per_s: float | None


class DayFigure(TypedDict):
    """A figure of a day of the setting `timezone`."""

    date: str
    value: float | None


class ModelRuns(TypedDict):
    """Runs of one model; the name is "unknown" where none was told."""

    model: str
    runs: int | None
    completed: int | None
    failed: int | None
    tokens: int | None


class Heatmap(TypedDict):
    """Tokens out a second of each machine over time, from the runs we know; None where nothing ran there.

    `starts` are the beginnings of the columns, each an hour or a day of the setting `timezone`; `rates` has a row for
    each of `nodes`. The tokens of a run are spread evenly over the time it took.
    """

    width: Literal["hour", "day"]
    starts: list[str]
    nodes: list[str]
    rates: list[list[float | None]]


class Analytics(TypedDict):
    """`GET /api/analytics`. Days in which nothing ran are in `runs_per_day` with 0 and in the others with None.

    `synthesised` says that a server has no analytics of its own; what it would have told is counted from its runs.
    `known_from` is the oldest run that figures from runs rest on; None where there is none. `troubles` are servers
    that did not answer.
    """

    range: Literal["24h", "7d", "30d", "all"]
    timezone: str
    source: str | None
    sources: list[str]
    synthesised: bool
    origins: AnalyticsOrigins
    known_from: str | None
    totals: RunTotals
    runs_per_day: list[DayFigure]
    tokens_per_run: list[DayFigure]
    throughput: list[DayFigure]
    by_model: list[ModelRuns]
    heatmap: Heatmap
    troubles: list[Trouble]
