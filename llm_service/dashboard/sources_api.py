"""The REST route of watched servers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint

from llm_service.core.source_shapes import SourceCard, SourcesSnapshot


def blueprint(cards: Callable[[], Sequence[SourceCard]]) -> Blueprint:
    """The route; `cards` tells how each server stands at this moment."""
    routes = Blueprint("sources", __name__)

    @routes.get("/api/sources")
    def sources() -> SourcesSnapshot:
        return {"sources": list(cards())}

    return routes
