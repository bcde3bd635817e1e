"""The JSON of what things cost. Dollars are US dollars, null where unknown; token counts are whole numbers."""

from __future__ import annotations

from typing_extensions import TypedDict


class CostTotals(TypedDict):
    """US dollars of the day, the month and all time, in the time zone of the settings; null: nothing is kept."""

    today: float | None
    month: float | None
    total: float | None


class TokenTotals(TypedDict):
    """Tokens of the day, the month and all time: input, output and cache together; null: nothing is kept."""

    today: int | None
    month: int | None
    total: int | None


class Unpriced(TypedDict):
    """Invocations whose model has no known price, and their tokens: in no sum of dollars; null: nothing is kept."""

    invocations: int | None
    tokens: int | None


class CostStats(TypedDict):
    """The part of `GET /api/stats` that telemetry gives."""

    costs: CostTotals
    unpriced: Unpriced


class ModelCost(TypedDict):
    """What one model did this month."""

    model_name: str
    invocations: int
    total_tokens: int
    total_cost_usd: float
    unpriced: int


class DayCost(TypedDict):
    """One day of the last thirty, in the time zone of the settings."""

    date: str
    cost_usd: float


class ActiveOperation(TypedDict):
    """One invocation of the last five minutes; `cost_usd` is null where it is unpriced."""

    invocation_id: str
    timestamp: str
    agent_name: str | None
    tool_name: str
    model_name: str
    total_tokens: int
    cost_usd: float | None
    latency_ms: int | None
    status: str


class Burn(TypedDict):
    """How fast money and tokens went in the last `minutes`: 60, or fewer while less is known; null: nothing is."""

    usd_per_hour: float | None
    tokens_per_minute: float | None
    minutes: int | None


class Projection(TypedDict):
    """What the day and the month will have cost at the present rate; null while there is too little to say."""

    day_usd: float | None
    month_usd: float | None


class CostUpdate(TypedDict):
    """`cost.update` and `costs.snapshot`: everything the ticker and the head of the page show.

    `condition` are sentences for the user: why figures are null, or what could not be kept.
    """

    costs: CostTotals
    tokens: TokenTotals
    unpriced: Unpriced
    models: list[ModelCost]
    trends: list[DayCost]
    active_operations: list[ActiveOperation]
    burn: Burn
    projection: Projection
    timezone: str
    condition: list[str]
    timestamp: str


class TelemetryUpdate(TypedDict):
    """`telemetry.update`: one invocation, as it was kept."""

    invocation: ActiveOperation
    timestamp: str
