"""The REST routes of flow metrics, the kept history and what happened since a visit."""

from __future__ import annotations

from llm_service.core.route import Route

FLOW_ROUTES: tuple[Route, ...] = ()
