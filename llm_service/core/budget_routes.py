"""The REST routes of budgets and their alerts."""

from __future__ import annotations

from llm_service.core.route import Route

BUDGET_ROUTES: tuple[Route, ...] = ()
