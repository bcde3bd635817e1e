"""The REST routes of what things cost: totals, series, tables, export."""

from __future__ import annotations

from llm_service.core.route import Route

COST_ROUTES: tuple[Route, ...] = ()
