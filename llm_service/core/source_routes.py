"""The REST route of watched servers."""

from __future__ import annotations

from llm_service.core.route import Route
from llm_service.core.source_shapes import SourcesSnapshot

SOURCE_ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/api/sources",
        SourcesSnapshot,
        "The watched servers: how each stands, what is asked of it and how often, its streams, and its clock.",
    ),
)
