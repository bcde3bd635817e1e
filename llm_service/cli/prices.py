"""``llm-service telemetry prices`` and ``telemetry reprice``: what models cost and why, and pricing again."""

from __future__ import annotations

import json
from collections.abc import Mapping

import click

from llm_service.cli.options import settings_options
from llm_service.cli.printing import say
from llm_service.cli.session import Session, pass_session

_PLACES = ("watch_dir", "state_dir")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")


@click.command()
@click.argument("model", required=False)
@click.option("--provider", help="The provider that MODEL is recorded with.")
@settings_options(*_PLACES)
@json_option
@pass_session
def prices(
    session: Session, flags: Mapping[str, object], model: str | None, provider: str | None, as_json: bool
) -> None:
    """Say what MODEL costs and where the price is from; without MODEL, which prices are in use and which are missing.

    Exit 1 where MODEL has no price. The prices are those of a running dashboard, else of the settings here.
    """
    from llm_service.cli import price_door, price_text

    if provider and not model:
        raise click.UsageError("--provider needs a MODEL")
    page = price_door.page(session.settings(flags), session.environ, model, provider)
    asked = page["asked"]
    if as_json:
        say(json.dumps(page, indent=2, ensure_ascii=False))
    else:
        for line in price_text.page_lines(page) if asked is None else price_text.asked_lines(page, asked):
            say(line)
    if asked is not None and not asked["prices"]:
        raise click.exceptions.Exit(1)


@click.command()
@click.option("--preview/--apply", default=True, help="Only say what would change (the default), or change it.")
@click.option("--model", help="Only this model, as it is recorded.")
@settings_options(*_PLACES)
@json_option
@pass_session
def reprice(session: Session, flags: Mapping[str, object], preview: bool, model: str | None, as_json: bool) -> None:
    """Give the costs we estimated ourselves the present prices; what a source reported never changes."""
    from llm_service.cli import price_door, price_text

    done = price_door.reprice(session.settings(flags), session.environ, apply=not preview, model=model)
    if as_json:
        say(json.dumps(done, indent=2, ensure_ascii=False))
        return
    for line in price_text.repriced_lines(done):
        say(line)
