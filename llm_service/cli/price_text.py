"""Prices as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from llm_service.cli.printing import counted
from llm_service.core.pricing.shapes import (
    ModelPrices,
    PeriodJson,
    PriceJson,
    PricesPage,
    RateJson,
    Repriced,
    RepricedModel,
)

_HEADINGS = ("MODEL", "PROVIDER", "INPUT", "OUTPUT", "CACHE READ", "CACHE WRITE", "SOURCE")
_SHOWN = ("input", "output", "cache_read", "cache_write")


def asked_lines(page: PricesPage, asked: ModelPrices) -> Iterator[str]:
    """Everything about one model's price."""
    name = asked["model"] + (f" of {asked['provider']}" if asked["provider"] else "")
    if not asked["prices"]:
        yield f"{name} is unpriced: {asked['why']}."
        yield "To give it a price, put this line at the top of llm-service.toml:"
        yield f"  {asked['fix']}"
        return
    for number, price in enumerate(asked["prices"]):
        yield f"{name}{' before that' if number else ''}:{' free' if price['free'] else ''}"
        yield from _price_lines(price, page)


def page_lines(page: PricesPage) -> Iterator[str]:
    """The prices in use, and what has none."""
    yield f"Prices of {_source(page['source'], page['source_date'])}; dollars per million tokens, now."
    if page["problem"]:
        yield f"New models cannot be looked up: {page['problem']}."
    rows = [_in_use(model) for model in page["in_use"]]
    if rows:
        yield ""
        yield from _table([_HEADINGS, *rows])
    else:
        yield "No recorded model has a price."
    if page["unpriced"]:
        count = len(page["unpriced"])
        yield ""
        yield f"{counted(count, 'model')} unpriced, counted in no sum of dollars:"
        for model in page["unpriced"]:
            used = f"{counted(model['invocations'], 'call')}, {counted(model['tokens'], 'token')}"
            yield f"  {model['model']}: {used}; {model['why']}"
        if fixes := [model["fix"] for model in page["unpriced"] if model["fix"]]:
            yield "To give them a price, put these lines at the top of llm-service.toml:"
            yield from (f"  {fix}" for fix in fixes)
            yield "Start the dashboard again, and look at: llm-service telemetry reprice --preview"


def repriced_lines(done: Repriced) -> Iterator[str]:
    """What pricing again changes, or has changed."""
    if not done["models"]:
        yield "Every estimated cost is that of the present prices; nothing to change."
        return
    rows = [("MODEL", "PROVIDER", "CALLS", "UNPRICED", "BEFORE", "AFTER")]
    for model in done["models"]:
        rows.append(
            (
                model["model"],
                model["provider"] or "-",
                f"{model['invocations']:,}",
                f"{model['unpriced']:,}",
                _before(model),
                f"${model['after_usd']:,.6f}",
            )
        )
    yield from _table(rows)
    verb = "Changed" if done["applied"] else "Would change"
    changed = counted(done["invocations"], "call")
    yield f"{verb} {changed}: ${done['before_usd']:,.6f} becomes ${done['after_usd']:,.6f}."
    if not done["applied"]:
        yield "To do it: llm-service telemetry reprice --apply"


def _before(model: RepricedModel) -> str:
    """What it cost; where no call had a price nobody knew, which is not $0."""
    return "-" if model["unpriced"] >= model["invocations"] else f"${model['before_usd']:,.6f}"


def _price_lines(price: PriceJson, page: PricesPage) -> Iterator[str]:
    date = page["source_date"] if price["source"] == page["source"] else None
    yield f"  Source  {_source(price['source'], date)}"
    if price["provider"]:
        yield f"  Listed  {price['model']} of {price['provider']}"
    yield f"  Found   {price['rule']}"
    periods = [*reversed(price["periods"]), *price["variants"]]
    if len(price["periods"]) > 1:
        yield "  The first of these that holds counts:"
    for period in periods:
        yield f"  {_heading(period, alone=len(periods) == 1)}"
        for rate in period["rates"]:
            yield f"    {rate['name']:<15}{_rate(rate)}"


def _heading(period: PeriodJson, *, alone: bool) -> str:
    parts = [] if period["tier"] is None else [f"served as {period['tier']}"]
    if period["since"]:
        parts.append(f"since {period['since']} (UTC)")
    if period["from_utc"]:
        parts.append(f"every day from {period['from_utc']} to {period['until_utc']} (UTC)")
    return ", ".join(parts) or ("at all times" if alone else "otherwise")


def _rate(rate: RateJson) -> str:
    per = "thousand" if rate["per"] == 1_000 else "million"
    text = f"{_usd(rate['usd'])} per {per}"
    for tier in rate["tiers"]:
        text += f", {_usd(tier['usd'])} above {tier['above_tokens']:,} tokens of input"
    return text


def _usd(value: float) -> str:
    """At least two decimals, and as many more as the price has."""
    text = f"{value:.9f}".rstrip("0")
    whole, _, decimals = text.partition(".")
    return f"${whole}.{decimals:0<2}"


def _source(source: str, date: str | None) -> str:
    return f"{source}, whose newest price change is of {date}" if date else source


def _in_use(model: ModelPrices) -> tuple[str, ...]:
    price = model["prices"][0]
    now = {rate["name"]: _usd(rate["usd"]) + ("+" if rate["tiers"] else "") for rate in price["now"]}
    rates = ["free"] * len(_SHOWN) if price["free"] else [now.get(name, "-") for name in _SHOWN]
    return (model["model"], model["provider"] or "-", *rates, price["source"])


def _table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip()
