"""The JSON of the agents' own logs: which were found, how far they are read, what was skipped and is not known."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict


class LogSourceJson(TypedDict):
    """One folder where a tool's logs may lie. `lines` and `messages` keep what files told that are gone by now."""

    tool: str
    root: str
    found: bool
    files: int
    lines: int
    messages: int
    bytes_read: int
    bytes_total: int
    state: Literal["reading", "following", "missing", "off", "error"]
    error: str | None
    skipped: dict[str, int]
    newest_at: str | None
    known_gaps: list[str]


class AlsoSeen(TypedDict):
    """What lesser doors told of sessions that a better one tells of: shown, in no sum."""

    tool: str
    sessions: int
    invocations: int
    cost_usd: float


class MayOverlap(TypedDict):
    """Counted rows that came without a session, by doors that a log may have told of too."""

    invocations: int
    cost_usd: float


class LogSources(TypedDict):
    """`GET /api/telemetry/sources`."""

    sources: list[LogSourceJson]
    enabled: bool
    also_seen: list[AlsoSeen]
    may_overlap: MayOverlap
