"""Budgets as people write them, in llm-service.toml and in a request, to `Budget`; each refusal is a sentence."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, cast

from llm_service.core.budgets.budget import (
    COOLDOWN_MS,
    FULL_PERCENT,
    NANO,
    PERIODS,
    SCOPES,
    THRESHOLDS,
    Budget,
    Origin,
    Period,
    Scope,
    Unit,
    own_name,
    settings_id,
)

LONGEST_NAME = 200
MOST_BUDGETS = 500
MOST_USD = 1_000_000_000
MOST_TOKENS = 10**15
MOST_PERCENT = 1000
_MINUTE_MS = 60_000
_MOST_COOLDOWN_MIN = 1440
_AGENT_KEYS = ("period", "usd", "tokens", "thresholds", "cooldown_min")
_KEYS = ("name", "scope", "value", *_AGENT_KEYS)
_IN_REQUESTS = {"usd": "limit_usd", "tokens": "limit_tokens"}


class BudgetRefused(ValueError):
    """A budget that cannot be kept as it is written; the text says what is wrong and what is allowed."""


class BudgetFixed(BudgetRefused):
    """A budget that cannot be changed here, because it stands in the settings."""


class NoSuchBudget(Exception):
    """There is no budget, or no alert, with this id; the text says which."""


def read_budgets(value: object) -> tuple[Budget, ...]:
    """The `[[budgets]]` of a settings file. Raises ValueError with a sentence that names the entry."""
    found: list[Budget] = []
    for number, fields in enumerate(_tables(value, "[[budgets]]"), 1):
        try:
            budget = read_budget(fields, origin="settings")
            if any(other.name == budget.name for other in found):
                raise BudgetRefused(f"name: {budget.name!r} is there twice; give each budget a name of its own")
        except BudgetRefused as error:
            raise ValueError(f"entry {number}: {error}") from None
        found.append(budget._replace(id=settings_id(budget.name)))
    return tuple(found)


def read_agent_budgets(value: object) -> tuple[Budget, ...]:
    """The `[[agent_budgets]]` of a settings file: what every agent may use unless it has a budget of its own."""
    found: list[Budget] = []
    for number, fields in enumerate(_tables(value, "[[agent_budgets]]"), 1):
        try:
            _refuse_unknown(fields, _AGENT_KEYS)
            budget = read_budget({**fields, "scope": "agent", "value": "every agent"}, origin="default")
            budget = budget._replace(value="", name="")
            if any(other.of == budget.of for other in found):
                raise BudgetRefused(f"a second limit in {budget.unit} per {budget.period}; keep one of them")
        except BudgetRefused as error:
            raise ValueError(f"entry {number}: {error}") from None
        found.append(budget)
    return tuple(found)


def read_budget(fields: Mapping[str, Any], *, origin: Origin, budget_id: str = "", in_request: bool = False) -> Budget:
    """One budget from its fields; in a request the limits are called `limit_usd` and `limit_tokens`."""
    words = {key: _IN_REQUESTS.get(key, key) if in_request else key for key in _KEYS}
    _refuse_unknown(fields, tuple(words.values()))
    given = {key: fields.get(word) for key, word in words.items()}
    scope = _one_of("scope", "all" if given["scope"] is None else given["scope"], SCOPES)
    value = _value(scope, given["value"])
    period = _one_of("period", given["period"], PERIODS)
    unit, limit = _limit(given, words)
    name = _name("name", given["name"]) if given["name"] is not None else own_name(scope, value, period, unit)
    return Budget(
        id=budget_id,
        name=name,
        scope=cast(Scope, scope),
        value=value,
        period=cast(Period, period),
        unit=unit,
        limit=limit,
        thresholds=_thresholds(given["thresholds"]),
        cooldown_ms=_cooldown_ms(given["cooldown_min"]),
        origin=origin,
    )


def read_limit(fields: Mapping[str, Any], unit: Unit) -> int | None:
    """The limit that a request gives an agent default, in its unit; None where it gives null, which clears it."""
    own, other = ("limit_usd", "limit_tokens") if unit == "usd" else ("limit_tokens", "limit_usd")
    if fields.get(other) is not None:
        raise BudgetRefused(f"{other}: this budget is counted in {'dollars' if unit == 'usd' else 'tokens'}; use {own}")
    if own not in fields:
        raise BudgetRefused(f"{own} is missing: a number sets this agent's limit, null goes back to the default")
    return None if fields[own] is None else _amount(own, unit, fields[own])


def as_fields(budget: Budget) -> dict[str, Any]:
    """A budget as a request would write it, to be kept and read again by `read_budget`."""
    dollars = budget.unit == "usd"
    return {
        "name": budget.name,
        "scope": budget.scope,
        "value": budget.value,
        "period": budget.period,
        "limit_usd" if dollars else "limit_tokens": budget.limit / NANO if dollars else budget.limit,
        "thresholds": list(budget.thresholds),
        "cooldown_min": budget.cooldown_ms // _MINUTE_MS,
    }


def _tables(value: object, word: str) -> Sequence[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise ValueError(f"write each one as a table of its own, headed {word}")
    if len(value) > MOST_BUDGETS:
        raise ValueError(f"{len(value)} entries; allowed: at most {MOST_BUDGETS}")
    return value


def _refuse_unknown(fields: Mapping[str, Any], allowed: Sequence[str]) -> None:
    for key in fields:
        if key not in allowed:
            close = difflib.get_close_matches(str(key), allowed, n=1)
            hint = f"; did you mean {close[0]}" if close else ""
            raise BudgetRefused(f"{str(key)[:60]} is no field of a budget{hint}; allowed: {', '.join(allowed)}")


def _one_of(key: str, value: object, allowed: Sequence[str]) -> str:
    if value is None:
        raise BudgetRefused(f"{key} is missing; allowed: {', '.join(allowed)}")
    if value not in allowed:
        raise BudgetRefused(f"{key}: {_shown(value)} is not allowed; allowed: {', '.join(allowed)}")
    return str(value)


def _value(scope: str, value: object) -> str:
    if scope == "all":
        if value not in (None, ""):
            raise BudgetRefused("value: a budget over all has none; set scope to project, agent or model")
        return ""
    if value is None:
        raise BudgetRefused(f"value is missing: the name of the {scope}")
    return _name("value", value)


def _name(key: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_NAME or not value.isprintable():
        raise BudgetRefused(f"{key}: {_shown(value)} is not allowed; allowed: a text of 1 to {LONGEST_NAME} characters")
    return value.strip()


def _limit(given: Mapping[str, Any], words: Mapping[str, str]) -> tuple[Unit, int]:
    usd, tokens = given["usd"], given["tokens"]
    if (usd is None) == (tokens is None):
        raise BudgetRefused(f"give exactly one limit, {words['usd']} or {words['tokens']}")
    unit: Unit = "usd" if tokens is None else "tokens"
    return unit, _amount(words[unit], unit, usd if unit == "usd" else tokens)


def _amount(key: str, unit: Unit, value: object) -> int:
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0
    # Ranges first: they also refuse NaN and what no float can hold.
    if unit == "usd":
        if not 0 < number <= MOST_USD or not round(number * NANO):
            allowed = f"dollars, more than 0 up to {MOST_USD:,}"
            raise BudgetRefused(f"{key}: {_shown(value)} is not allowed; allowed: {allowed}")
        return round(number * NANO)
    if not 0 < number <= MOST_TOKENS or int(number) != number:
        raise BudgetRefused(f"{key}: {_shown(value)} is not allowed; allowed: a whole number of tokens, more than 0")
    return int(number)


def _thresholds(value: object) -> tuple[int, ...]:
    if value is None:
        return THRESHOLDS
    whole = isinstance(value, (list, tuple)) and all(type(each) is int for each in value)
    percents = sorted({*cast(Sequence[int], value), FULL_PERCENT}) if whole else []
    if not percents or percents[0] < 1 or percents[-1] > MOST_PERCENT or len(percents) > 20:
        allowed = f"a list of at most 20 whole percents from 1 to {MOST_PERCENT}"
        raise BudgetRefused(f"thresholds: {_shown(value)} is not allowed; allowed: {allowed}")
    return tuple(percents)


def _cooldown_ms(value: object) -> int:
    if value is None:
        return COOLDOWN_MS
    if type(value) is not int or not 0 <= value <= _MOST_COOLDOWN_MIN:
        allowed = f"whole minutes from 0 to {_MOST_COOLDOWN_MIN}"
        raise BudgetRefused(f"cooldown_min: {_shown(value)} is not allowed; allowed: {allowed}")
    return value * _MINUTE_MS


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
