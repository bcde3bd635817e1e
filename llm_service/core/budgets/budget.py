"""What a budget is and how much of it is used: the sum of a period against the cap of that very period.

Never against another's: the caps of one of the systems watched here compare a week's sum with the day's cap
(PROTOCOLS 5.4), so that everything is over by Tuesday.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, Protocol

Scope = Literal["all", "project", "agent", "model"]
Period = Literal["day", "week", "month", "total"]
Unit = Literal["usd", "tokens"]
Origin = Literal["settings", "page", "default"]
State = Literal["ok", "warn", "over"]

SCOPES: tuple[Scope, ...] = ("all", "project", "agent", "model")
PERIODS: tuple[Period, ...] = ("day", "week", "month", "total")
THRESHOLDS = (50, 80, 95, 100)
WARN_PERCENT = 80
FULL_PERCENT = 100
COOLDOWN_MS = 10 * 60_000
NANO = 1_000_000_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class Budget(NamedTuple):
    """A cap on what a scope may use in a period. `limit` is nano-dollars or tokens, as `unit` says.

    `value` names the project, agent or model; "" for all, and for an agent default before it is given to one.
    `thresholds` are whole percents, rising; 100 is always among them. `overridden` is an agent default whose limit
    somebody changed for this one agent. Made by core/budgets/settings.py, which checks it.
    """

    id: str
    name: str
    scope: Scope
    value: str
    period: Period
    unit: Unit
    limit: int
    thresholds: tuple[int, ...] = THRESHOLDS
    cooldown_ms: int = COOLDOWN_MS
    origin: Origin = "page"
    overridden: bool = False

    @property
    def of(self) -> str:
        """What is measured: alerts of a budget that measured something else before do not count for this one."""
        return f"{self.unit}/{self.period}/{self.scope}/{self.value}"


class Use(NamedTuple):
    """What was used in some span. Unpriced invocations are in no sum of dollars; their tokens are in `tokens`."""

    nano: int = 0
    tokens: int = 0
    unpriced_invocations: int = 0
    unpriced_tokens: int = 0
    calls: int = 0

    def of(self, unit: Unit) -> int:
        """The figure that a budget of this unit goes by."""
        return self.nano if unit == "usd" else self.tokens


class Window(NamedTuple):
    """A period as it lies in time, UTC milliseconds; `end_ms` is None for all time."""

    start_ms: int
    end_ms: int | None


class Calendar(Protocol):
    """Where hours, days, weeks (from Monday) and months begin in the setting `timezone`; all in UTC milliseconds."""

    def hour_start_ms(self, at_ms: int) -> int: ...
    def day_start_ms(self, at_ms: int) -> int: ...
    def next_day_ms(self, at_ms: int) -> int: ...
    def week_start_ms(self, at_ms: int) -> int: ...
    def next_week_ms(self, at_ms: int) -> int: ...
    def month_start_ms(self, at_ms: int) -> int: ...
    def next_month_ms(self, at_ms: int) -> int: ...


class Standing(NamedTuple):
    """A budget at one moment. `recent` is the use of the last hour, `steady` the use since `steady_since_ms`: since
    the period's start, or for a budget without an end of the last days. The two make the forecast."""

    budget: Budget
    window: Window
    use: Use
    recent: Use
    steady: Use
    steady_since_ms: int
    now_ms: int

    @property
    def used(self) -> int:
        """Nano-dollars or tokens, as the budget's unit says."""
        return self.use.of(self.budget.unit)

    @property
    def percent(self) -> float:
        """Percent of the limit, to one decimal and never rounded up: 100 is only said when it is reached."""
        return self.used * 1000 // self.budget.limit / 10

    @property
    def state(self) -> State:
        if self.reached(FULL_PERCENT):
            return "over"
        return "warn" if self.reached(WARN_PERCENT) else "ok"

    def reached(self, percent: int) -> bool:
        """Whether that many percent of the limit are used."""
        return self.used * 100 >= percent * self.budget.limit


def window_of(period: Period, now_ms: int, calendar: Calendar) -> Window:
    """The period that holds this moment, in the time zone of the settings."""
    if period == "day":
        return Window(calendar.day_start_ms(now_ms), calendar.next_day_ms(now_ms))
    if period == "week":
        return Window(calendar.week_start_ms(now_ms), calendar.next_week_ms(now_ms))
    if period == "month":
        return Window(calendar.month_start_ms(now_ms), calendar.next_month_ms(now_ms))
    return Window(0, None)


def days_between(start_ms: int, end_ms: int, calendar: Calendar) -> list[int]:
    """The first instants of the days from the one that holds `start_ms` up to `end_ms`, which is not included."""
    days = [calendar.day_start_ms(start_ms)]
    while (later_ms := calendar.next_day_ms(days[-1])) < end_ms:
        days.append(later_ms)
    return days


def recent_share(hour_before: Use, this_hour: Use, into_hour_ms: int) -> Use:
    """The last 60 minutes from sums of whole hours: this hour, and of the hour before the part still in reach.

    That hour is taken as evenly spread, because only its sum is kept at hand.
    """
    left = max(0, HOUR_MS - into_hour_ms)
    return Use(*(now + before * left // HOUR_MS for now, before in zip(this_hour, hour_before, strict=True)))


def own_name(scope: str, value: str, period: str, unit: str) -> str:
    """What a budget is called that nobody gave a name."""
    whose = "All" if scope == "all" else value
    name = f"{whose} in total" if period == "total" else f"{whose} per {period}"
    return name if unit == "usd" else f"{name}, tokens"


def settings_id(name: str) -> str:
    """The id of a budget of the settings, which are told apart by their names."""
    return f"settings-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def default_id(default: Budget, agent: str) -> str:
    """The id of an agent default for one agent; it holds the agent's name, so nobody has to look it up."""
    name = base64.urlsafe_b64encode(agent.encode()).decode().rstrip("=")
    return f"default-{default.period}-{default.unit}-{name}"


def agent_of_default(budget_id: str) -> str | None:
    """The agent in an id that `default_id` made; None for any other id."""
    parts = budget_id.split("-", 3)
    if len(parts) != 4 or parts[0] != "default":
        return None
    try:
        return base64.urlsafe_b64decode(parts[3] + "=" * (-len(parts[3]) % 4)).decode()
    except (binascii.Error, ValueError):
        return None


def for_agent(default: Budget, agent: str, limit: int | None = None) -> Budget:
    """An agent default as it holds for `agent`, with a `limit` of its own where somebody set one."""
    return default._replace(
        id=default_id(default, agent),
        name=own_name("agent", agent, default.period, default.unit),
        value=agent,
        limit=default.limit if limit is None else limit,
        overridden=limit is not None,
    )


def defaults_for(
    agents: Iterable[str], defaults: Sequence[Budget], explicit: Sequence[Budget], overrides: dict[str, int]
) -> list[Budget]:
    """The agent defaults of these agents; a budget that somebody wrote for the same thing takes a default's place."""
    taken = {budget.of for budget in explicit}
    found = (for_agent(one, agent, overrides.get(default_id(one, agent))) for agent in agents for one in defaults)
    return [budget for budget in found if budget.of not in taken]


def touches(budget: Budget, agent: str | None, project: str | None, model: str | None) -> bool:
    """Whether a call of this agent, project and model counts for the budget; None stands for none of them."""
    wanted = {"agent": agent, "project": project, "model": model}
    return budget.scope == "all" or wanted[budget.scope] == budget.value
