"""The REST routes of what a range cost, and of how things stand now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from flask import Blueprint, request

from llm_service.core.costs.page_shapes import CostPage
from llm_service.core.costs.shapes import CostUpdate
from llm_service.core.costs.span import Span
from llm_service.dashboard.cost_args import DIMENSIONS, Calendar, span_of
from llm_service.dashboard.query_args import one_of


class Costs(Calendar, Protocol):
    """What these routes ask."""

    def page(self, span: Span, by: str) -> CostPage: ...


def blueprint(costs: Costs, now: Callable[[], CostUpdate]) -> Blueprint:
    """The routes over `costs`; `now` is what the ticker shows."""
    routes = Blueprint("costs", __name__)

    @routes.get("/api/costs")
    def page() -> CostPage:
        by = one_of(request.args, "by", list(DIMENSIONS), DIMENSIONS[0])
        return costs.page(span_of(request.args, costs), by)

    @routes.get("/api/costs/now")
    def standing() -> CostUpdate:
        return now()

    return routes
