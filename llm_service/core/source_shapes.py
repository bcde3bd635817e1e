"""What leaves the house about watched servers."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

StreamState = Literal["none", "connecting", "live", "stale", "backing-off", "stopped"]


class Line(TypedDict):
    """How a stream or a question that is asked again and again stands. `next_try_at` only while backing off."""

    state: StreamState
    since: str
    last_heard_at: str | None
    next_try_at: str | None
    reason: str
    """A sentence for the user: what failed, with the status, and what is tried next; empty while all is well."""


class Concern(Line):
    """One thing that a source is asked for, such as its runs: each stands or fails alone."""

    name: str
    every_s: float | None
    failures: int
    """In a row."""
    missing: bool
    """The server has no such endpoint (404): the page hides what it would show."""


class StreamCounts(TypedDict):
    """Streams of one source by state, and what came through them since the start."""

    open: int
    connecting: int
    backing_off: int
    stopped: int
    events: int
    unknown_events: int
    broken_events: int


class SourceCard(Line):
    """One watched server. `url` is without secrets; `state` is the best of its concerns."""

    key: str
    kind: Literal["bobspark", "skill-training"]
    url: str
    clock_skew_s: float | None
    """How far the server's clock is ahead of ours, by its Date header; None where it is not told."""
    concerns: list[Concern]
    streams: StreamCounts


class SourcesSnapshot(TypedDict):
    """All watched servers."""

    sources: list[SourceCard]


class SourceEvent(TypedDict):
    """A source as it stands now."""

    source: SourceCard
