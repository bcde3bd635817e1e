"""``llm-service config``: what the settings are and where they came from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import click

from llm_service.cli.options import settings_options
from llm_service.cli.printing import say
from llm_service.cli.session import Session, pass_session
from llm_service.core.budgets.budget import Budget
from llm_service.core.budgets.settings import as_fields
from llm_service.core.loss.thresholds import Thresholds, as_table
from llm_service.core.pricing.gpu_hours import GpuHour, plain_gpu_hours
from llm_service.core.pricing.settings import OwnPrice, plain
from llm_service.logs import MASK
from llm_service.settings import TABLE, Row
from llm_service.upstreams import Upstream

_WIDEST_COLUMN = 40
"""A longer value moves only its own origin to the right, and not everybody's off the screen."""


@click.group()
def config() -> None:
    """The settings: flag, then LLM_SERVICE_*, then llm-service.toml here, then the user's, then default."""


@config.command()
@settings_options()
@click.option("--origin", is_flag=True, help="Say for each value where it came from.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
@pass_session
def show(session: Session, flags: Mapping[str, object], origin: bool, as_json: bool) -> None:
    """Print every setting as `dashboard start` with the same flags would use it."""
    resolved = session.resolve(flags)
    values = {name: _shown(row, getattr(resolved.settings, name)) for name, row in TABLE.items()}
    if as_json:
        full = {name: {"value": value, "origin": resolved.origins[name]} for name, value in values.items()}
        say(json.dumps(full if origin else values, indent=2))
        return
    width = max(map(len, values))
    shown = {name: json.dumps(value, ensure_ascii=False) for name, value in values.items()}
    value_width = min(_WIDEST_COLUMN, max(map(len, shown.values())))
    for name, text in shown.items():
        say(f"{name:<{width}}  " + (f"{text:<{value_width}}  {resolved.origins[name]}" if origin else text))


def _shown(row: Row, value: object) -> object:
    return MASK if row.kind.secret and value is not None else _plain(value)


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple) and value and isinstance(value[0], OwnPrice):
        return plain(value)
    if isinstance(value, tuple) and value and isinstance(value[0], GpuHour):
        return plain_gpu_hours(value)
    if isinstance(value, Upstream):
        return {"name": value.name, "url": value.url} | ({"token": MASK} if value.token else {})
    if isinstance(value, Thresholds):
        return {name: _plain(each) for name, each in as_table(value).items()}
    if isinstance(value, Budget):
        return as_fields(value)
    if hasattr(value, "_asdict"):
        return {name: _plain(each) for name, each in value._asdict().items()}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
