"""The REST route of invocations one by one."""

from __future__ import annotations

from typing import Protocol

from flask import Blueprint, request

from llm_service.core.costs.page_shapes import InvocationPage
from llm_service.core.invocations.query import InvocationQuery
from llm_service.core.zones import Zone
from llm_service.dashboard.cost_args import invocation_query


class Invocations(Protocol):
    """What this route asks."""

    @property
    def zone(self) -> Zone: ...
    def newest(self, query: InvocationQuery) -> InvocationPage: ...


def blueprint(invocations: Invocations) -> Blueprint:
    """The route over `invocations`."""
    routes = Blueprint("invocation_list", __name__)

    @routes.get("/api/telemetry/invocations")
    def page() -> InvocationPage:
        return invocations.newest(invocation_query(request.args, invocations.zone))

    return routes
