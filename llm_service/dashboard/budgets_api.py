"""The REST routes of budgets. What is refused is a sentence: 400 what is written, 404 what is not there, 409 what
stands in the settings, 503 what cannot be kept just now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from llm_service.core.budgets.settings import BudgetFixed, BudgetRefused, NoSuchBudget
from llm_service.core.budgets.shapes import AlertJson, BudgetCheck, BudgetJson, BudgetList, BudgetRemoved
from llm_service.errors import LlmServiceError

MAX_BODY_BYTES = 16_384


class Budgets(Protocol):
    """What the routes need. Methods raise `BudgetRefused`, `NoSuchBudget` and `LlmServiceError` with a sentence."""

    def listing(self) -> BudgetList: ...
    def check(self, agent: str | None, project: str | None, model: str | None) -> BudgetCheck: ...
    def add(self, fields: Mapping[str, Any]) -> BudgetJson: ...
    def change(self, budget_id: str, fields: Mapping[str, Any]) -> BudgetJson: ...
    def remove(self, budget_id: str) -> BudgetRemoved: ...
    def acknowledge(self, alert_id: int) -> AlertJson: ...


def blueprint(budgets: Budgets) -> Blueprint:
    """The routes over `budgets`."""
    routes = Blueprint("budgets", __name__)

    @routes.get("/api/budgets")
    def listing() -> BudgetList:
        return budgets.listing()

    @routes.post("/api/budgets")
    def add() -> BudgetJson:
        return budgets.add(_fields())

    @routes.get("/api/budgets/check")
    def check() -> BudgetCheck:
        agent, project, model = (request.args.get(name) or None for name in ("agent", "project", "model"))
        return budgets.check(agent, project, model)

    @routes.put("/api/budgets/<budget_id>")
    def change(budget_id: str) -> BudgetJson:
        return budgets.change(budget_id, _fields())

    @routes.delete("/api/budgets/<budget_id>")
    def remove(budget_id: str) -> BudgetRemoved:
        return budgets.remove(budget_id)

    @routes.post("/api/budgets/alerts/<alert_id>/acknowledge")
    def acknowledge(alert_id: str) -> AlertJson:
        # By hand: the router's own refusal of a word would be its page about missing addresses.
        if not (alert_id.isascii() and alert_id.isdigit() and len(alert_id) <= 18):
            raise NoSuchBudget(f"there is no alert {alert_id[:40]}; alerts have numbers")
        return budgets.acknowledge(int(alert_id))

    routes.errorhandler(BudgetFixed)(_refusal(409))
    routes.errorhandler(BudgetRefused)(_refusal(400))
    routes.errorhandler(NoSuchBudget)(_refusal(404))
    routes.errorhandler(LlmServiceError)(_refusal(503))
    return routes


def _refusal(status: int) -> Any:
    def answer(error: Exception) -> ResponseReturnValue:
        return jsonify({"error": str(error.args[0])}), status

    return answer


def _fields() -> Mapping[str, Any]:
    """The body as an object. Raises `BudgetRefused`."""
    request.max_content_length = MAX_BODY_BYTES
    try:
        body = request.get_json(force=True, silent=True)
    except RecursionError:
        body = None
    if not isinstance(body, dict):
        raise BudgetRefused('send a JSON object, as in {"name": "Day", "period": "day", "limit_usd": 5}')
    return body
