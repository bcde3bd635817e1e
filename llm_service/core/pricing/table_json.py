"""Quotes and repricing as JSON, and the line of llm-service.toml that gives a model a price."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from llm_service.core.model_names import is_local
from llm_service.core.money import usd
from llm_service.core.pricing.price import PER_THOUSAND, RATES, Period, Quote, Rate
from llm_service.core.pricing.shapes import PeriodJson, PriceJson, RateJson, RepricedModel

TO_FILL_IN = "DOLLARS"
"""Stands in a fix where the user writes a number; left as it is, the file is refused, which zero would not be."""


class Repricing(NamedTuple):
    """What pricing again does to one model's rows; sums in nano-dollars."""

    model: str
    provider: str | None
    invocations: int
    unpriced: int
    before_nano: int
    after_nano: int


def fix_for(model: str, provider: str | None = None) -> str:
    """A line for the top of llm-service.toml that gives this model a price."""
    name = json.dumps(model, ensure_ascii=False).replace(
        "\x7f", "\\u007f"
    )  # the one that TOML escapes and JSON does not
    if is_local(model, provider):
        return f"prices.{name} = {{ free = true }}"
    return f"prices.{name} = {{ input = {TO_FILL_IN}, output = {TO_FILL_IN} }}  # US dollars per million tokens"


def why_unpriced(model: str, source: str, provider: str | None = None) -> str:
    """The reason, for the user."""
    if is_local(model, provider):
        return "it looks like a model of your own machine, which has no published price"
    return f"{source} has no price per token for it"


def price_json(quote: Quote, source: str, source_date: str | None, now_ms: int) -> PriceJson:
    """A quote as it leaves the house."""
    return {
        "provider": quote.provider,
        "model": quote.model,
        "rule": quote.rule,
        "source": source,
        "source_date": source_date,
        "free": quote.free,
        "now": _rates_json(quote.rates_at(now_ms)),
        "periods": [_period_json(period) for period in quote.periods],
        "variants": [_period_json(period) for period in quote.variants if period.rates],
    }


def repriced_json(changes: Iterable[Repricing]) -> list[RepricedModel]:
    """Changes as they leave the house, the largest difference first."""
    ordered = sorted(changes, key=lambda change: (-abs(change.after_nano - change.before_nano), change.model))
    return [
        {
            "model": change.model,
            "provider": change.provider,
            "invocations": change.invocations,
            "unpriced": change.unpriced,
            "before_usd": usd(change.before_nano),
            "after_usd": usd(change.after_nano),
        }
        for change in ordered
    ]


def _period_json(period: Period) -> PeriodJson:
    return {
        "since": None if period.since is None else period.since.isoformat(),
        "from_utc": _clock(period.from_ms),
        "until_utc": _clock(period.until_ms),
        "tier": period.tier,
        "rates": _rates_json(period.rates),
    }


def _rates_json(rates: Mapping[str, Rate]) -> list[RateJson]:
    return [
        {
            "name": name,
            "usd": usd(rates[name].base),
            "per": 1_000 if name in PER_THOUSAND else 1_000_000,
            "tiers": [{"above_tokens": start, "usd": usd(nano)} for start, nano in rates[name].tiers],
        }
        for name in RATES
        if name in rates
    ]


def _clock(ms: int | None) -> str | None:
    if ms is None:
        return None
    minutes, seconds = divmod(ms // 1000, 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{seconds:02d}" if seconds else text
