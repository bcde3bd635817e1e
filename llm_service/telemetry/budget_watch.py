"""Watches the budgets: after every commit those that it touched, and all of them on a timer.

The sums are the database's own, so nothing is counted here, and what was told is read from the table of alerts: a
restart in between changes nothing. Commits only wake the thread, which looks at most four times a second.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from llm_service.background import Background
from llm_service.core.budgets.alerts import Told, judge
from llm_service.core.budgets.budget import Standing
from llm_service.core.budgets.shapes import AlertJson, BudgetAlert, BudgetChanged, BudgetJson
from llm_service.core.budgets.words import alert_body, budget_json
from llm_service.core.observations import Announced
from llm_service.telemetry import budget_store
from llm_service.telemetry.budget_store import Kept, Rules, Writer
from llm_service.telemetry.database import Database

log = logging.getLogger(__name__)

AT_MOST_EVERY_S = 0.25
TIMER_S = 15.0
"""How late a forecast, a new period or the end of a cooldown is noticed while nothing is recorded."""
TOLD_AT_ONCE = 200
"""Budgets in one `budget.changed`; of more those nearest to their limits."""
ALL = None
"""In place of what a commit touched: look at every budget."""

Touched = set[tuple[str, str]]


class BudgetWatch(Background):
    """One thread, "budgets". `publish` takes events, `tell` what the webhook is told; neither may block for long."""

    def __init__(
        self,
        database: Database,
        recorder: Writer,
        rules: Rules,
        *,
        publish: Callable[[Announced], None],
        tell: Callable[[Mapping[str, Any]], None],
        now_ms: Callable[[], int],
    ) -> None:
        super().__init__("budgets")
        self._database = database
        self._recorder = recorder
        self.rules = rules
        self._publish = publish
        self._tell = tell
        self._now_ms = now_ms
        self._tz = ZoneInfo(database.zone.name)
        self._told: dict[str, tuple[int, list[Told]]] = {}
        self._shown: dict[str, BudgetJson] = {}
        self._guard = threading.Lock()
        self._touched: Touched | None = ALL
        self._wake = threading.Event()

    def committed(self, committed: Any) -> None:
        """Note what a commit touched; on the recorder's thread, so it only writes down names."""
        if committed.counted > len(committed.rows):
            self.look_again()
            return
        names: Touched = set()
        for kept in committed.rows:
            row = kept.invocation
            names |= {("all", ""), ("model", row.model), ("agent", row.agent or ""), ("project", row.project or "")}
        with self._guard:
            if self._touched is not ALL:
                self._touched |= names
        self._wake.set()

    def look_again(self) -> None:
        """Look at every budget soon: one was changed, or nobody knows what was touched."""
        with self._guard:
            self._touched = ALL
        self._wake.set()

    def look(self, touched: Touched | None = ALL) -> None:
        """Judge the budgets that were touched, keep and tell what there is to tell. On the watch's thread only."""
        now_ms = self._now_ms()
        with self._database.reading() as connection:
            held = budget_store.kept(connection)
            standings = self._standings(connection, held, touched, now_ms)
            raised = [(each, one) for each in standings for one in judge(each, self._told_of(connection, each))]
        if raised:
            self._raise(raised)
        self._show(standings, everything=touched is ALL)

    def _wake_up(self) -> None:
        self._wake.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            with self._guard:
                touched, self._touched = self._touched, set()
            began_s = time.monotonic()
            try:
                self.look(touched)
            except Exception:
                self.failures += 1
                self._told.clear()  # what was kept last is not sure
                log.exception("budgets: a look at them failed, trying again")
            # Many budgets take long: at most a tenth of the time goes into looking.
            self._stopping.wait(max(AT_MOST_EVERY_S, 9 * (time.monotonic() - began_s)))
            if not self._wake.wait(TIMER_S):
                self.look_again()
            self._wake.clear()

    def _standings(
        self, connection: sqlite3.Connection, held: Kept, touched: Touched | None, now_ms: int
    ) -> list[Standing]:
        zone = self._database.zone
        agents: Iterable[str] = ()
        if self.rules.agent_defaults:
            named = (value for scope, value in touched or () if scope == "agent" and value)
            agents = budget_store.known_agents(connection) if touched is ALL else named
        budgets = budget_store.budgets_of(self.rules, held, agents)
        wanted = [one for one in budgets if touched is ALL or (one.scope, one.value) in touched]
        return [budget_store.standing(connection, budget, zone, now_ms) for budget in wanted]

    def _told_of(self, connection: sqlite3.Connection, standing: Standing) -> list[Told]:
        """What was told in this period; kept here after the first look, as nobody else writes alerts."""
        budget_id, start_ms = standing.budget.id, standing.window.start_ms
        known = self._told.get(budget_id)
        if known is None or known[0] != start_ms:
            known = start_ms, budget_store.told(connection, budget_id, start_ms)
            self._told[budget_id] = known
        return known[1]

    def _raise(self, raised: Sequence[tuple[Standing, Told]]) -> None:
        """Keep first, tell then: an alert that could not be kept is raised again at the next look, not told twice."""
        bodies = [alert_body(standing, one, self._tz) for standing, one in raised]

        def keep(connection: sqlite3.Connection) -> list[AlertJson]:
            return [
                budget_store.add_alert(connection, standing.budget.id, standing.window.start_ms, one, body)
                for (standing, one), body in zip(raised, bodies, strict=True)
            ]

        kept = self._recorder.write(keep)
        for (standing, one), alert in zip(raised, kept, strict=True):
            self._told[standing.budget.id][1].append(one)
            if one.kind != "limit":
                self._announce(standing, alert)

    def _announce(self, standing: Standing, alert: AlertJson) -> None:
        body: BudgetAlert = {"alert": alert}
        self._publish(Announced("costs", "budget.alert", body))
        entry = {"event": "budget.alert", "at": alert["at"], "title": alert["sentence"]}
        self._publish(Announced("activity", "activity.added", {"entry": entry}))
        budget = budget_json(standing, self._tz)
        self._tell({"event": "budget.alert", "text": alert["sentence"], "alert": alert, "budget": budget})

    def _show(self, standings: Sequence[Standing], *, everything: bool) -> None:
        """Publish how budgets stand where that changed since it was last told."""
        present = {each.budget.id: budget_json(each, self._tz) for each in budget_store.nearest_first(standings)}
        changed = [one for budget_id, one in present.items() if self._shown.get(budget_id) != one]
        removed = [budget_id for budget_id in self._shown if everything and budget_id not in present]
        self._shown = present if everything else {**self._shown, **present}
        if changed or removed:
            body: BudgetChanged = {"budgets": changed[:TOLD_AT_ONCE], "removed": removed, "acknowledged": []}
            self._publish(Announced("costs", "budget.changed", body))
