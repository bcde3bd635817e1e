"""Names as values: what is tried for one, which are local, and that no text at all is trouble."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_service.core.model_names import MAX_NAME, clean, is_local, lookups, names
from llm_service.core.pricing.settings import match, read_prices
from llm_service.core.pricing.table_json import TO_FILL_IN, fix_for

texts = st.text(max_size=400) | st.text(alphabet="ab-./:@[]*?\\'\"1v0 \n", max_size=60)


def tried(model: str, provider: str | None = None) -> list[tuple[str | None, str]]:
    return [(lookup.provider, lookup.model) for lookup in lookups(model, provider)]


def test_the_recorded_provider_comes_first_then_the_one_the_name_shows_then_the_maker():
    assert tried("openrouter/anthropic/claude-sonnet-4.5", "gateway") == [
        ("gateway", "openrouter/anthropic/claude-sonnet-4.5"),
        ("openrouter", "anthropic/claude-sonnet-4.5"),
        ("anthropic", "claude-sonnet-4.5"),
        ("gateway", "claude-sonnet-4.5"),
        (None, "claude-sonnet-4.5"),
        ("anthropic", "claude-sonnet-4-5"),
    ]


def test_a_name_of_bedrock_is_tried_there_and_then_at_its_maker():
    assert tried("eu.anthropic.claude-opus-4-1-20250805-v1:0") == [
        ("aws", "eu.anthropic.claude-opus-4-1-20250805-v1:0"),
        (None, "claude-opus-4-1-20250805"),
        ("anthropic", "claude-opus-4-1-20250805"),
    ]


@pytest.mark.parametrize(
    ("model", "provider", "local"),
    [
        ("llama3.2:3b", None, True),
        ("Qwen3:30B-A3B", None, True),
        ("mistral:latest", None, True),
        ("anything", "Ollama", True),
        ("lmstudio/anything", None, True),
        ("a/b/c.gguf", "openai", True),
        ("llama3.2:3b", "openrouter", False),
        ("deepseek/deepseek-r1:free", None, False),
        ("gemma:free", None, False),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", None, False),
        ("amazon.nova-lite-v1:0:300k", None, False),
        ("ft:gpt-4o-mini:org::x", None, False),
        ("claude-sonnet-4-5", None, False),
        ("claude-sonnet-4-5@20250929", None, False),
    ],
)
def test_what_runs_on_a_machine_of_ones_own_is_known_by_provider_and_name(
    model: str, provider: str | None, local: bool
):
    assert is_local(model, provider) is local


@given(texts, st.none() | texts)
def test_any_text_is_a_name_or_none(model: str, provider: str | None):
    for lookup in lookups(model, provider):
        assert lookup.rule
        assert len(lookup.model) <= MAX_NAME
    assert names(model)


@given(texts.filter(lambda text: text.strip() and len(text) <= MAX_NAME))
def test_a_fix_fits_the_very_model_it_is_for(model: str):
    text = fix_for(model).replace(TO_FILL_IN, "1")
    own = read_prices(tomllib.loads(text)["prices"])
    assert match(own, model, None)


def test_a_long_hostile_name_is_cut_before_a_pattern_is_tried_on_it():
    # Uncut, the first of these alone would run into the time limit of the tests.
    for text in ("[" * 1_000_000, "a." * 500_000, "-v1" * 300_000, " " * 1_000_000 + "[", ":" * 1_000_000):
        assert lookups(text, None) == ()
        is_local(text, text)
        clean(text)
        names(text)
