"""``llm-service budget``: see, set and clear budgets, and let a script stop itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click

from llm_service.cli.options import settings_options
from llm_service.cli.printing import say
from llm_service.cli.session import Session, pass_session
from llm_service.core.budgets.budget import PERIODS, THRESHOLDS
from llm_service.core.budgets.settings import BudgetRefused, NoSuchBudget, read_budget
from llm_service.core.budgets.shapes import BudgetJson
from llm_service.errors import SettingsError

_PLACES = ("watch_dir", "state_dir", "timezone")
_HEADINGS = ("STATE", "USED", "NAME", "OF", "PERIOD", "FROM", "ID")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")


@click.group()
def budget() -> None:
    """Caps on costs and tokens: what is used of them, and whether one is used up."""


@budget.command()
@click.option("--agent", help="The agent that would call; without these options all budgets are looked at.")
@click.option("--project", help="The project it works for.")
@click.option("--model", help="The model it would call.")
@settings_options(*_PLACES)
@json_option
@pass_session
def check(session: Session, /, flags: Mapping[str, object], as_json: bool, **of: str | None) -> None:
    """Exit 1 when a budget is over, 0 when none is, 3 when it cannot be told.

    With --agent the agent's own budgets and those over all count; --project and --model add theirs. It reads the
    database, so it needs no running dashboard.
    """
    from llm_service.cli.budget_door import reading

    found = reading(session.settings(flags)).check(of["agent"], of["project"], of["model"])
    if as_json:
        say(json.dumps(found))
    else:
        _say_check(found["budgets"])
    if found["state"] == "over":
        raise click.exceptions.Exit(1)


@budget.command("list")
@settings_options(*_PLACES)
@json_option
@pass_session
def list_(session: Session, flags: Mapping[str, object], as_json: bool) -> None:
    """List all budgets, those nearest to their limit first."""
    from llm_service.cli.budget_door import reading

    found = reading(session.settings(flags)).listing()
    if as_json:
        say(json.dumps({name: found[name] for name in ("budgets", "more", "alerts", "agent_defaults")}))
        return
    for line in _table(found["budgets"]):
        say(line)
    if found["more"]:
        say(f"{found['more']:,} more; --json and --agent of `budget check` show them.")
    if not found["budgets"]:
        say("No budgets. Make one: llm-service budget set --period day --usd 5")


@budget.command("set")
@click.argument("name", required=False)
@click.option("--agent", help="Only what this agent uses.")
@click.option("--project", help="Only what is used for this project.")
@click.option("--model", help="Only what this model uses.")
@click.option("--period", type=click.Choice(PERIODS), required=True)
@click.option("--usd", type=float, help="The limit in US dollars.")
@click.option("--tokens", type=int, help="The limit in tokens.")
@click.option(
    "--threshold", "thresholds", type=int, multiple=True,
    help=f"Percent to be told at; may be given several times. Default: {', '.join(map(str, THRESHOLDS))}.",
)  # fmt: skip
@click.option("--cooldown-min", type=int, help="Minutes between two alerts. Default: 10.")
@settings_options(*_PLACES)
@json_option
@pass_session
def set_(session: Session, /, name: str | None, flags: Mapping[str, object], as_json: bool, **given: Any) -> None:
    """Make a budget, or change the one of this NAME.

    With --agent and no NAME, where the settings give every agent such a budget, this agent gets a limit of its own.
    """
    from llm_service.cli import budget_door

    settings = session.settings(flags)
    fields = _fields(name, given)
    try:
        wanted = read_budget(fields, origin="page", in_request=True)
    except BudgetRefused as error:
        raise SettingsError(str(error).replace("limit_", "--").replace("_", "-")) from None
    old = _named(budget_door.reading(settings).check(given["agent"], None, None)["budgets"], wanted.name)
    old = old or _named(budget_door.reading(settings).listing()["budgets"], wanted.name)
    if old is not None and old["origin"] == "default":
        fields = {key: value for key, value in fields.items() if key.startswith("limit_")}
    saved = budget_door.save(settings, session.environ, old["id"] if old else None, fields)
    say(json.dumps(saved) if as_json else f"{_as_text(saved['name'])}: {_as_text(saved['sentence'])}")


@budget.command()
@click.argument("wanted", metavar="NAME|ID")
@settings_options(*_PLACES)
@json_option
@pass_session
def clear(session: Session, wanted: str, flags: Mapping[str, object], as_json: bool) -> None:
    """Remove a budget; an agent's own limit goes back to what every agent has."""
    from llm_service.cli import budget_door

    settings = session.settings(flags)
    found = _named(budget_door.reading(settings).listing()["budgets"], wanted)
    try:
        done = budget_door.clear(settings, session.environ, found["id"] if found else wanted)
    except NoSuchBudget as error:
        raise SettingsError(str(error)) from None
    say(json.dumps(done) if as_json else f"{_as_text(found['name'] if found else wanted)}: {done['outcome']}")


def _fields(name: str | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """The options as a request would write them."""
    scopes = [scope for scope in ("agent", "project", "model") if given[scope] is not None]
    if len(scopes) > 1:
        raise click.UsageError(f"a budget is about one thing: --{scopes[0]} or --{scopes[1]}")
    fields: dict[str, Any] = {"name": name, "period": given["period"], "cooldown_min": given["cooldown_min"]}
    if scopes:
        fields |= {"scope": scopes[0], "value": given[scopes[0]]}
    fields |= {"limit_usd": given["usd"], "limit_tokens": given["tokens"]}
    fields["thresholds"] = list(given["thresholds"]) or None
    return {key: value for key, value in fields.items() if value is not None}


def _named(budgets: Sequence[BudgetJson], wanted: str) -> BudgetJson | None:
    """The budget with this id or, where only one has it, this name."""
    named = [one for one in budgets if wanted in (one["id"], one["name"])]
    return named[0] if named else None


def _say_check(budgets: Sequence[BudgetJson]) -> None:
    """What is over or nearly so, one line each; else one line about the nearest."""
    near = [one for one in budgets if one["state"] != "ok"]
    for one in near or budgets[:1]:
        say(_as_text(f"{one['state']}: {one['name']}: {one['sentence']}"))
    if not budgets:
        say("ok: no budget applies")


def _table(budgets: Sequence[BudgetJson]) -> list[str]:
    if not budgets:
        return []
    rows = [_HEADINGS, *map(_row, budgets)]
    widths = [max(len(row[index]) for row in rows) for index in range(len(_HEADINGS) - 1)]
    return ["  ".join([*map(str.ljust, row, widths), row[-1]]).rstrip() for row in rows]


def _row(one: BudgetJson) -> tuple[str, ...]:
    of = one["scope"] if one["scope"] == "all" else f"{one['scope']} {one['value']}"
    origin = "override" if one["overridden"] else one["origin"]
    used = one["sentence"].split("; ")[0]
    return tuple(map(_as_text, (one["state"], used, one["name"], of, one["period"], origin, one["id"])))


def _as_text(text: str) -> str:
    """Names are foreign text: nothing in them may steer the terminal."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)
