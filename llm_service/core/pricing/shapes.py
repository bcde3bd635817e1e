"""The JSON of prices. Dollars are US dollars; a rate is per million tokens, or per thousand where its `per` says so."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict


class RateTier(TypedDict):
    """What is paid for every token once all input with its cache is above a threshold."""

    above_tokens: int
    usd: float


class RateJson(TypedDict):
    """One rate: `name` is input, output, cache_read, cache_write, cache_write_5m, cache_write_1h, reasoning,
    web_search or request; `per` how many of them it is for.
    """

    name: str
    usd: float
    per: int
    tiers: list[RateTier]


class PeriodJson(TypedDict):
    """Rates, and when they hold: from a day on, or between two times of every day (all UTC); null: always.

    `tier` names the way of being served that a variant is for.
    """

    since: str | None
    from_utc: str | None
    until_utc: str | None
    tier: str | None
    rates: list[RateJson]


class PriceJson(TypedDict):
    """What a model costs. `model` and `provider` are the source's names, `rule` says how they were found.

    Of `periods` the last that holds counts; `variants` replace single rates of it. `now` is what holds at this moment.
    """

    provider: str
    model: str
    rule: str
    source: str
    source_date: str | None
    free: bool
    now: list[RateJson]
    periods: list[PeriodJson]
    variants: list[PeriodJson]


class ModelPrices(TypedDict):
    """One model as recorded, with what it is billed at, the closest first; without `prices` it is unpriced.

    `why` says why there is none, `fix` is a line for llm-service.toml; both null where there is a price.
    """

    model: str
    provider: str | None
    prices: list[PriceJson]
    why: str | None
    fix: str | None


class UnpricedModel(TypedDict):
    """A model with rows that count in no sum of dollars; `fix` is a line to put at the top of llm-service.toml.

    Where `fix` is null the model has a price by now, and pricing again gives it to these rows.
    """

    model: str
    invocations: int
    tokens: int
    why: str
    fix: str | None


class PricesPage(TypedDict):
    """Where prices come from, which are in use, and which models have none. `asked` is the model asked for."""

    source: str
    source_date: str | None
    problem: str | None
    asked: ModelPrices | None
    in_use: list[ModelPrices]
    unpriced: list[UnpricedModel]


class RepriceBody(TypedDict):
    """`apply` false, or left out, only says what would change; `model` limits it to one model."""

    apply: NotRequired[bool]
    model: NotRequired[str]


class RepricedModel(TypedDict):
    """Rows of one model whose cost changes: how many, how many of them had none, and their sums before and after.

    Rows that count in no sum, because a better source told of the same session, are among `invocations` only.
    """

    model: str
    provider: str | None
    invocations: int
    unpriced: int
    before_usd: float
    after_usd: float


class Repriced(TypedDict):
    """What pricing again changes, or, with `applied`, has changed."""

    applied: bool
    models: list[RepricedModel]
    invocations: int
    before_usd: float
    after_usd: float
