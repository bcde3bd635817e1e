"""The table `prices` of llm-service.toml: what it means and what is refused, with the reason."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import Any

import pytest

from llm_service.core.pricing.settings import match, plain, read_prices
from llm_service.core.pricing.table_json import TO_FILL_IN, fix_for


def prices(text: str) -> Any:
    return read_prices(tomllib.loads(text)["prices"])


def patterns(text: str, model: str, provider: str | None = None) -> list[str]:
    return [own.pattern for own in match(prices(text), model, provider)]


def test_the_closest_fit_comes_first():
    text = """
    [prices."*"]
    free = true
    [prices."claude-*"]
    free = true
    [prices."claude-sonnet-*"]
    free = true
    [prices."claude-sonnet-4-5"]
    free = true
    """
    for model, pattern in (
        ("claude-sonnet-4-5", "claude-sonnet-4-5"),
        ("claude-sonnet-4-6", "claude-sonnet-*"),
        ("claude-opus-4-1", "claude-*"),
        ("gpt-5", "*"),
    ):
        assert patterns(text, model) == [pattern]


@pytest.mark.parametrize("model", ["Our-Model", "gateway/our-model", "our-model[1m]", "us.anthropic.our-model-v1:0"])
def test_a_pattern_fits_every_way_a_name_is_written(model: str):
    assert patterns('[prices."our-model"]\nfree = true', model) == ["our-model"]


def test_a_price_of_one_provider_is_not_for_another():
    text = '[prices."gpt-5"]\ninput = 1\noutput = 2\nprovider = "Gateway"'
    assert patterns(text, "gpt-5", "gateway") == ["gpt-5"]
    assert patterns(text, "gpt-5", "openai") == []
    assert patterns(text, "gpt-5") == []


def test_prices_may_follow_one_another():
    text = """
    [[prices."m"]]
    input = 1
    output = 1
    [[prices."m"]]
    input = 2
    output = 2
    from = 2026-03-01
    """
    assert [own.since for own in match(prices(text), "m", None)] == [date(2026, 3, 1), None]


def test_rates_are_kept_to_the_nano_dollar():
    (own,) = prices('[prices."m"]\ninput = 0.07\noutput = 1e-9\ncache_read = 3')
    assert own.rates == (("input", 70_000_000), ("output", 1), ("cache_read", 3_000_000_000))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("prices = 3", 'write it as tables: [prices."model-name"]'),
        ("[prices]\nm = 3", '[prices."m"] is a table, with input and output in US dollars per million tokens'),
        ("[prices.m]\noutput = 3", '[prices."m"] needs input and output'),
        ("[prices.m]\ninput = 3", '[prices."m"] needs input and output'),
        ("[prices.m]\ninptu = 3", '[prices."m"] has no key inptu; did you mean input'),
        ("[prices.m]\nzzz = 3", "there are input, output, cache_read, cache_write, cache_write_1h, web_searches"),
        ("[prices.m]\ninput = -1\noutput = 1", '[prices."m"] input is -1; allowed: a number of US dollars from 0'),
        ("[prices.m]\ninput = 1\noutput = nan", '[prices."m"] output is nan; allowed'),
        ("[prices.m]\ninput = 1\noutput = inf", '[prices."m"] output is inf; allowed'),
        ("[prices.m]\ninput = true\noutput = 1", '[prices."m"] input is True; allowed'),
        ('[prices.m]\ninput = "3"\noutput = 1', "[prices.\"m\"] input is '3'; allowed"),
        ("[prices.m]\nfree = true\ninput = 1", '[prices."m"] is free and has a price for input'),
        ("[prices.m]\nfree = 1", '[prices."m"] free is 1; allowed: true or false'),
        ('[prices.m]\nfree = true\nfrom = "soon"', '[prices."m"] from is soon; allowed: a day like 2026-01-31'),
        ("[prices.m]\nfree = true\nfrom = 2026-01-01T00:00:00Z", '[prices."m"] from is 2026-01-01 00:00:00'),
        ("[prices.m]\nfree = true\nprovider = 3", '[prices."m"] provider is 3; allowed'),
        ('[prices.""]\nfree = true', "a model's name or pattern has 1 to 300 characters, not 0"),
        ("[[prices.m]]\nfree = true\n[[prices.m]]\nfree = true", '[prices."m"] is given twice'),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(text: str, reason: str):
    with pytest.raises(ValueError) as refused:
        prices(text)
    assert reason in str(refused.value)


def test_the_fix_for_a_local_model_works_where_it_is_pasted():
    (own,) = prices(fix_for("qwen3:30b"))
    assert own.fits("qwen3:30b", None)
    assert own.quote().free


def test_brackets_in_a_name_are_no_pattern():
    assert patterns('[prices."our-model[1m]"]\nfree = true', "our-model[1m]") == ["our-model[1m]"]
    assert patterns('[prices."our-model[1m]"]\nfree = true', "our-model1") == []


def test_the_fix_for_an_unknown_model_asks_for_the_numbers():
    fix = fix_for('our "model"')
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads(fix)
    (own,) = prices(fix.replace(TO_FILL_IN, "0.5"))
    assert own.fits('our "model"', None)


def test_what_is_shown_can_be_read_again():
    text = '[prices."m*"]\ninput = 0.07\noutput = 3\nfrom = 2026-01-01\n[[prices.n]]\nfree = true\nprovider = "x"'
    assert read_prices(plain(prices(text))) == prices(text)
