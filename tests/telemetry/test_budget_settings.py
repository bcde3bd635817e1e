"""Budgets as people write them: what is read, and the sentence for what is not."""

from __future__ import annotations

import json

import pytest

from llm_service.core.budgets.budget import agent_of_default, defaults_for, for_agent, touches
from llm_service.core.budgets.settings import (
    BudgetRefused,
    as_fields,
    read_agent_budgets,
    read_budget,
    read_budgets,
    read_limit,
)
from llm_service.core.budgets.words import amount, moment
from llm_service.errors import SettingsError
from llm_service.settings import Given, resolve
from tests.telemetry.budget_kit import BERLIN, at, local

DAY = {"period": "day", "usd": 5}


def test_a_budget_has_a_scope_a_period_and_a_limit_and_gets_a_name() -> None:
    everything, agent = read_budgets(
        [
            DAY,
            {
                "scope": "agent",
                "value": "anna",
                "period": "month",
                "tokens": 1000,
                "thresholds": [90],
                "cooldown_min": 0,
            },
        ]
    )
    assert (everything.name, everything.scope, everything.value) == ("All per day", "all", "")
    assert (everything.unit, everything.limit) == ("usd", 5_000_000_000)
    assert (everything.thresholds, everything.cooldown_ms) == ((50, 80, 95, 100), 600_000)
    assert (agent.name, agent.unit, agent.limit) == ("anna per month, tokens", "tokens", 1000)
    assert (agent.thresholds, agent.cooldown_ms) == ((90, 100), 0)
    assert everything.id != agent.id


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"period": "day"}, "give exactly one limit, usd or tokens"),
        ({**DAY, "tokens": 5}, "give exactly one limit, usd or tokens"),
        ({"usd": 5}, "period is missing; allowed: day, week, month, total"),
        ({**DAY, "period": "daily"}, "period: 'daily' is not allowed; allowed: day, week, month, total"),
        ({**DAY, "scope": "team"}, "scope: 'team' is not allowed; allowed: all, project, agent, model"),
        ({**DAY, "scope": "agent"}, "value is missing: the name of the agent"),
        ({**DAY, "value": "anna"}, "value: a budget over all has none"),
        ({**DAY, "usd": 0}, "usd: 0 is not allowed"),
        ({**DAY, "usd": -1}, "usd: -1 is not allowed"),
        ({**DAY, "usd": float("nan")}, "usd: nan is not allowed"),
        ({**DAY, "usd": float("inf")}, "usd: inf is not allowed"),
        ({**DAY, "usd": True}, "usd: True is not allowed"),
        ({**DAY, "usd": "5"}, "usd: '5' is not allowed"),
        ({**DAY, "usd": 10**400}, "usd: 1000000"),
        ({**DAY, "usd": 1e-12}, "usd: 1e-12 is not allowed"),
        ({"period": "day", "tokens": 1.5}, "tokens: 1.5 is not allowed; allowed: a whole number of tokens"),
        ({**DAY, "thresholds": [0]}, "thresholds: [0] is not allowed"),
        ({**DAY, "thresholds": "80"}, "thresholds: '80' is not allowed"),
        ({**DAY, "thresholds": [80.5]}, "thresholds: [80.5] is not allowed"),
        ({**DAY, "thresholds": [1001]}, "thresholds: [1001] is not allowed"),
        ({**DAY, "cooldown_min": -1}, "cooldown_min: -1 is not allowed; allowed: whole minutes from 0 to 1440"),
        ({**DAY, "limit": 5}, "limit is no field of a budget"),
        ({**DAY, "perod": "day"}, "perod is no field of a budget; did you mean period"),
        ({**DAY, "name": "x" * 201}, "name: 'xxx"),
        ({**DAY, "name": "a\nb"}, "name: 'a\\nb' is not allowed"),
        ({**DAY, "name": 5}, "name: 5 is not allowed"),
    ],
)
def test_what_cannot_be_a_budget_is_refused_with_a_sentence_that_names_the_entry(fields: dict, words: str) -> None:
    with pytest.raises(ValueError) as refused:
        read_budgets([{"period": "week", "usd": 1}, fields])
    assert str(refused.value).startswith(f"entry 2: {words}")
    assert len(str(refused.value)) < 300


def test_two_budgets_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="entry 2: name: 'All per day' is there twice"):
        read_budgets([DAY, {**DAY, "usd": 6}])


@pytest.mark.parametrize("value", [5, "x", [5], {"period": "day"}])
def test_what_is_no_list_of_tables_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"headed \[\[budgets\]\]"):
        read_budgets(value)


def test_the_settings_file_is_named_in_the_refusal() -> None:
    layer = {"budgets": Given([{"period": "day"}], "llm-service.toml:3, key budgets")}
    with pytest.raises(SettingsError, match=r"budgets: entry 1: give exactly one limit.*\(from llm-service.toml:3"):
        resolve([layer])


def test_an_agent_default_holds_for_every_agent_until_somebody_says_otherwise() -> None:
    (default,) = read_agent_budgets([DAY])
    anna = for_agent(default, "anna/Ä 1")
    assert (anna.name, anna.limit, anna.origin, anna.overridden) == ("anna/Ä 1 per day", 5 * 10**9, "default", False)
    assert agent_of_default(anna.id) == "anna/Ä 1"
    assert anna.id.isascii()
    assert "/" not in anna.id
    (own,) = defaults_for(["anna/Ä 1"], [default], [], {anna.id: 7 * 10**9})
    assert (own.limit, own.overridden, own.id) == (7 * 10**9, True, anna.id)
    written = read_budget({**DAY, "scope": "agent", "value": "bert", "usd": 9}, origin="page")
    assert [one.value for one in defaults_for(["bert", "carl"], [default], [written], {})] == ["carl"]


@pytest.mark.parametrize("budget_id", ["page-1", "default-day-usd", "default-day-usd-%%", "default-day-usd-_w", ""])
def test_another_id_is_no_default(budget_id: str) -> None:
    assert not agent_of_default(budget_id)


def test_a_second_default_for_the_same_is_refused() -> None:
    with pytest.raises(ValueError, match="entry 2: a second limit in usd per day"):
        read_agent_budgets([DAY, DAY])
    with pytest.raises(ValueError, match="entry 1: name is no field"):
        read_agent_budgets([{**DAY, "name": "x"}])


def test_null_clears_an_agents_own_limit_and_nothing_else_does() -> None:
    assert read_limit({"limit_usd": None}, "usd") is None
    assert read_limit({"limit_usd": 2.5}, "usd") == 2_500_000_000
    with pytest.raises(BudgetRefused, match="limit_usd is missing"):
        read_limit({}, "usd")
    with pytest.raises(BudgetRefused, match="counted in tokens; use limit_tokens"):
        read_limit({"limit_usd": 2}, "tokens")


def test_what_is_kept_reads_back_as_it_was() -> None:
    for fields in (DAY, {"period": "total", "tokens": 7, "scope": "model", "value": "m", "thresholds": [10, 150]}):
        (budget,) = read_budgets([fields])
        kept = json.loads(json.dumps(as_fields(budget)))
        assert read_budget(kept, origin="settings", budget_id=budget.id, in_request=True) == budget


def test_a_call_counts_for_what_is_over_all_and_for_its_own() -> None:
    everything, anna, model = read_budgets(
        [DAY, {**DAY, "scope": "agent", "value": "anna"}, {**DAY, "scope": "model", "value": "m"}]
    )
    touched = [one.scope for one in (everything, anna, model) if touches(one, "anna", None, None)]
    assert touched == ["all", "agent"]
    assert touches(model, "bert", None, "m")
    assert not touches(anna, "bert", None, "m")


@pytest.mark.parametrize(
    ("unit", "value", "words"),
    [
        ("usd", 1_234_500_000_000, "$1,234.50"),
        ("usd", 0, "$0.00"),
        ("usd", 4_200_000, "$0.0042"),
        ("usd", 5, "less than $0.0001"),
        ("tokens", 12_000, "12,000 tokens"),
        ("tokens", 1, "1 token"),
    ],
)
def test_amounts_are_said_as_people_write_them(unit: str, value: int, words: str) -> None:
    assert amount(unit, value) == words


def test_a_moment_is_said_as_short_as_it_is_clear() -> None:
    now = at("2026-10-24 22:00")
    zone = BERLIN._zone
    assert [moment(at(text), now, zone) for text in ("2026-10-24 23:05", "2026-10-26 16:40", "2026-11-05 08:00")] == [
        "23:05",
        "Mon 16:40",
        "5 Nov 08:00",
    ]
    assert local(now) == "2026-10-24 22:00"
