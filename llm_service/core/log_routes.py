"""The REST routes of the agents' own logs."""

from __future__ import annotations

from llm_service.core.route import Route

LOG_ROUTES: tuple[Route, ...] = ()
