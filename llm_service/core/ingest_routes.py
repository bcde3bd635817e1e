"""The REST routes of handing invocations in and looking at them."""

from __future__ import annotations

from llm_service.core.route import Route

INGEST_ROUTES: tuple[Route, ...] = ()
