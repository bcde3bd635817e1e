"""Puts the budgets together: what watches them, what tells of them, and what the web side asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from llm_service.core.budgets.budget import Budget
from llm_service.core.observations import Announced
from llm_service.telemetry.budget_store import Rules
from llm_service.telemetry.budget_watch import BudgetWatch
from llm_service.telemetry.budgets import Budgets
from llm_service.telemetry.database import Database
from llm_service.telemetry.recorder import Recorder
from llm_service.telemetry.webhook import Webhook


class BudgetParts(NamedTuple):
    """Two threads and who answers. The webhook's is only there where there is one."""

    budgets: Budgets
    watch: BudgetWatch
    webhook: Webhook


def budget_parts(
    database: Database,
    recorder: Recorder,
    *,
    budgets: tuple[Budget, ...],
    agent_budgets: tuple[Budget, ...],
    webhook_url: str | None,
    publish: Callable[[Announced], None],
    now_ms: Callable[[], int],
) -> BudgetParts:
    """The parts over an opened database, listening to its commits; nothing is started."""
    rules = Rules(budgets, agent_budgets)
    webhook = Webhook(webhook_url)
    watch = BudgetWatch(database, recorder, rules, publish=publish, tell=webhook.offer, now_ms=now_ms)
    recorder.on_commit(watch.committed)
    asked = Budgets(
        database,
        recorder,
        rules,
        changed=watch.look_again,
        webhook=webhook.state,
        publish=publish,
        now_ms=now_ms,
    )
    return BudgetParts(asked, watch, webhook)
