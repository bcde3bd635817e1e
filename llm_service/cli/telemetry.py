"""``llm-service telemetry``: record, look at and keep what calls of models used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from llm_service.cli.options import settings_options
from llm_service.cli.otlp_setup import setup
from llm_service.cli.prices import prices, reprice
from llm_service.cli.printing import say
from llm_service.cli.session import Session, pass_session
from llm_service.cli.telemetry_export import export
from llm_service.cli.telemetry_import import import_
from llm_service.cli.telemetry_summary import summary
from llm_service.core.invocations.usage import STATUSES

WHERE = ("watch_dir", "state_dir")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")

_TEXTS = {
    "tool": "What made the call. Default: cli.",
    "agent": "Who made it.",
    "task": "The task it was for.",
    "session": "The session it belongs to.",
    "project": "The project it belongs to.",
    "node": "The machine it ran on.",
    "provider": "Who served the model.",
    "tier": "How it was served: batch, fast, flex, priority.",
    "error": "What went wrong.",
    "timestamp": "When, as ISO-8601 with a zone. Default: now.",
}
_COUNTS = {
    "input_tokens": "Input that was not read from or written to a cache.",
    "output_tokens": "All output, reasoning included.",
    "reasoning_tokens": "The part of the output that was reasoning.",
    "cache_read_tokens": "Input read from a cache.",
    "cache_write_tokens": "Input written to a cache, for a time not known.",
    "cache_write_5m_tokens": "Input written to a cache for five minutes.",
    "cache_write_1h_tokens": "Input written to a cache for an hour.",
    "web_searches": "Searches the provider made.",
}


@click.group()
def telemetry() -> None:
    """What calls of models used and cost."""


def _row_options(command: Any) -> Any:
    """A flag for each field of a row."""
    for name, meaning in reversed({**_TEXTS, **_COUNTS}.items()):
        kind = int if name in _COUNTS else str
        command = click.option(f"--{name.replace('_', '-')}", name, type=kind, help=meaning)(command)
    return command


@telemetry.command()
@click.argument("model")
@_row_options
@click.option("--latency-ms", type=float, help="How long it took.")
@click.option("--status", type=click.Choice(STATUSES), default="success")
@click.option("--cost-usd", type=float, help="What the provider said it cost. Default: the price list says.")
@click.option("--id", "invocation_id", help="Its id; the same id told twice counts once. Default: a new one.")
@settings_options(*WHERE)
@json_option
@pass_session
def record(session: Session, /, flags: Mapping[str, object], as_json: bool, **given: Any) -> None:
    """Record one call of MODEL, through the dashboard where one runs; exit 1 where it is refused."""
    from llm_service.cli import telemetry_door

    raw = {"tool": "cli", **{name: value for name, value in given.items() if value is not None}}
    with telemetry_door.opened(session.settings(flags), session.environ) as door:
        done = door.keep([raw])
    if as_json:
        say(json.dumps(done))
    for row in done["refused"]:
        say(f"Refused: {row['reason']}", err=True)
    if done["refused"]:
        raise click.exceptions.Exit(1)
    if not as_json:
        say("Recorded." if done["accepted"] else "This id is recorded already.")


@telemetry.command()
@settings_options(*WHERE)
@json_option
@pass_session
def check(session: Session, flags: Mapping[str, object], as_json: bool) -> None:
    """Check the database file, and recount every sum from the single rows; exit 1 where something differs."""
    from dataclasses import asdict

    from llm_service.instance import Home
    from llm_service.telemetry.database import FILE_NAME
    from llm_service.telemetry.integrity import check as check_database
    from llm_service.telemetry.read_only import ReadOnly
    from llm_service.telemetry.refusals import kept

    path = Home.of(session.settings(flags)).state_dir / FILE_NAME
    database = ReadOnly(path)
    report = check_database(database)
    with database.reading() as connection:
        refused = kept(connection) if report.sound else {}
    if as_json:
        say(json.dumps({"path": str(path), "ok": report.ok, **asdict(report), "refused": refused}))
    elif not report.sound:
        say(f"{path} is damaged: {report.problem}")
    else:
        say(f"{path} is sound: {report.rows:,} rows, {report.sums:,} sums recounted, {report.different:,} differ.")
        for sentence in (*report.differences, *report.notes):
            say(f"  {sentence}")
        if refused:
            fields = ", ".join(f"{number:,} for {field}" for field, number in refused.items())
            say(f"  Rows refused since the beginning: {fields}.")
    if not report.ok:
        raise click.exceptions.Exit(1)


@telemetry.command()
@click.argument("target", type=click.Path(path_type=Path))
@settings_options(*WHERE)
@json_option
@pass_session
def backup(session: Session, flags: Mapping[str, object], target: Path, as_json: bool) -> None:
    """Copy the database as it is now to TARGET, a new file or a folder, while it is being written to."""
    from llm_service.cli.telemetry_store import opened
    from llm_service.telemetry.backup import backup as back_up

    database = opened(session.settings(flags))
    if target.is_dir():
        target = target / database.path.name
    size = back_up(database, target)
    say(json.dumps({"path": str(target.resolve()), "bytes": size}) if as_json else f"{target}: {size:,} bytes")


for command in (import_, summary, export, prices, reprice, setup):
    telemetry.add_command(command)
