"""Prices by hand: each expected value is worked out beside it from the price its maker publishes.

Prices are US dollars per million tokens (M), of searches and requests per thousand (K), as published on the pricing
pages of the makers in November 2026 and, where a date says so, before.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from llm_service.core.invocations.usage import Invocation
from llm_service.core.pricing.price import Period, Quote, Rate, cost_nano
from llm_service.core.pricing.settings import match, read_prices
from llm_service.telemetry.genai_lookup import find


class Case(NamedTuple):
    """What is recorded, and what it costs in US dollars."""

    about: str
    model: str
    usd: str
    used: dict[str, Any]
    provider: str | None = None
    at: str = "2026-11-20T12:00:00"


def case(
    about: str, model: str, usd: str, *, provider: str | None = None, at: str = Case._field_defaults["at"], **used
):
    return Case(about, model, usd, used, provider, at)


CASES = [
    # Claude Sonnet 4.5: input 3, output 15, cache read 0.30, 5-minute write 3.75, 1-hour write 6; above 200,000
    # tokens of input 6, 22.50, 0.60, 7.50, 12; web search 10 per K.
    # 1,000 × 3/M = 0.003; 500 × 15/M = 0.0075; together 0.0105
    case("plain", "claude-sonnet-4-5", "0.0105", input_tokens=1_000, output_tokens=500),
    # 0.003 + 0.0075 + 100,000 × 0.30/M = 0.03; together 0.0405
    case("cache read", "claude-sonnet-4-5", "0.0405", input_tokens=1_000, output_tokens=500, cache_read_tokens=100_000),
    # 20,000 × 3.75/M = 0.075
    case("5-minute write", "claude-sonnet-4-5", "0.075", cache_write_5m_tokens=20_000),
    # of an unknown lifetime, so the 5-minute price: 20,000 × 3.75/M = 0.075
    case("write of unknown lifetime", "claude-sonnet-4-5", "0.075", cache_write_tokens=20_000),
    # 20,000 × 6/M = 0.12
    case("1-hour write", "claude-sonnet-4-5", "0.12", cache_write_1h_tokens=20_000),
    # all input is 1,000 + 190,000 + 9,000 = 200,000, not above: 0.003 + 0.057 + 0.03375 + 1,000 × 15/M = 0.015
    case(
        "at the threshold, not above",
        "claude-sonnet-4-5",
        "0.10875",
        input_tokens=1_000,
        cache_read_tokens=190_000,
        cache_write_5m_tokens=9_000,
        output_tokens=1_000,
    ),
    # all input is 200,001: 1,001 × 6/M = 0.006006; 190,000 × 0.60/M = 0.114; 9,000 × 7.50/M = 0.0675;
    # 1,000 × 22.50/M = 0.0225; together 0.210006
    case(
        "one token above the threshold pays more for every token",
        "claude-sonnet-4-5[1m]",
        "0.210006",
        input_tokens=1_001,
        cache_read_tokens=190_000,
        cache_write_5m_tokens=9_000,
        output_tokens=1_000,
    ),
    # 300,000 × 12/M = 3.60
    case("1-hour write above the threshold", "claude-sonnet-4-5", "3.60", cache_write_1h_tokens=300_000),
    # 3 searches × 10/K = 0.03; 1,000 × 3/M = 0.003
    case("web search", "claude-sonnet-4-5", "0.033", input_tokens=1_000, web_searches=3),
    # half of everything: 10,000 × 1.50/M = 0.015; 2,000 × 7.50/M = 0.015
    case("batch", "claude-sonnet-4-5", "0.03", input_tokens=10_000, output_tokens=2_000, tier="batch"),
    # the name with its date; 1,000,000 × 15/M = 15, output 2,000 × 75/M = 0.15
    case("dated name", "claude-opus-4-1-20250805", "15.15", input_tokens=1_000_000, output_tokens=2_000),
    # Opus 4.5: 5 and 25: 4,000 × 5/M = 0.02; 1,000 × 25/M = 0.025
    case("another generation", "claude-opus-4-5", "0.045", input_tokens=4_000, output_tokens=1_000),
    # Haiku 4.5: 1, 5, read 0.10: 50,000 × 0.10/M = 0.005; 200 × 5/M = 0.001
    case("small model", "claude-haiku-4-5-20251001", "0.006", cache_read_tokens=50_000, output_tokens=200),
    # Opus 4.6 until 12 March 2026: above 200,000 10 and 37.50: 300,000 × 10/M = 3; 1,000 × 37.50/M = 0.0375
    case(
        "before the day the threshold fell",
        "claude-opus-4-6",
        "3.0375",
        input_tokens=300_000,
        output_tokens=1_000,
        at="2026-03-12T23:59:59",
    ),
    # since 13 March 2026: 5 and 25 for all: 300,000 × 5/M = 1.50; 1,000 × 25/M = 0.025
    case(
        "on the day the threshold fell",
        "claude-opus-4-6",
        "1.525",
        input_tokens=300_000,
        output_tokens=1_000,
        at="2026-03-13T00:00:00",
    ),
    # Bedrock in a region costs a tenth more: 3.30 and 16.50: 10,000 × 3.30/M = 0.033; 1,000 × 16.50/M = 0.0165
    case(
        "Bedrock, regional",
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "0.0495",
        input_tokens=10_000,
        output_tokens=1_000,
    ),
    # Vertex, Sonnet 4.5 as Anthropic's: 10,000 × 3/M = 0.03
    case("Vertex", "claude-sonnet-4-5@20250929", "0.03", input_tokens=10_000, provider="vertex_ai"),
    # OpenRouter passes Sonnet 4.5 on at 3 and 15: 0.003 + 0.015
    case("OpenRouter", "openrouter/anthropic/claude-sonnet-4.5", "0.018", input_tokens=1_000, output_tokens=1_000),
    # GPT-5: 1.25, cached 0.125, output 10, reasoning is output: 2,000 × 1.25/M = 0.0025; 8,000 × 0.125/M = 0.001;
    # 600 × 10/M = 0.006, the 400 of reasoning among them
    case(
        "reasoning inside the output",
        "gpt-5",
        "0.0095",
        input_tokens=2_000,
        cache_read_tokens=8_000,
        output_tokens=600,
        reasoning_tokens=400,
    ),
    # no price for cache writes, so they are input: 4,000 × 1.25/M = 0.005
    case("cache write without a price of its own", "gpt-5", "0.005", cache_write_tokens=4_000),
    # flex is half: 2,000 × 0.625/M = 0.00125; 1,000 × 5/M = 0.005
    case("flex", "gpt-5", "0.00625", input_tokens=2_000, output_tokens=1_000, tier="flex"),
    # priority is double: 2,000 × 2.50/M = 0.005; 1,000 × 20/M = 0.02
    case("priority", "gpt-5", "0.025", input_tokens=2_000, output_tokens=1_000, tier="priority"),
    # Claude Opus 5, fast, is double: 10 and 50: 2,000 × 10/M = 0.02; 1,000 × 50/M = 0.05; a search 10/K = 0.01
    case(
        "fast",
        "claude-opus-5",
        "0.08",
        input_tokens=2_000,
        output_tokens=1_000,
        web_searches=1,
        tier="fast",
        provider="anthropic",
    ),
    # GPT-4o mini: 0.15, 0.60: 7 × 0.15/M = 0.00000105; 3 × 0.60/M = 0.0000018
    case("a few tokens", "openai/gpt-4o-mini", "0.00000285", input_tokens=7, output_tokens=3),
    # GPT-4o: 2.50, cached 1.25, 10; batch 1.25 and 5, cached still 1.25: 0.00125 + 0.00125 + 0.005
    case(
        "batch that leaves one price as it is",
        "gpt-4o-2024-08-06",
        "0.0075",
        input_tokens=1_000,
        cache_read_tokens=1_000,
        output_tokens=1_000,
        tier="batch",
    ),
    # o3 before 10 June 2025: 10 and 40: 0.01 + 0.04; since then 2 and 8: 0.002 + 0.008
    case("before a price fell", "o3", "0.05", input_tokens=1_000, output_tokens=1_000, at="2025-06-09T23:59:59"),
    case("after a price fell", "o3", "0.01", input_tokens=1_000, output_tokens=1_000, at="2025-06-10T00:00:00"),
    # Gemini 2.5 Pro: 1.25 and 10 up to 200,000, above 2.50 and 15: 200,000 × 1.25/M = 0.25; 100 × 10/M = 0.001
    case("Gemini at the threshold", "models/gemini-2.5-pro", "0.251", input_tokens=200_000, output_tokens=100),
    # 250,000 × 2.50/M = 0.625; 100 × 15/M = 0.0015
    case("Gemini above it", "gemini-2.5-pro", "0.6265", input_tokens=250_000, output_tokens=100),
    # DeepSeek's old V3 by day (0:30 to 16:30 UTC) 0.27 and 1.10: 0.27 + 0.11; by night 0.135 and 0.55: 0.135 + 0.055
    case("by day", "deepseek-chat", "0.38", input_tokens=1_000_000, output_tokens=100_000, at="2025-07-01T16:29:59"),
    case("by night", "deepseek-chat", "0.19", input_tokens=1_000_000, output_tokens=100_000, at="2025-07-01T16:30:00"),
    # Sonar: 1 and 1, and 12 per K requests: 0.001 + 0.0005 + 0.012
    case("a price per request", "sonar", "0.0135", input_tokens=1_000, output_tokens=500, provider="perplexity"),
    # Sonar Deep Research: 2, 8, reasoning 3, searches 5/K: 0.002 + (1,500 − 1,000) × 8/M = 0.004 + 1,000 × 3/M = 0.003
    # + 4 × 5/K = 0.02
    case(
        "reasoning priced apart",
        "sonar-deep-research",
        "0.029",
        input_tokens=1_000,
        output_tokens=1_500,
        reasoning_tokens=1_000,
        web_searches=4,
        provider="perplexity",
    ),
    # Groq, Llama 3.3 70B: 0.59 and 0.79: 0.00059 + 0.00079
    case(
        "an open model at a seller", "groq/llama-3.3-70b-versatile", "0.00138", input_tokens=1_000, output_tokens=1_000
    ),
    # text-embedding-3-small: 0.02 for input: 500,000 × 0.02/M = 0.01
    case("embeddings", "text-embedding-3-small", "0.01", input_tokens=500_000, provider="openai"),
    # Azure's GPT-4o: 2.50 and 10: 0.0025 + 0.01
    case("Azure", "azure/gpt-4o", "0.0125", input_tokens=1_000, output_tokens=1_000),
    case("free", "deepseek/deepseek-r1:free", "0", input_tokens=90_000, output_tokens=5_000, provider="openrouter"),
]


def at_ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def invocation(model: str, at: str = "2026-11-20T12:00:00", **fields: Any) -> Invocation:
    return Invocation("id", at_ms(at), model, "tool", **fields)


@pytest.mark.parametrize("given", CASES, ids=lambda given: f"{given.about}: {given.model}")
def test_a_price_by_hand(given: Case):
    quote = find(given.model, given.provider)
    assert quote is not None
    call = invocation(given.model, given.at, provider=given.provider, **given.used)
    assert cost_nano(quote, call) == Decimal(given.usd) * 10**9


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("qwen3:30b", None),
        ("deepseek-r1:8b", None),
        ("gpt-oss:20b", "ollama"),
        ("ollama/deepseek-r1", None),
        ("gpt-4o", "lmstudio"),
        ("qwen2.5-coder-7b-instruct-q4_k_m.gguf", None),
        ("mock", "mock"),
        ("<synthetic>", None),
        ("claude-opus-99", None),
        ("our-own-model", None),
        ("gpt-4o", "github-copilot"),
        ("whisper-large-v3", "groq"),
        ("gpt-5:free", "openai"),
        ("", None),
        ("gpt-5" * 100, None),
    ],
)
def test_what_has_no_published_price_per_token_is_unpriced(model: str, provider: str | None):
    assert find(model, provider) is None


@pytest.mark.parametrize(
    ("model", "provider", "seller", "listed"),
    [
        ("anthropic/claude-sonnet-4-5", None, "anthropic", "claude-sonnet-4-5"),
        ("Claude-Sonnet-4-5-20250929", None, "anthropic", "claude-sonnet-4-5"),
        ("claude-sonnet-4.5", None, "anthropic", "claude-sonnet-4-5"),
        ("anthropic/claude-sonnet-4.5", "openrouter", "openrouter", "anthropic/claude-sonnet-4.5"),
        ("anthropic/claude-sonnet-4.5:nitro", "openrouter", "openrouter", "anthropic/claude-sonnet-4.5"),
        ("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", None, "aws", "regional.anthropic."),
        (
            "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            None,
            "aws",
            "regional.anthropic.",
        ),
        ("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "amazon-bedrock", "aws", "regional.anthropic."),
        ("vertex_ai/claude-sonnet-4-5@20250929", None, "google", "claude-sonnet-4-5"),
        ("publishers/anthropic/models/claude-sonnet-4-5@20250929", None, "google", "claude-sonnet-4-5"),
        ("gemini/gemini-2.5-pro", None, "google", "gemini-2.5-pro"),
        ("claude-sonnet-4-5", "opencode", "anthropic", "claude-sonnet-4-5"),
        ("gpt-5-codex", "openai", "openai", "gpt-5"),
        ("gpt-5-2025-08-07", None, "openai", "gpt-5"),
        ("litellm/openai/gpt-5", None, "openai", "gpt-5"),
        ("gpt-5-codex-high", None, "openai", "gpt-5"),
        ("glm-4.6", "zai-coding-plan", "zai", "GLM-4.6"),
        ("text-embedding-3-small", None, "openai", "text-embedding-3-small"),
        ("qwen/qwen3-coder", None, "openrouter", "qwen/qwen3-coder"),
    ],
)
def test_a_name_is_found_as_the_tools_write_it(model: str, provider: str | None, seller: str, listed: str):
    quote = find(model, provider)
    assert quote is not None
    assert quote.provider == seller
    assert quote.model.startswith(listed)
    assert quote.rule


def test_the_users_own_price_by_hand():
    own = read_prices(
        {"our-*": {"input": 0.5, "output": 1.5, "cache_read": 0.05, "cache_write_1h": 1, "web_searches": 2}}
    )
    (price,) = match(own, "our-model", None)
    call = invocation(
        "our-model",
        input_tokens=1_000,
        output_tokens=2_000,
        cache_read_tokens=10_000,
        cache_write_tokens=100,
        cache_write_1h_tokens=300,
        web_searches=1,
    )
    # 1,000 × 0.50/M = 0.0005; 2,000 × 1.50/M = 0.003; 10,000 × 0.05/M = 0.0005; 100 × 0.50/M = 0.00005 (as input);
    # 300 × 1/M = 0.0003; 1 × 2/K = 0.002; together 0.00635
    assert cost_nano(price.quote(), call) == 6_350_000


def test_rounding_is_once_and_half_a_nano_dollar_goes_up():
    quote = Quote("p", "m", "", (Period({"input": Rate(500_000), "output": Rate(499_999)}),))
    assert cost_nano(quote, invocation("m", input_tokens=1)) == 1  # 0.5 nano-dollars
    assert cost_nano(quote, invocation("m", output_tokens=1)) == 0  # 0.499999
    assert cost_nano(quote, invocation("m", input_tokens=1, output_tokens=1)) == 1  # 0.999999, not 1 + 0


def test_more_reasoning_than_output_is_output_only():
    quote = find("sonar-deep-research", "perplexity")
    assert quote is not None
    call = invocation("sonar-deep-research", output_tokens=1_000, reasoning_tokens=5_000)
    assert cost_nano(quote, call) == 3_000_000  # 1,000 × 3/M


def test_an_interval_over_midnight_holds_on_both_sides():
    night = Period({"input": Rate(1_000_000)}, from_ms=23 * 3_600_000, until_ms=3_600_000)
    quote = Quote("p", "m", "", (Period({"input": Rate(2_000_000)}), night))
    costs = [
        cost_nano(quote, invocation("m", f"2026-01-01T{clock}", input_tokens=1))
        for clock in ("22:59:59", "23:00:00", "00:59:59", "01:00:00")
    ]
    assert costs == [2, 1, 1, 2]


def test_where_no_period_holds_yet_the_first_does():
    first, later = (datetime(year, 1, 1, tzinfo=UTC).date() for year in (2026, 2027))
    quote = Quote("p", "m", "", (Period({"input": Rate(1_000_000)}, first), Period({"input": Rate(2_000_000)}, later)))
    costs = [cost_nano(quote, invocation("m", f"{year}-06-01T00:00:00", input_tokens=1)) for year in (2025, 2026, 2027)]
    assert costs == [1, 1, 2]
