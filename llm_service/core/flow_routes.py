"""The REST routes of flow metrics, the kept history and what happened since a visit."""

from __future__ import annotations

from llm_service.core.flow_shapes import FlowPage, Since
from llm_service.core.route import Param, Route

FLOW_ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/api/flow",
        FlowPage,
        "Throughput, lead and cycle time, work in progress and where tasks lay, from the kept history of the board.",
        (Param("range", "7d, 30d, 90d or 365d, ending today; 30d by default"),),
        errors=(400, 503),
    ),
    Route(
        "GET",
        "/api/since",
        Since,
        "What happened on the board and what was spent after a moment.",
        (Param("at", "ISO time with a zone, at most 400 days ago", required=True),),
        errors=(400, 503),
    ),
)
