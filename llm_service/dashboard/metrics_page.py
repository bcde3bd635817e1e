"""``GET /metrics``: the samples of the house for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import Blueprint, Response, request

from llm_service.core.metrics import Buckets, Sample


def blueprint(read: Callable[[], Iterable[Sample | Buckets]]) -> Blueprint:
    """The page over `read`, which is asked at every scrape."""
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    def metrics() -> Response:
        from llm_service.dashboard.metrics_text import encoded

        body, content_type = encoded(read(), request.headers.get("Accept", ""))
        return Response(body, content_type=content_type)

    return routes
