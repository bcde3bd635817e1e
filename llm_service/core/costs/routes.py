"""The REST routes of what things cost: totals, series, tables, export."""

from __future__ import annotations

from llm_service.core.costs import page_shapes as cost_page_shapes
from llm_service.core.costs import shapes as cost_shapes
from llm_service.core.route import Param, Route

_DAY = "a day like 2026-11-21, which is a day of the setting `timezone`, or an ISO time"

_SPAN = (
    Param("range", "24h, 7d, 30d (the default), 90d, 365d or all, up to now"),
    Param("from", f"instead of `range`: {_DAY}"),
    Param("to", f"up to before this time, or up to the end of this day: {_DAY}"),
    Param("width", "hour, day or week; hours that are no longer kept (after 90 days) are answered in days"),
)
_FILTERS = (
    *(
        Param(name, "as it was recorded; given and empty: rows in which it was not")
        for name in ("model", "agent", "tool", "project", "node", "task", "session")
    ),
    Param("status", "success, error or timeout"),
    Param("door", "api, import, log, otlp-logs or otlp-metrics: by which way it was learned"),
    Param("unpriced", "true: only what has no known price"),
)
_BY = Param("by", "model (the default), agent, project, tool or node: what the series are")

COST_ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/api/costs",
        cost_page_shapes.CostPage,
        "What a range cost: series over its hours, days or weeks, and tables.",
        (*_SPAN, _BY),
        errors=(400, 503),
    ),
    Route(
        "GET",
        "/api/costs/now",
        cost_shapes.CostUpdate,
        "How things stand now, as `cost.update` tells it; nulls and the reason where nothing is kept.",
    ),
    Route(
        "GET",
        "/api/telemetry/invocations",
        cost_page_shapes.InvocationPage,
        "Invocations one by one, newest first.",
        (
            *_FILTERS,
            Param("from", _DAY),
            Param("to", f"up to before this time, or up to the end of this day: {_DAY}"),
            Param("cursor", "`next` of the page before"),
            Param("limit", "rows, 1 to 500, 100 by default"),
        ),
        errors=(400, 503),
    ),
    Route(
        "GET",
        "/api/telemetry/export",
        None,
        "A table as a file, streamed. In CSV, text that a spreadsheet would take for a formula begins with a '.",
        (
            Param(
                "table",
                "invocations (the default, with the filters below), models, agents, projects, tools, nodes, series,"
                " buckets (tokens, times and errors), budget-alerts, history (of the board) or flow (a row a day)",
            ),
            Param("format", "csv (the default) or json"),
            *_SPAN,
            _BY,
            *_FILTERS,
        ),
        errors=(400, 503),
    ),
)
