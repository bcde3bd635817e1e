"""Quotes from the price list of genai-prices. Importing this costs about 24 MB, so only `price_child` does."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

from llm_service.core.model_names import lookups
from llm_service.core.pricing.price import Period, Quote, Rate

UNITS = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
    "cache_write_5m_mtok": "cache_write_5m",
    "cache_write_1h_mtok": "cache_write_1h",
    "output_reasoning_mtok": "reasoning",
    "web_searches_kcount": "web_search",
    "requests_kcount": "request",
}
"""Their price keys and our rates. What is not here (sound, pictures, pages) never comes in an invocation."""

TIER_KEYS = ("processing", "service_tier", "speed")
"""What a variant may depend on and an invocation's `tier` says: "batch"; "flex", "priority"; "fast"."""


def find(model: str, provider: str | None) -> Quote | None:
    """The quote of a model, or None where the list has none or has no price per token for it."""
    for lookup in lookups(model, provider):
        try:
            seller, info = get_snapshot().find_provider_model(lookup.model, None, lookup.provider, None)
        except LookupError:
            continue
        if lookup.model.endswith(":free") and not info.id.endswith(":free"):
            continue  # found by how its name begins: that is the paid one
        return make_quote(seller, info, lookup.rule)
    return None


def make_quote(seller: Provider, info: ModelInfo, rule: str = "") -> Quote | None:
    """A model of their list as a quote; None where it has no price per token."""
    if isinstance(info.prices, ModelPrice):
        periods = [Period(_rates(info.prices))]
    else:
        periods = [_period(conditional) for conditional in info.prices]
    if not any("input" in period.rates or "output" in period.rates for period in periods):
        if not info.id.endswith(":free"):
            return None
        periods = [Period({"input": Rate(0), "output": Rate(0)})]
    variants: list[Period] = []
    # A seller that passes another's model on does not pass on how that one bills batches; so does genai-prices.
    if any(info is own for own in seller.models):
        for variant in info.price_variants or ():
            tier = _tier(variant.when)
            if tier is not None:
                variants.append(_held(_rates(variant.prices), variant.constraint, tier))
    return Quote(seller.id, info.id, rule, tuple(periods), tuple(variants))


def newest_change(today: date) -> date:
    """The newest day, up to `today`, on which some price of the list changed: how new the list is."""
    days = {date(2020, 1, 1)}
    for seller in get_snapshot().providers:
        for info in seller.models:
            if isinstance(info.prices, list):
                days |= {c.constraint.start_date for c in info.prices if isinstance(c.constraint, StartDateConstraint)}
    return max(day for day in days if day <= today)


def _period(conditional: ConditionalPrice) -> Period:
    return _held(_rates(conditional.prices), conditional.constraint, None)


def _held(rates: dict[str, Rate], constraint: Any, tier: str | None) -> Period:
    if isinstance(constraint, StartDateConstraint):
        return Period(rates, since=constraint.start_date, tier=tier)
    if isinstance(constraint, TimeOfDateConstraint):
        return Period(rates, from_ms=_clock(constraint.start_time), until_ms=_clock(constraint.end_time), tier=tier)
    return Period(rates, tier=tier)


def _rates(prices: ModelPrice) -> dict[str, Rate]:
    found = {}
    for key, price in prices.__dict__.items():
        if price is not None and key in UNITS:
            found[UNITS[key]] = _rate(price)
    return found


def _rate(price: Decimal | TieredPrices) -> Rate:
    if isinstance(price, TieredPrices):
        return Rate(_nano(price.base), tuple((tier.start, _nano(tier.price)) for tier in price.tiers))
    return Rate(_nano(price))


def _nano(usd: Decimal) -> int:
    return int((usd * 1_000_000_000).to_integral_value(ROUND_HALF_EVEN))


def _tier(when: dict[str, str]) -> str | None:
    """The tier that a variant is for; None where it depends on what an invocation does not say."""
    if len(when) != 1:
        return None
    ((key, value),) = when.items()
    return value.lower() if key in TIER_KEYS else None


def _clock(at: time) -> int:
    offset = at.utcoffset() or timedelta()
    midnight = datetime(2000, 1, 2)  # noqa: DTZ001 - a clock time is counted, no moment is meant
    moment = datetime.combine(midnight, at.replace(tzinfo=None)) - offset
    return int((moment - midnight).total_seconds() * 1000) % 86_400_000
