"""The REST routes of prices: what a model costs and why, and pricing again."""

from __future__ import annotations

from llm_service.core.route import Route

PRICE_ROUTES: tuple[Route, ...] = ()
