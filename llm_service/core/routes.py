"""The REST routes, each once: what is served, documented and tested comes from this table."""

from __future__ import annotations

from llm_service.core import flow_shapes, shapes
from llm_service.core.agentlogs.routes import LOG_ROUTES
from llm_service.core.budgets.routes import BUDGET_ROUTES
from llm_service.core.costs.routes import COST_ROUTES
from llm_service.core.flow_routes import FLOW_ROUTES
from llm_service.core.invocations.ingest_routes import INGEST_ROUTES
from llm_service.core.loss.routes import LOSS_ROUTES
from llm_service.core.operations.routes import OPERATION_ROUTES
from llm_service.core.pricing.routes import PRICE_ROUTES
from llm_service.core.route import Param, Route
from llm_service.core.runs.routes import RUN_ROUTES
from llm_service.core.source_routes import SOURCE_ROUTES
from llm_service.core.training.routes import TRAINING_ROUTES
from llm_service.core.watch_routes import WATCH_ROUTES

_FILTERS = (
    Param("column", "inbox, assigned or done; without it all three"),
    Param("q", "words that must all occur in title, id, agent, path or tags, whatever their case"),
    Param("agent", "one or more agents, comma separated"),
    Param("priority", "one or more of critical, high, medium, normal, low"),
    Param("status", "one or more of new, assigned, in_progress, blocked, error, done"),
    Param("tag", "one or more tags; a card with any of them matches"),
    Param("problem", "true: only files with a problem"),
    Param("sort", "age (newest created first), priority (most urgent first) or updated (newest changed first)"),
    Param("cursor", "`next` of the page before; needs `column` and the same sort"),
    Param("limit", "cards a column, 1 to 500, 100 by default"),
)

ROUTES = (
    Route("GET", "/health", shapes.Health, "The process answers. Needs no login.", public=True),
    Route(
        "GET",
        "/ready",
        shapes.Ready,
        "Whether the board is true at this moment, and what is impaired.",
        errors=(503,),
    ),
    Route(
        "GET",
        "/api/tasks",
        shapes.TaskLists,
        "All tasks by column and agent, each with its file's own fields, and the files that cannot be read.",
        (
            Param("include_done", "false leaves out what is done"),
            Param("fields", "card: only what a card shows, much quicker"),
        ),
        errors=(400,),
    ),
    Route("GET", "/api/tasks/finished", shapes.FinishedTasks, "All tasks in a terminal state: done, or in error."),
    Route(
        "GET",
        "/api/tasks/<id>",
        shapes.Detail,
        "Everything about the task with this id; of several files the one changed last, the others in `also_at`.",
        (Param("id", "the task's id", "path", required=True),),
        errors=(404,),
    ),
    Route(
        "GET",
        "/api/file",
        shapes.Detail,
        "Everything about one file of the board, also one that cannot be read.",
        (Param("path", "the card's path under the root", required=True),),
        errors=(400, 404),
    ),
    Route(
        "GET",
        "/api/board",
        shapes.BoardPage,
        "Cards, searched, filtered and sorted.",
        _FILTERS,
        errors=(400,),
    ),
    Route(
        "GET",
        "/api/activity",
        flow_shapes.ActivityPage,
        "The activity feed, newest first: the newest lines, or those before a cursor from the kept history.",
        (
            Param("before", "`next` of the page before; goes back as far as the history is kept"),
            Param("limit", "lines a page, 1 to 200, 100 by default; only with before"),
        ),
        errors=(400, 503),
    ),
    Route("GET", "/api/stats", shapes.Stats, "How many tasks lie where, and what they cost."),
    Route("GET", "/api/session", shapes.Session, "What the page needs to know of the server it was loaded from."),
    Route("POST", "/api/login-codes", shapes.LoginLink, "A new one-time login link, valid for 15 minutes."),
    Route("POST", "/api/token/rotate", shapes.TokenRotated, "A new token; every login and every link ends."),
    *COST_ROUTES,
    *INGEST_ROUTES,
    *LOG_ROUTES,
    *PRICE_ROUTES,
    *BUDGET_ROUTES,
    *FLOW_ROUTES,
    *LOSS_ROUTES,
    *TRAINING_ROUTES,
    *OPERATION_ROUTES,
    *RUN_ROUTES,
    *SOURCE_ROUTES,
    *WATCH_ROUTES,
    Route("GET", "/openapi.json", None, "This interface as OpenAPI 3.1."),
    Route("GET", "/docs", None, "This interface as a page."),
)
