"""A week of spending with a clock that the test sets, through the real recorder and database, with restarts in between.

What the database raised is compared with the fold over a ledger that sums by looking at every call, and the thresholds
besides with plain arithmetic that knows nothing of either.
"""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pytest

from llm_service.core.budgets.budget import NANO, Budget, for_agent
from llm_service.core.observations import Announced
from llm_service.telemetry import budget_store
from llm_service.telemetry.budget_store import Rules
from llm_service.telemetry.budget_watch import BudgetWatch
from llm_service.telemetry.database import Database
from llm_service.telemetry.recorder import Recorder
from tests.telemetry.budget_kit import (
    BERLIN,
    HOUR_MS,
    MINUTE_MS,
    Ledger,
    NoPrices,
    Spent,
    Watched,
    at,
    invocation,
    local,
)

TICK_MS = 20 * MINUTE_MS
DAY = Budget("settings-day", "Day", "all", "", "day", "usd", 10 * NANO, cooldown_ms=0, origin="settings")
WEEK = Budget("settings-week", "Anna", "agent", "anna", "week", "tokens", 150, cooldown_ms=0, origin="settings")
MONTH = Budget("settings-month", "Month", "all", "", "month", "usd", 70 * NANO, origin="settings")
EVER = Budget("settings-ever", "Ever", "all", "", "total", "usd", 60 * NANO, origin="settings")
EACH = Budget("", "", "agent", "", "day", "usd", 4 * NANO, cooldown_ms=0, origin="default")
RULES = Rules((DAY, WEEK, MONTH, EVER), (EACH,))
AGENTS = ("anna", "bert")
BUDGETS = (*RULES.budgets, *(for_agent(EACH, agent) for agent in AGENTS))


class Arrival(NamedTuple):
    """A call and when it was told: late ones come hours or days after they happened."""

    arrives_ms: int
    spent: Spent


class House:
    """Database, recorder and watch over one state directory, with the test's clock; `restart` makes all of it anew."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self.now_ms = 0
        self.told: list[Announced] = []
        self.sent: list[dict] = []
        self.open()

    def open(self) -> None:
        self.database = Database.open(self.state_dir, zone=BERLIN.name, now_ms=lambda: self.now_ms)
        self.recorder = Recorder(self.database, NoPrices(), now_ms=lambda: self.now_ms)
        self.recorder.start()
        self.watch = BudgetWatch(
            self.database, self.recorder, RULES,
            publish=self.told.append, tell=self.sent.append, now_ms=lambda: self.now_ms,
        )  # fmt: skip

    def restart(self) -> None:
        self.recorder.stop()
        self.open()

    def alerts(self) -> list[tuple[str, str, str]]:
        with self.database.reading() as connection:
            found = budget_store.alerts(connection, 10_000)
        return [(one["budget_id"], f"{one['kind']} {one['threshold']}", one["at"]) for one in reversed(found)]


def a_week(monday: str, seed: int) -> list[Arrival]:
    """Two agents at work in bursts for seven days; some calls are told late, some days hold a jump."""
    chance = random.Random(seed)
    start_ms = at(f"{monday} 00:00")
    found = []
    for day in range(7):
        for _ in range(chance.randint(1, 3)):
            begins_ms = start_ms + day * 24 * HOUR_MS + chance.randint(6 * 60, 20 * 60) * MINUTE_MS
            agent, cents = chance.choice(AGENTS), chance.choice([10, 20, 40])
            for step in range(chance.randint(3, 25)):
                moment = begins_ms + step * chance.choice([2, 5, 7]) * MINUTE_MS
                found.append(Arrival(moment, Spent(moment, cents * NANO // 100, agent)))
        jump_ms = start_ms + day * 24 * HOUR_MS + 21 * HOUR_MS
        if day in (2, 5):
            found.append(Arrival(jump_ms, Spent(jump_ms, 9 * NANO, "bert")))
        late_ms = jump_ms - chance.randint(1, 40) * HOUR_MS
        if late_ms > start_ms:
            found.append(Arrival(jump_ms + MINUTE_MS, Spent(late_ms, NANO // 2, "anna")))
    return sorted(found)


def moments(week: list[Arrival], start_ms: int) -> list[int]:
    """When is looked: at each arrival and on a timer."""
    ticks = range(start_ms, start_ms + 7 * 24 * HOUR_MS + HOUR_MS, TICK_MS)
    return sorted({*ticks, *(arrival.arrives_ms for arrival in week)})


def by_the_fold(week: list[Arrival], looks: list[int]) -> list[tuple[str, str, str]]:
    ledger, found = Ledger(), []
    folds = [Watched(ledger, budget) for budget in BUDGETS]
    waiting = list(week)
    for now_ms in looks:
        while waiting and waiting[0].arrives_ms <= now_ms:
            ledger.add(waiting.pop(0).spent)
        for fold in folds:
            raised = [one for one in fold.look(now_ms) if one.kind != "limit"]
            found += [(fold.budget.id, f"{one.kind} {one.threshold}", local(one.at_ms)) for one in raised]
    return found


def by_arithmetic(week: list[Arrival]) -> set[tuple[str, str]]:
    """When the day's sum over all first reached 50, 80, 95 and 100 % of $10; of several at once the highest."""
    sums: dict[str, int] = defaultdict(int)
    rung: dict[str, int] = defaultdict(int)
    found = set()
    for arrives_ms, together in groupby(week, key=lambda arrival: arrival.arrives_ms):
        for _, spent in together:
            sums[local(spent.at_ms)[:10]] += spent.nano
        day = local(arrives_ms)[:10]
        reached = max([percent for percent in (50, 80, 95, 100) if sums[day] * 100 >= percent * 10 * NANO], default=0)
        if reached > rung[day]:
            rung[day] = reached
            found.add((local(arrives_ms), f"{'over' if reached == 100 else 'threshold'} {reached}"))
    return found


@pytest.mark.parametrize(
    ("monday", "seed"),
    [("2026-06-15", 1), ("2026-03-23", 2), ("2026-10-19", 3)],
    ids=["summer", "clocks go forward", "clocks go back"],
)
def test_no_alert_is_early_late_missing_or_doubled_with_restarts_in_between(
    tmp_path: Path, monday: str, seed: int
) -> None:
    week = a_week(monday, seed)
    looks = moments(week, at(f"{monday} 00:00"))
    house = House(tmp_path / "state")
    waiting, number = list(week), 0
    for count, now_ms in enumerate(looks):
        house.now_ms = now_ms
        rows = []
        while waiting and waiting[0].arrives_ms <= now_ms:
            number += 1
            rows.append(invocation(waiting.pop(0).spent, number))
        if rows:
            house.recorder.record(rows)
            house.recorder.record(rows)  # told twice: counted once
        house.watch.look()
        if count % 97 == 0:
            house.restart()
    raised = house.alerts()
    house.recorder.stop()
    expected = by_the_fold(week, looks)
    got = [(budget, what, local(round(_ms(when)))) for budget, what, when in raised]
    assert sorted(got) == sorted(expected)
    levels = {(when, what) for budget, what, when in got if budget == DAY.id and not what.startswith(("for", "cle"))}
    assert levels == by_arithmetic(week)
    assert {what.split()[0] for _, what, _ in got} == {"threshold", "forecast", "over", "cleared"}
    assert len(house.sent) == len(got)
    assert len([one for one in house.told if one.event == "activity.added"]) == len(got)


def _ms(iso: str) -> float:
    return at(iso.removesuffix("Z"), "UTC")
