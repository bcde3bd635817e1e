"""Budgets in the database: what people wrote, what was used, which alerts were raised.

Functions over an open connection, so the thread that writes, the page's reads and `llm-service budget check` (which
opens the file itself, read-only) share them. Imports nothing heavy: scripts call the check in a loop.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from llm_service.core.budgets.alerts import Told
from llm_service.core.budgets.budget import (
    Budget,
    Calendar,
    Standing,
    Use,
    days_between,
    defaults_for,
    recent_share,
    touches,
    window_of,
)
from llm_service.core.budgets.forecast import HORIZON_MS
from llm_service.core.budgets.settings import BudgetRefused, as_fields, read_budget
from llm_service.core.budgets.shapes import AlertJson
from llm_service.core.budgets.words import alert_json

log = logging.getLogger(__name__)
T = TypeVar("T")

ALERTS_SHOWN = 50
MOST_DEFAULTS = 200
"""Agents whose defaults are looked at, the busiest first: a runaway script may name every call an agent of its own."""
_TOKENS = (
    "input_tokens + output_tokens + cache_read_tokens + cache_write_tokens"
    " + cache_write_5m_tokens + cache_write_1h_tokens"
)
_SUMS = (
    f"SELECT coalesce(sum(cost_nano), 0), coalesce(sum({_TOKENS}), 0),"
    " coalesce(sum(unpriced_invocations), 0), coalesce(sum(unpriced_tokens), 0), coalesce(sum(invocations), 0)"
    " FROM rollups"
)
_ALERTS = "SELECT id, at_ms, budget_id, kind, threshold, period_start_ms, body, acknowledged_ms FROM alerts"


class Writer(Protocol):
    """The recorder, as far as it is used for budgets: runs `work` in a transaction and returns what it returned."""

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T: ...


class Rules(NamedTuple):
    """What the settings say: budgets by name, and what every agent may use."""

    budgets: tuple[Budget, ...] = ()
    agent_defaults: tuple[Budget, ...] = ()


class Kept(NamedTuple):
    """What people made on the page or by command: budgets, and limits of single agents by the default's id."""

    budgets: tuple[Budget, ...]
    overrides: dict[str, int]


def kept(connection: sqlite3.Connection) -> Kept:
    """Read the table `budgets`. A row that cannot be read is said in the log and left out, nothing else is lost."""
    budgets: list[Budget] = []
    overrides: dict[str, int] = {}
    for budget_id, text in connection.execute("SELECT id, body FROM budgets ORDER BY changed_ms, id"):
        try:
            fields = json.loads(text)
            if "override" in fields:
                overrides[budget_id] = int(fields["override"])
            else:
                budgets.append(read_budget(fields, origin="page", budget_id=budget_id, in_request=True))
        except (ValueError, TypeError, BudgetRefused) as error:
            log.warning("the budget %s in the database cannot be read: %s", budget_id, error)
    return Kept(tuple(budgets), overrides)


def save(connection: sqlite3.Connection, budget: Budget, now_ms: int) -> None:
    """Keep a budget of the page, in place of the one with its id."""
    _put(connection, budget.id, as_fields(budget), now_ms)


def save_override(connection: sqlite3.Connection, budget_id: str, limit: int, now_ms: int) -> None:
    """Keep the limit that one agent has instead of the default."""
    _put(connection, budget_id, {"override": limit}, now_ms)


def remove(connection: sqlite3.Connection, budget_id: str) -> bool:
    """Forget a budget or an override; its alerts stay, as history. False where there was none."""
    return connection.execute("DELETE FROM budgets WHERE id = ?", (budget_id,)).rowcount > 0


def _put(connection: sqlite3.Connection, budget_id: str, fields: dict[str, Any], now_ms: int) -> None:
    connection.execute(
        "INSERT INTO budgets (id, body, changed_ms) VALUES (?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET body = excluded.body, changed_ms = excluded.changed_ms",
        (budget_id, json.dumps(fields), now_ms),
    )


def budgets_of(rules: Rules, held: Kept, agents: Iterable[str]) -> list[Budget]:
    """All budgets there are: of the settings, of the page, and the defaults of these agents."""
    explicit = [*rules.budgets, *held.budgets]
    return [*explicit, *defaults_for(agents, rules.agent_defaults, explicit, held.overrides)]


def budgets_to_check(
    connection: sqlite3.Connection, rules: Rules, agent: str | None, project: str | None, model: str | None
) -> list[Budget]:
    """The budgets that a call of this agent, project and model counts for; where none is named, all there are."""
    held = kept(connection)
    if agent is None and project is None and model is None:
        return budgets_of(rules, held, known_agents(connection))
    return [one for one in budgets_of(rules, held, [agent] if agent else []) if touches(one, agent, project, model)]


def known_agents(connection: sqlite3.Connection) -> list[str]:
    """Agents that ever used something, the busiest first."""
    rows = connection.execute(
        "SELECT value FROM rollups WHERE width = 'ever' AND dimension = 'agent' AND value <> ''"
        " ORDER BY invocations DESC, value LIMIT ?",
        (MOST_DEFAULTS,),
    )
    return [value for (value,) in rows]


def standing(connection: sqlite3.Connection, budget: Budget, calendar: Calendar, now_ms: int) -> Standing:
    """How a budget stands now, from sums that are kept as rows arrive: some 30 rows at most, however much was used."""
    window = window_of(budget.period, now_ms, calendar)
    hour_ms = calendar.hour_start_ms(now_ms)
    this_hour = _sum(connection, budget, "hour", [hour_ms])
    hour_before = _sum(connection, budget, "hour", [calendar.hour_start_ms(hour_ms - 1)])
    recent = recent_share(hour_before, this_hour, now_ms - hour_ms)
    since_ms = window.start_ms if window.end_ms is not None else now_ms - HORIZON_MS
    days = days_between(since_ms, now_ms if window.end_ms is None else window.end_ms, calendar)
    steady = _sum(connection, budget, "day", days)
    use = steady if window.end_ms is not None else _sum(connection, budget, "ever", [0])
    return Standing(budget, window, use, recent, steady, days[0], now_ms)


def _sum(connection: sqlite3.Connection, budget: Budget, width: str, starts_ms: Sequence[int]) -> Use:
    # Each start by name: the key of the table has the value last, so a range would read every agent's rows.
    places = ", ".join("?" * len(starts_ms))
    query = f"{_SUMS} WHERE width = ? AND dimension = ? AND value = ? AND start_ms IN ({places})"
    return Use(*connection.execute(query, (width, budget.scope, budget.value, *starts_ms)).fetchone())


def told(connection: sqlite3.Connection, budget_id: str, period_start_ms: int) -> list[Told]:
    """What was told of a budget in the period that began then, oldest first."""
    rows = connection.execute(
        "SELECT at_ms, kind, threshold, body FROM alerts WHERE budget_id = ? AND period_start_ms = ? ORDER BY id",
        (budget_id, period_start_ms),
    )
    found = []
    for at_ms, kind, threshold, text in rows:
        body = json.loads(text)
        found.append(Told(at_ms, kind, int(threshold), body["limit"], body["of"]))
    return found


def add_alert(
    connection: sqlite3.Connection, budget_id: str, period_start_ms: int, one: Told, body: dict[str, Any]
) -> AlertJson:
    """Keep an alert and return it as it is told."""
    cursor = connection.execute(
        "INSERT INTO alerts (at_ms, budget_id, kind, threshold, period_start_ms, body) VALUES (?, ?, ?, ?, ?, ?)",
        (one.at_ms, budget_id, one.kind, one.threshold, period_start_ms, json.dumps(body)),
    )
    assert cursor.lastrowid is not None
    return alert_json(cursor.lastrowid, one.at_ms, budget_id, one.kind, one.threshold, period_start_ms, body, None)


def alerts(connection: sqlite3.Connection, most: int = ALERTS_SHOWN) -> list[AlertJson]:
    """The newest alerts, newest first."""
    rows = connection.execute(
        f"{_ALERTS} WHERE kind <> 'limit' ORDER BY id DESC LIMIT ?",
        (most,),
    )
    return [_alert(row) for row in rows]


def _alert(row: Sequence[Any]) -> AlertJson:
    alert_id, at_ms, budget_id, kind, threshold, period_start_ms, text, acknowledged_ms = row
    body = json.loads(text)
    return alert_json(alert_id, at_ms, budget_id, kind, threshold, period_start_ms, body, acknowledged_ms)


def acknowledge(connection: sqlite3.Connection, alert_id: int, now_ms: int) -> AlertJson | None:
    """Note that somebody has seen an alert, and with it the earlier ones of its budget; None where there is none."""
    row = connection.execute("SELECT budget_id FROM alerts WHERE id = ? AND kind <> 'limit'", (alert_id,)).fetchone()
    if row is None:
        return None
    connection.execute(
        "UPDATE alerts SET acknowledged_ms = ? WHERE budget_id = ? AND id <= ? AND acknowledged_ms IS NULL",
        (now_ms, row[0], alert_id),
    )
    return _alert(connection.execute(f"{_ALERTS} WHERE id = ?", (alert_id,)).fetchone())


def nearest_first(standings: Sequence[Standing]) -> list[Standing]:
    """Those nearest to their limit first; of equals by name."""
    return sorted(standings, key=lambda each: (-each.percent, each.budget.name, each.budget.id))
