"""The JSON of budgets and their alerts, in US dollars; of the two limits one is null, as is what is unknown."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict


class BudgetForecast(TypedDict):
    """When the limit is reached at the present rate, where that lies inside the period; null and "" otherwise."""

    at: str | None
    sentence: str


class BudgetUnpriced(TypedDict):
    """Invocations of the period without a known price: a budget in dollars cannot see them."""

    invocations: int
    tokens: int


class BudgetJson(TypedDict):
    """A budget and how it stands in its present period; `period_end` is null for all time.

    `percent` is of this period's use against this period's limit. `state` is warn from 80 %, over from 100 %.
    """

    id: str
    name: str
    scope: Literal["all", "project", "agent", "model"]
    value: str
    period: Literal["day", "week", "month", "total"]
    limit_usd: float | None
    limit_tokens: int | None
    thresholds: list[int]
    cooldown_min: int
    origin: Literal["settings", "page", "default"]
    overridden: bool
    state: Literal["ok", "warn", "over"]
    used_usd: float
    used_tokens: int
    percent: float
    forecast: BudgetForecast
    unpriced: BudgetUnpriced
    period_start: str | None
    period_end: str | None
    sentence: str


class AlertJson(TypedDict):
    """An alert as it was raised; `acknowledged` is when somebody said so. A forecast alert that passed is "cleared"."""

    id: int
    at: str
    budget_id: str
    name: str
    kind: Literal["threshold", "forecast", "over", "cleared"]
    threshold: int
    percent: float
    used_usd: float
    used_tokens: int
    limit_usd: float | None
    limit_tokens: int | None
    period_start: str | None
    sentence: str
    acknowledged: str | None


class AgentDefault(TypedDict):
    """What every agent may use, unless it has a budget or a limit of its own."""

    period: Literal["day", "week", "month", "total"]
    limit_usd: float | None
    limit_tokens: int | None


class WebhookState(TypedDict):
    """How telling the webhook goes; its address is a secret and stands nowhere."""

    configured: bool
    delivered: int
    failed: int
    problem: str


class BudgetList(TypedDict):
    """All budgets, those nearest to their limit first (at most 200), and the newest 50 alerts."""

    budgets: list[BudgetJson]
    more: int
    alerts: list[AlertJson]
    agent_defaults: list[AgentDefault]
    webhook: WebhookState
    timezone: str
    timestamp: str


class BudgetBody(TypedDict):
    """What makes or changes a budget: exactly one limit. To an agent default only a limit can be given, and null
    takes it back; whatever else is left out stays as it is."""

    name: NotRequired[str]
    scope: NotRequired[Literal["all", "project", "agent", "model"]]
    value: NotRequired[str]
    period: NotRequired[Literal["day", "week", "month", "total"]]
    limit_usd: NotRequired[float | None]
    limit_tokens: NotRequired[int | None]
    thresholds: NotRequired[list[int]]
    cooldown_min: NotRequired[int]


class BudgetRemoved(TypedDict):
    """`removed`, or for an agent default `cleared`: it counts again as the settings say."""

    id: str
    outcome: Literal["removed", "cleared"]


class BudgetCheck(TypedDict):
    """The budgets that a call would count for, and the worst of their states."""

    state: Literal["ok", "warn", "over"]
    budgets: list[BudgetJson]
    timestamp: str


class BudgetAlert(TypedDict):
    """`budget.alert`: one alert, as it was kept."""

    alert: AlertJson


class BudgetChanged(TypedDict):
    """`budget.changed`: the budgets that stand differently now, those that are gone, and alerts acknowledged."""

    budgets: list[BudgetJson]
    removed: list[str]
    acknowledged: list[int]
