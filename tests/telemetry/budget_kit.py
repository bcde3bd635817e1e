"""A ledger that sums by scanning, to compare the database and the fold against, and scripts of a week's spending."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from llm_service.core.budgets.alerts import Told, judge
from llm_service.core.budgets.budget import NANO, Budget, Standing, Use, recent_share, window_of
from llm_service.core.budgets.forecast import HORIZON_MS
from llm_service.core.invocations.usage import Invocation
from llm_service.core.zones import Zone

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
BERLIN = Zone("Europe/Berlin")


def at(text: str, zone: str = "Europe/Berlin") -> int:
    """ "2026-03-23 09:00" in a zone as milliseconds since 1970."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def local(ms: int, zone: str = "Europe/Berlin") -> str:
    """The other way round."""
    return f"{datetime.fromtimestamp(ms / 1000, ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def dollars(limit: float, period: str = "day", **more: object) -> Budget:
    """A budget over all, with no cooldown unless told."""
    return Budget("b", "Day", "all", "", period, "usd", round(limit * NANO), **{"cooldown_ms": 0, **more})


class Spent(NamedTuple):
    """One call that cost something."""

    at_ms: int
    nano: int
    agent: str = "anna"


class Ledger:
    """Every call, in order; sums are taken by looking at each of them."""

    def __init__(self, zone: Zone = BERLIN) -> None:
        self.zone = zone
        self.calls: list[Spent] = []

    def add(self, spent: Spent) -> None:
        self.calls.append(spent)
        self.calls.sort(key=lambda call: call.at_ms)

    def use(self, budget: Budget, start_ms: int, end_ms: int) -> Use:
        first, last = (bisect_left(self.calls, ms, key=lambda call: call.at_ms) for ms in (start_ms, end_ms))
        calls = [call for call in self.calls[first:last] if budget.scope == "all" or call.agent == budget.value]
        return Use(sum(call.nano for call in calls), len(calls), calls=len(calls))

    def standing(self, budget: Budget, now_ms: int) -> Standing:
        window = window_of(budget.period, now_ms, self.zone)
        since_ms = window.start_ms if window.end_ms else self.zone.day_start_ms(now_ms - HORIZON_MS)
        hour_ms = self.zone.hour_start_ms(now_ms)
        before = self.use(budget, self.zone.hour_start_ms(hour_ms - 1), hour_ms)
        recent = recent_share(before, self.use(budget, hour_ms, now_ms + 1), now_ms - hour_ms)
        end_ms = window.end_ms or now_ms + 1
        use, steady = (self.use(budget, start, end_ms) for start in (window.start_ms, since_ms))
        return Standing(budget, window, use, recent, steady, since_ms, now_ms)


class Watched:
    """The fold with its memory, as the database would keep it: what was told, by period."""

    def __init__(self, ledger: Ledger, budget: Budget) -> None:
        self.ledger = ledger
        self.budget = budget
        self.told: dict[int, list[Told]] = {}
        self.raised: list[Told] = []

    def look(self, now_ms: int) -> list[Told]:
        standing = self.ledger.standing(self.budget, now_ms)
        known = self.told.setdefault(standing.window.start_ms, [])
        found = judge(standing, known)
        known.extend(found)
        self.raised.extend(found)
        return found

    def run(self, calls: Iterable[Spent], until_ms: int, *, every_ms: int = 5 * MINUTE_MS) -> None:
        """Live through the calls, looking after each and on a timer."""
        calls = sorted(calls)
        now_ms = calls[0].at_ms if calls else until_ms
        for call in calls:
            while now_ms < call.at_ms:
                self.look(now_ms)
                now_ms += every_ms
            self.ledger.add(call)
            self.look(call.at_ms)
        while now_ms <= until_ms:
            self.look(now_ms)
            now_ms += every_ms

    def words(self) -> list[str]:
        """ "2026-03-23 09:00 threshold 50", for each alert."""
        return words(self.raised)


def words(told: Iterable[Told]) -> list[str]:
    return [f"{local(one.at_ms)} {one.kind} {one.threshold}" for one in told if one.kind != "limit"]


def steady(start: str, end: str, usd_per_hour: float, *, every_min: int = 5, agent: str = "anna") -> list[Spent]:
    """The same sum every few minutes; the first call comes after the first pause."""
    start_ms, end_ms = at(start), at(end)
    step = every_min * MINUTE_MS
    nano = round(usd_per_hour * NANO * every_min / 60)
    return [Spent(ms, nano, agent) for ms in range(start_ms + step, end_ms + 1, step)]


def invocation(spent: Spent, number: int) -> Invocation:
    """A call as a source would report it, with its cost."""
    return Invocation(f"i{number}", spent.at_ms, "some-model", "script", agent=spent.agent, project="p",
                      input_tokens=1, reported_nano=spent.nano)  # fmt: skip


class NoPrices:
    """Prices of nothing: what a row costs it says itself."""

    def prepare(self, rows: object) -> None: ...
    def quote_for(self, row: object) -> None: ...
    def save(self, connection: object, now_ms: int) -> None: ...
    def saved(self) -> None: ...
