"""The REST routes of the agents' own logs."""

from __future__ import annotations

from llm_service.core.agentlogs.shapes import LogSources
from llm_service.core.route import Route

LOG_ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/api/telemetry/sources",
        LogSources,
        "The logs of Claude Code, Codex and OpenCode on this machine: which were found, how far they are read, what was"
        " skipped and cannot be known, and what was seen through other doors too.",
        errors=(503,),
    ),
)
