"""The agents' logs as a part of the house: the thread that follows them, and what `GET /api/telemetry/sources` says."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

from llm_service.core.agentlogs.shapes import AlsoSeen, LogSourceJson, LogSources, MayOverlap
from llm_service.sources.agentlogs.engine import AgentLogs
from llm_service.sources.agentlogs.finding import roots_of
from llm_service.sources.agentlogs.passes import Keeper, Place, Reading
from llm_service.sources.agentlogs.sources_report import empty


class Overlaps(Protocol):
    """What telemetry knows of calls that were seen through more than one door."""

    def also_seen(self, connection: sqlite3.Connection) -> list[AlsoSeen]: ...
    def may_overlap(self, connection: sqlite3.Connection) -> MayOverlap: ...


class LogParts(NamedTuple):
    """`follower` is None where the setting `agent_logs` is off; `sources` may raise `TelemetryUnavailable`."""

    follower: AgentLogs | None
    sources: Callable[[], LogSources]


def log_parts(
    place: Place,
    reading: Reading,
    keeper: Keeper,
    state_dir: Path,
    *,
    enabled: bool,
    overlaps: Overlaps,
    now_ms: Callable[[], int],
) -> LogParts:
    """Make the parts; nothing is started."""
    follower = AgentLogs(place, reading, keeper, state_dir, now_ms) if enabled else None

    def found() -> list[LogSourceJson]:
        if follower is not None:
            return follower.sources()
        return [empty(root, "off") for root in roots_of(place.tools, place.home, place.environ)]

    def sources() -> LogSources:
        with reading() as connection:
            seen, unsure = overlaps.also_seen(connection), overlaps.may_overlap(connection)
        return {"sources": found(), "enabled": enabled, "also_seen": seen, "may_overlap": unsure}

    return LogParts(follower, sources)
