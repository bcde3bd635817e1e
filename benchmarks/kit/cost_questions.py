"""What the page Costs and the ticker ask of the server, and the same routes in this process with each query timed."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from flask import Flask
from flask.testing import FlaskClient

from benchmarks.kit.store import ZONE, now_ms
from benchmarks.kit.timed_reading import Statements, TimedSource
from llm_service.core.zones import Zone
from llm_service.dashboard import budgets_api, costs_api, invocation_list_api
from llm_service.telemetry.budget_store import Rules
from llm_service.telemetry.budgets import Budgets
from llm_service.telemetry.costs import Costs
from llm_service.telemetry.database import Database

_ROWS = "/api/telemetry/invocations?"
_NEWEST = f"{_ROWS}limit=50"
PATHS = (
    "/api/costs/now",
    *(f"/api/costs?range={name}&by=model" for name in ("24h", "7d", "30d", "90d", "365d", "all")),
    *(f"/api/costs?range=90d&by={by}" for by in ("agent", "project", "tool")),
    "/api/costs?range=90d&width=hour&by=project",
    "/api/costs?range=all&width=day&by=project",
    "/api/costs?range=all&width=week&by=agent",
    _NEWEST,
    *(f"{_ROWS}{only}&limit=50" for only in ("model=o3", "agent=nobody", "project=project-7", "status=error")),
    f"{_ROWS}unpriced=true&limit=50",
    f"{_ROWS}agent=nobody&model=o3&status=timeout&limit=50",
    "/api/budgets",
)
"""Ranges, widths and dimensions of the page; filters with many, few and no matches."""

BUDGETS = tuple(
    {"name": f"{scope} {value} {period}", "scope": scope, "value": value, "period": period, "limit_usd": 10_000}
    for scope, value in (("all", None), ("agent", "curator"), ("project", "project-7"), ("model", "gpt-5"))
    for period in ("day", "week", "month", "total")
)


def deep_page(client: Any) -> str:
    """The path of the tenth page of the newest invocations: `client.get` gives the body of an answer."""
    path = _NEWEST
    for _ in range(9):
        path = f"{_NEWEST}&cursor={quote(json.loads(client.get(path))['next'])}"
    return path


class Routes:
    """The routes over a store in this process."""

    def __init__(self, database: Database, statements: Statements) -> None:
        source = TimedSource(database, statements)
        costs = Costs(source, Zone(ZONE), now_ms)
        budgets: Any = Budgets(
            source,
            None,  # type: ignore[arg-type]
            Rules(),
            changed=lambda: None,
            webhook=lambda: {"configured": False},  # type: ignore[typeddict-item]
            publish=lambda _: None,
            now_ms=now_ms,
        )
        app = Flask("benchmarks")
        app.register_blueprint(costs_api.blueprint(costs, costs.update))
        app.register_blueprint(invocation_list_api.blueprint(costs))
        app.register_blueprint(budgets_api.blueprint(budgets))
        self._client: FlaskClient = app.test_client()

    def get(self, path: str) -> bytes:
        """The body of the answer; an error is raised."""
        response = self._client.get(path)
        if response.status_code != 200:
            raise RuntimeError(f"{path}: {response.status_code} {response.data[:300]!r}")
        return response.data
