"""What the web side asks of budgets: list, make, change, clear, check, acknowledge. Writes go through the recorder."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from llm_service.core.budgets.budget import Budget, agent_of_default, defaults_for
from llm_service.core.budgets.settings import (
    BudgetFixed,
    BudgetRefused,
    NoSuchBudget,
    as_fields,
    read_budget,
    read_limit,
)
from llm_service.core.budgets.shapes import AlertJson, BudgetCheck, BudgetJson, BudgetList, BudgetRemoved, WebhookState
from llm_service.core.budgets.words import budget_json, limits, worst
from llm_service.core.observations import Announced
from llm_service.core.times import iso_seconds
from llm_service.core.zones import Zone
from llm_service.telemetry import budget_store
from llm_service.telemetry.budget_store import Kept, Rules, Writer

MOST_ON_PAGE = 500
MOST_SHOWN = 200


class Readable(Protocol):
    """The database, as far as it is used here."""

    @property
    def zone(self) -> Zone: ...
    def reading(self) -> AbstractContextManager[sqlite3.Connection]: ...


class Budgets:
    """All methods may be called from any thread. `changed` is called after every change of a budget."""

    def __init__(
        self,
        database: Readable,
        recorder: Writer,
        rules: Rules,
        *,
        changed: Callable[[], None],
        webhook: Callable[[], WebhookState],
        publish: Callable[[Announced], None],
        now_ms: Callable[[], int],
    ) -> None:
        self._database = database
        self._recorder = recorder
        self._rules = rules
        self._changed = changed
        self._webhook = webhook
        self._publish = publish
        self._now_ms = now_ms
        self._tz = ZoneInfo(database.zone.name)

    def listing(self) -> BudgetList:
        """Everything the page shows of budgets."""
        now_ms = self._now_ms()
        rules = self._rules
        with self._database.reading() as connection:
            held = budget_store.kept(connection)
            agents = [*budget_store.known_agents(connection), *_overridden(held)]
            found = budget_store.budgets_of(rules, held, dict.fromkeys(agents))
            standings = [budget_store.standing(connection, one, self._database.zone, now_ms) for one in found]
            newest = budget_store.alerts(connection)
        ordered = [budget_json(each, self._tz) for each in budget_store.nearest_first(standings)]
        return {
            "budgets": ordered[:MOST_SHOWN],
            "more": max(0, len(ordered) - MOST_SHOWN),
            "alerts": newest,
            "agent_defaults": [{"period": one.period, **limits(one)} for one in rules.agent_defaults],  # type: ignore[typeddict-item]
            "webhook": self._webhook(),
            "timezone": self._database.zone.name,
            "timestamp": iso_seconds(now_ms / 1000),
        }

    def check(self, agent: str | None, project: str | None, model: str | None) -> BudgetCheck:
        """The budgets that a call of these counts for; of none, all there are."""
        now_ms = self._now_ms()
        with self._database.reading() as connection:
            found = budget_store.budgets_to_check(connection, self._rules, agent, project, model)
            standings = [budget_store.standing(connection, one, self._database.zone, now_ms) for one in found]
        return {
            "state": worst(standings),
            "budgets": [budget_json(each, self._tz) for each in budget_store.nearest_first(standings)],
            "timestamp": iso_seconds(now_ms / 1000),
        }

    def add(self, fields: Mapping[str, Any]) -> BudgetJson:
        """Make a budget. Raises `BudgetRefused`."""
        budget = read_budget(fields, origin="page", budget_id=f"page-{secrets.token_hex(6)}", in_request=True)
        held = self._held()
        if len(held.budgets) >= MOST_ON_PAGE:
            raise BudgetRefused(f"there are {MOST_ON_PAGE} budgets already; remove one first")
        for other in (*self._rules.budgets, *held.budgets):
            if other.name == budget.name:
                raise BudgetRefused(
                    f"name: there is a budget {budget.name!r} already; change it or choose another name"
                )
        return self._save(budget)

    def change(self, budget_id: str, fields: Mapping[str, Any]) -> BudgetJson:
        """Change a budget of the page; of an agent default, the limit of that agent. Raises `BudgetRefused`."""
        if default := self._default(budget_id):
            limit = read_limit(fields, default.unit)
            if unknown := set(fields) - {"limit_usd", "limit_tokens"}:
                raise BudgetRefused(f"{min(unknown)}: of an agent default only the limit can be changed")
            return self._override(default, limit)
        old = self._own(budget_id)
        kept = as_fields(old)
        if fields.get("limit_usd") is not None or fields.get("limit_tokens") is not None:
            kept = {key: value for key, value in kept.items() if not key.startswith("limit_")}
        if fields.get("scope") == "all":
            kept.pop("value")
        given = {key: value for key, value in fields.items() if value is not None or not key.startswith("limit_")}
        return self._save(read_budget({**kept, **given}, origin="page", budget_id=budget_id, in_request=True))

    def remove(self, budget_id: str) -> BudgetRemoved:
        """Remove a budget of the page, or clear what was changed about an agent default."""
        if default := self._default(budget_id):
            self._override(default, None)
            return {"id": budget_id, "outcome": "cleared"}
        self._own(budget_id)
        self._recorder.write(lambda connection: budget_store.remove(connection, budget_id))
        self._changed()
        return {"id": budget_id, "outcome": "removed"}

    def acknowledge(self, alert_id: int) -> AlertJson:
        """Note that somebody has seen an alert, and with it the earlier ones of its budget."""
        now_ms = self._now_ms()
        alert = self._recorder.write(lambda connection: budget_store.acknowledge(connection, alert_id, now_ms))
        if alert is None:
            raise NoSuchBudget(f"there is no alert {alert_id}")
        self._publish(Announced("costs", "budget.changed", {"budgets": [], "removed": [], "acknowledged": [alert_id]}))
        return alert

    def _held(self) -> Kept:
        with self._database.reading() as connection:
            return budget_store.kept(connection)

    def _default(self, budget_id: str) -> Budget | None:
        """The agent default behind an id, with the limit of the settings; None for other budgets."""
        agent = agent_of_default(budget_id)
        if not agent:
            return None
        found = defaults_for([agent], self._rules.agent_defaults, (), {})
        default = next((one for one in found if one.id == budget_id), None)
        if default is None:
            raise NoSuchBudget(f"the settings have no such default for {agent}")
        return default

    def _own(self, budget_id: str) -> Budget:
        for budget in self._rules.budgets:
            if budget.id == budget_id:
                raise BudgetFixed(f"{budget.name!r} stands in llm-service.toml; change it there and start again")
        found = next((one for one in self._held().budgets if one.id == budget_id), None)
        if found is None:
            raise NoSuchBudget(f"there is no budget {budget_id[:80]}")
        return found

    def _save(self, budget: Budget) -> BudgetJson:
        now_ms = self._now_ms()
        self._recorder.write(lambda connection: budget_store.save(connection, budget, now_ms))
        return self._told(budget)

    def _override(self, default: Budget, limit: int | None) -> BudgetJson:
        now_ms = self._now_ms()

        def write(connection: sqlite3.Connection) -> None:
            if limit is None:
                budget_store.remove(connection, default.id)
            else:
                budget_store.save_override(connection, default.id, limit, now_ms)

        self._recorder.write(write)
        return self._told(default if limit is None else default._replace(limit=limit, overridden=True))

    def _told(self, budget: Budget) -> BudgetJson:
        self._changed()
        with self._database.reading() as connection:
            standing = budget_store.standing(connection, budget, self._database.zone, self._now_ms())
        return budget_json(standing, self._tz)


def _overridden(held: Kept) -> list[str]:
    return [agent for agent in map(agent_of_default, held.overrides) if agent]
