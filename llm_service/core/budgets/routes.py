"""The REST routes of budgets and their alerts."""

from __future__ import annotations

from llm_service.core.budgets import shapes as budget_shapes
from llm_service.core.route import Param, Route

_ID = Param("id", "the budget's id", "path", required=True)
_LOST = 503

BUDGET_ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/api/budgets",
        budget_shapes.BudgetList,
        "All budgets with what is used of them in their present period, and the newest alerts.",
        errors=(_LOST,),
    ),
    Route(
        "POST",
        "/api/budgets",
        budget_shapes.BudgetJson,
        "A new budget. A name and exactly one limit; without a scope it is over all.",
        errors=(400, 413, _LOST),
        body=budget_shapes.BudgetBody,
    ),
    Route(
        "GET",
        "/api/budgets/check",
        budget_shapes.BudgetCheck,
        "The budgets that a call would count for, and whether one is over; without parameters, of all budgets.",
        (
            Param("agent", "the agent that would call; its own budgets and those over all count"),
            Param("project", "the project it works for"),
            Param("model", "the model it would call"),
        ),
        errors=(_LOST,),
    ),
    Route(
        "PUT",
        "/api/budgets/<id>",
        budget_shapes.BudgetJson,
        "Change a budget of the page, or give one agent a limit of its own in place of the default; null clears that.",
        (_ID,),
        errors=(400, 404, 409, 413, _LOST),
        body=budget_shapes.BudgetBody,
    ),
    Route(
        "DELETE",
        "/api/budgets/<id>",
        budget_shapes.BudgetRemoved,
        "Remove a budget of the page; for an agent default, go back to the default. Budgets of the settings stay.",
        (_ID,),
        errors=(404, 409, _LOST),
    ),
    Route(
        "POST",
        "/api/budgets/alerts/<id>/acknowledge",
        budget_shapes.AlertJson,
        "Note that an alert was seen, and with it the earlier ones of its budget.",
        (Param("id", "the alert's number", "path", required=True),),
        errors=(404, _LOST),
    ),
)
