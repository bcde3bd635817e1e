"""Our arithmetic is that of genai-prices: for every model of its list, at any time, in any tier, for any usage."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP
from typing import Any

from genai_prices import Usage
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, Provider
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_service.core.invocations.usage import Invocation
from llm_service.core.pricing.price import Quote, cost_nano
from llm_service.core.pricing.text import quote_text, read_quote
from llm_service.telemetry.genai_lookup import make_quote

Listed = tuple[Provider, ModelInfo, Quote]
LISTED: list[Listed] = [
    (seller, info, quote)
    for seller in get_snapshot().providers
    for info in seller.models
    if (quote := make_quote(seller, info)) is not None
]
TIERED = [
    listed
    for listed in LISTED
    if any(rate.tiers for period in listed[2].periods for rate in period.rates.values()) or len(listed[2].periods) > 1
]
FINE = {
    # Their prices have more than nine decimals, which a rate in whole nano-dollars rounds.
    (seller.id, info.id)
    for seller, info, _ in LISTED
    if any(
        (price * 10**9) % 1
        for held in (info.prices if isinstance(info.prices, list) else [info])
        for value in held.prices.__dict__.values()
        for price in ([value.base, *(t.price for t in value.tiers)] if hasattr(value, "base") else [value])
        if price is not None
    )
}
TIERS = (None, "batch", "flex", "priority", "fast", "default", "nobody's")
FROM_MS = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1000)
UNTIL_MS = int(datetime(2027, 3, 1, tzinfo=UTC).timestamp() * 1000)
COUNTS = st.one_of(st.integers(0, 300), st.integers(0, 300_000), st.integers(199_000, 201_000))

calls = st.builds(
    Invocation,
    st.just("id"),
    st.integers(FROM_MS, UNTIL_MS),
    st.just("model"),
    st.just("tool"),
    input_tokens=COUNTS,
    output_tokens=COUNTS,
    reasoning_tokens=st.integers(0, 300),
    cache_read_tokens=COUNTS,
    cache_write_tokens=COUNTS,
    cache_write_5m_tokens=COUNTS,
    cache_write_1h_tokens=COUNTS,
    web_searches=st.integers(0, 20),
    tier=st.sampled_from(TIERS),
)


def theirs(seller: Provider, info: ModelInfo, call: Invocation) -> int:
    writes = call.cache_write_tokens + call.cache_write_5m_tokens + call.cache_write_1h_tokens
    usage = Usage(
        input_tokens=call.input_tokens + call.cache_read_tokens + writes,
        cache_read_tokens=call.cache_read_tokens,
        cache_write_tokens=writes,
        cache_write_5m_tokens=call.cache_write_5m_tokens,
        cache_write_1h_tokens=call.cache_write_1h_tokens,
        output_tokens=call.output_tokens,
        output_reasoning_tokens=min(call.reasoning_tokens, call.output_tokens),
        web_searches=call.web_searches,
    )
    context = dict.fromkeys(("processing", "service_tier", "speed"), call.tier) if call.tier else None
    at = datetime.fromtimestamp(call.at_ms / 1000, UTC)
    price = info.calc_price(usage, seller, genai_request_timestamp=at, price_context=context)
    return int((price.total_price * 10**9).to_integral_value(ROUND_HALF_UP))


def agree(listed: Listed, call: Invocation) -> None:
    seller, info, quote = listed
    expected, got = theirs(seller, info, call), cost_nano(quote, call)
    allowed = 2 if (seller.id, info.id) in FINE else 0
    assert abs(got - expected) <= allowed, (seller.id, info.id, call)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(LISTED), calls)
def test_any_usage_of_any_model_costs_what_genai_prices_says(listed: Listed, call: Invocation):
    agree(listed, call)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(TIERED), calls)
def test_dates_hours_and_thresholds_mean_the_same(listed: Listed, call: Invocation):
    agree(listed, call)


def test_every_model_of_the_list_agrees_once():
    chance = random.Random(20261121)
    for listed in LISTED:
        fields: dict[str, Any] = {
            name: chance.choice([0, chance.randrange(2_000), chance.randrange(150_000)])
            for name in Invocation._fields
            if name.endswith("_tokens") and name != "reasoning_tokens"
        }
        agree(
            listed,
            Invocation("id", chance.randrange(FROM_MS, UNTIL_MS), "model", "tool", tier=chance.choice(TIERS), **fields),
        )
    assert len(LISTED) > 2_000


def test_every_quote_comes_back_from_its_text():
    for _, _, quote in LISTED:
        assert read_quote(quote_text(quote)) == quote


def test_nearly_all_rates_are_whole_nano_dollars():
    assert len(FINE) < len(LISTED) / 50
