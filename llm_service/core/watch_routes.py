"""The REST routes of what other programs send or fetch: OTLP and Prometheus."""

from __future__ import annotations

from llm_service.core.route import Route

WATCH_ROUTES: tuple[Route, ...] = (
    Route("GET", "/metrics", None, "What is measured, in the text format of Prometheus."),
)
