"""Quotes as JSON text and back, for the database and between a process and its child."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from llm_service.core.pricing.price import RATES, Period, Quote, Rate


def quote_text(quote: Quote) -> str:
    """The quote as one line of JSON, the same for equal quotes."""
    return json.dumps(
        {
            "provider": quote.provider,
            "model": quote.model,
            "rule": quote.rule,
            "periods": [_period_json(period) for period in quote.periods],
            "variants": [_period_json(period) for period in quote.variants],
        },
        separators=(",", ":"),
        sort_keys=True,
    )


def read_quote(text: str) -> Quote | None:
    """The quote that `quote_text` wrote; None for the JSON ``null``. Raises ValueError for anything else."""
    try:
        value = json.loads(text)
        if value is None:
            return None
        return Quote(
            provider=str(value["provider"]),
            model=str(value["model"]),
            rule=str(value["rule"]),
            periods=tuple(_period(item) for item in value["periods"]),
            variants=tuple(_period(item) for item in value["variants"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a price: {error}") from error


def _period_json(period: Period) -> dict[str, Any]:
    found: dict[str, Any] = {"rates": {name: _rate_json(rate) for name, rate in period.rates.items()}}
    if period.since is not None:
        found["since"] = period.since.isoformat()
    if period.from_ms is not None:
        found["clock"] = [period.from_ms, period.until_ms]
    if period.tier is not None:
        found["tier"] = period.tier
    return found


def _rate_json(rate: Rate) -> int | list[Any]:
    return [rate.base, *rate.tiers] if rate.tiers else rate.base


def _period(value: dict[str, Any]) -> Period:
    begin, end = value.get("clock", (None, None))
    return Period(
        rates={name: _rate(value["rates"][name]) for name in RATES if name in value["rates"]},
        since=date.fromisoformat(value["since"]) if "since" in value else None,
        from_ms=begin,
        until_ms=end,
        tier=value.get("tier"),
    )


def _rate(value: Any) -> Rate:
    if isinstance(value, int):
        return Rate(value)
    base, *tiers = value
    return Rate(int(base), tuple((int(start), int(price)) for start, price in tiers))
