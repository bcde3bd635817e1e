"""Budgets and alerts as sentences and as JSON. Times of day are of the time zone of the settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any, cast

from llm_service.core.budgets.alerts import Told
from llm_service.core.budgets.budget import NANO, Budget, Standing, State, Unit
from llm_service.core.budgets.forecast import forecast
from llm_service.core.budgets.shapes import AlertJson, BudgetForecast, BudgetJson
from llm_service.core.times import iso_seconds

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CENT = NANO // 100
_NEAR_DAYS = 6


def amount(unit: Unit, value: int) -> str:
    """ "$1,234.50", "$0.0042" or "12,000 tokens"."""
    if unit == "tokens":
        return f"{value:,} token{'' if value == 1 else 's'}"
    if 0 < value < _CENT:
        return f"${value / NANO:.2g}" if value >= NANO // 10_000 else "less than $0.0001"
    return f"${value / NANO:,.2f}"


def moment(ms: int, now_ms: int, zone: tzinfo) -> str:
    """ "16:40" for today, "Tue 16:40" within a week, "24 Nov 16:40" beyond."""
    then, now = (datetime.fromtimestamp(each / 1000, zone) for each in (ms, now_ms))
    clock = f"{then:%H:%M}"
    if then.date() == now.date():
        return clock
    if 0 < (then.date() - now.date()).days <= _NEAR_DAYS:
        return f"{_DAYS[then.weekday()]} {clock}"
    return f"{then.day} {_MONTHS[then.month - 1]} {clock}"


def forecast_json(standing: Standing, zone: tzinfo) -> BudgetForecast:
    """What is foretold for a budget that is not used up yet."""
    crossing_ms = forecast(standing).within_ms
    if crossing_ms is None:
        return {"at": None, "sentence": ""}
    return {
        "at": iso_seconds(crossing_ms / 1000),
        "sentence": f"at this rate 100 % at {moment(crossing_ms, standing.now_ms, zone)}",
    }


def used_words(standing: Standing) -> str:
    """ "$8.12 of $10.00"."""
    unit = standing.budget.unit
    return f"{amount(unit, standing.used)} of {amount(unit, standing.budget.limit)}"


def percent_words(standing: Standing) -> str:
    """ "81.2 %", "80 %"."""
    return f"{standing.percent:,.1f}".removesuffix(".0") + " %"


def unseen_words(standing: Standing) -> str:
    """What a budget in dollars cannot see; "" where it sees all, and for tokens, which are always known."""
    count = standing.use.unpriced_invocations
    if standing.budget.unit != "usd" or not count:
        return ""
    tokens = amount("tokens", standing.use.unpriced_tokens)
    if count == 1:
        return f"1 call ({tokens}) has no known price and is not in this sum"
    return f"{count:,} calls ({tokens}) have no known price and are not in this sum"


def sentence(standing: Standing, zone: tzinfo) -> str:
    """How a budget stands, in one line."""
    parts = [f"{percent_words(standing)} used, {used_words(standing)}"]
    parts += [part for part in (forecast_json(standing, zone)["sentence"], unseen_words(standing)) if part]
    return "; ".join(parts)


def alert_sentence(standing: Standing, told: Told, zone: tzinfo) -> str:
    """What an alert says, whole: it is read in a notification, far from the page."""
    name, used = standing.budget.name, used_words(standing)
    ahead = forecast_json(standing, zone)["sentence"]
    if told.kind == "over":
        first = f"{name} is over budget: {used} used."
        return f"{first[:-1]} ({percent_words(standing)})." if told.threshold > 100 else first
    if told.kind == "forecast":
        return f"{name}: {ahead or '100 % soon'}; {used} used so far ({percent_words(standing)})."
    if told.kind == "limit":
        return f"{name}: the limit was changed, {used} used ({percent_words(standing)})."
    if told.kind == "cleared":
        return f"{name}: no longer on its way to 100 % in this period; {used} used ({percent_words(standing)})."
    return f"{name}: {told.threshold} % reached, {used} used{f'; {ahead}' if ahead else ''}."


def budget_json(standing: Standing, zone: tzinfo) -> BudgetJson:
    """A budget and how it stands, as REST and events tell it."""
    budget, window, use = standing.budget, standing.window, standing.use
    return {
        "id": budget.id,
        "name": budget.name,
        "scope": budget.scope,
        "value": budget.value,
        "period": budget.period,
        **limits(budget),  # type: ignore[typeddict-item]
        "thresholds": list(budget.thresholds),
        "cooldown_min": budget.cooldown_ms // 60_000,
        "origin": budget.origin,
        "overridden": budget.overridden,
        "state": standing.state,
        "used_usd": use.nano / NANO,
        "used_tokens": use.tokens,
        "percent": standing.percent,
        "forecast": forecast_json(standing, zone),
        "unpriced": {"invocations": use.unpriced_invocations, "tokens": use.unpriced_tokens},
        "period_start": iso_seconds(window.start_ms / 1000) if window.end_ms is not None else None,
        "period_end": iso_seconds(window.end_ms / 1000) if window.end_ms is not None else None,
        "sentence": sentence(standing, zone),
    }


def limits(budget: Budget) -> dict[str, float | int | None]:
    """The limit in the unit it has, null in the other."""
    dollars = budget.unit == "usd"
    return {
        "limit_usd": budget.limit / NANO if dollars else None,
        "limit_tokens": None if dollars else budget.limit,
    }


def alert_body(standing: Standing, told: Told, zone: tzinfo) -> dict[str, Any]:
    """What is kept of an alert beside its columns: enough to show it after the budget is gone."""
    return {
        "of": told.of,
        "limit": told.limit,
        "name": standing.budget.name,
        "percent": standing.percent,
        "used_usd": standing.use.nano / NANO,
        "used_tokens": standing.use.tokens,
        **limits(standing.budget),
        "sentence": alert_sentence(standing, told, zone),
    }


def alert_json(
    alert_id: int,
    at_ms: int,
    budget_id: str,
    kind: str,
    threshold: float,
    period_start_ms: int,
    body: Mapping[str, Any],
    acknowledged_ms: int | None,
) -> AlertJson:
    """A kept alert, as REST and events tell it: the columns of its row, in their order."""
    told = {name: body.get(name) for name in ("limit_usd", "limit_tokens")}
    return cast(
        AlertJson,
        {
            "id": alert_id,
            "at": iso_seconds(at_ms / 1000),
            "budget_id": budget_id,
            "name": body.get("name", ""),
            "kind": kind,
            "threshold": int(threshold),
            "percent": body.get("percent", 0.0),
            "used_usd": body.get("used_usd", 0.0),
            "used_tokens": body.get("used_tokens", 0),
            **told,
            "period_start": iso_seconds(period_start_ms / 1000) if period_start_ms else None,
            "sentence": body.get("sentence", ""),
            "acknowledged": None if acknowledged_ms is None else iso_seconds(acknowledged_ms / 1000),
        },
    )


def worst(standings: Iterable[Standing]) -> State:
    """The worst state among them; ok where there are none."""
    states = {standing.state for standing in standings}
    return "over" if "over" in states else "warn" if "warn" in states else "ok"
