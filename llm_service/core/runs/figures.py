"""What is counted of a run, without its texts: from kept runs and from a server's list alike."""

from __future__ import annotations

from typing import NamedTuple


class RunFigures(NamedTuple):
    """One run. Times are milliseconds since 1970; `at_ms` is when it was created; None is "nobody knows"."""

    key: str
    source: str
    status: str
    model: str | None
    node: str | None
    at_ms: int
    started_ms: int | None
    ended_ms: int | None
    tokens_in: int | None
    tokens_out: int | None


class RunCounts(NamedTuple):
    """How the runs of one source stand; those of the day by when they ended. `known` are all that are kept."""

    known: int
    running: int
    completed_today: int
    failed_today: int
    tokens_out_total: int | None
