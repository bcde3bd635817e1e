"""The REST route of the agents' own logs."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint

from llm_service.core.agentlogs.shapes import LogSources


def blueprint(sources: Callable[[], LogSources]) -> Blueprint:
    """The route over `sources`, which raises `TelemetryUnavailable` where nothing is kept."""
    routes = Blueprint("logs", __name__)

    @routes.get("/api/telemetry/sources")
    def found() -> LogSources:
        return sources()

    return routes
