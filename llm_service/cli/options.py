"""Flags made from the settings table, so that a new setting needs no work here."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from llm_service.settings import TABLE, Row

Command = Callable[..., Any]


def settings_options(*names: str) -> Callable[[Command], Command]:
    """Give a command one flag for each named setting (all, where none is named); it gets them as ``flags``."""
    rows = [TABLE[name] for name in names] or [row for row in TABLE.values() if not row.flagless]

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def run(*args: Any, **kwargs: Any) -> Any:
            written = {row.name: kwargs.pop(row.name) for row in rows}
            flags = {name: value for name, value in written.items() if value not in (None, ())}
            return command(*args, flags=flags, **kwargs)

        flagged: Command = run
        for row in reversed(rows):
            flagged = _option(row)(flagged)
        return flagged

    return decorate


def _option(row: Row) -> Callable[[Command], Command]:
    """Values stay text here: the settings read them, so every layer is refused in the same words."""
    default = "" if row.default in (None, ()) else f" Default: {str(row.default).lower()}."
    if row.kind.switch:
        off = row.flag.replace("--", "--no-", 1)
        return click.option(f"{row.flag}/{off}", row.name, default=None, help=row.help + default)
    again = " May be repeated." if row.kind.many else ""
    return click.option(
        row.flag, row.name, default=None, multiple=row.kind.many, metavar=_metavar(row), help=row.help + again + default
    )


def _metavar(row: Row) -> str:
    """What stands for the value in the help."""
    kind = row.kind
    return kind.metavar or "|".join(kind.choices) or ("PATH" if kind.path else row.name.rpartition("_")[2].upper())
