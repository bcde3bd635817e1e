"""``llm-service telemetry export``: any table and any time as CSV or JSON, as the page's downloads are."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llm_service.cli.options import settings_options
from llm_service.cli.printing import say
from llm_service.cli.session import Session, pass_session
from llm_service.core.costs.span import RANGES, WIDTHS
from llm_service.core.query import BadQuery

if TYPE_CHECKING:
    from llm_service.settings import Settings

TABLES = (
    "invocations",
    "models",
    "agents",
    "projects",
    "tools",
    "nodes",
    "series",
    "buckets",
    "budget-alerts",
    "history",
    "flow",
)
BY = ("model", "agent", "project", "tool", "node")


@click.command()
@click.option("--table", type=click.Choice(TABLES), default=TABLES[0], show_default=True)
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
@click.option("--range", "span", type=click.Choice(list(RANGES)), help="Default: all.")
@click.option("--from", "begin", metavar="DATE|TIME", help="Instead of --range.")
@click.option("--to", "end", metavar="DATE|TIME", help="A day is exported to its end.")
@click.option("--width", type=click.Choice(WIDTHS), help="Of the buckets of series and buckets.")
@click.option("--by", type=click.Choice(BY), help="What series are told apart by.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A new file. Default: the standard output.")
@settings_options("watch_dir", "state_dir", "timezone")
@click.option("--json", "as_json", is_flag=True, help="With --output: print what was written as JSON.")
@pass_session
def export(
    session: Session, /, flags: Mapping[str, object], table: str, form: str, output: Path | None, as_json: bool,
    **asked: Any,
) -> None:  # fmt: skip
    """Write a table of telemetry. Text that a spreadsheet would run as a formula gets a ' before it."""
    if as_json and output is None:
        form = "json"
    given = {"range": asked["span"], "from": asked["begin"], "to": asked["end"]}
    args = {name: value for name, value in {**given, "width": asked["width"], "by": asked["by"]}.items() if value}
    if not {"range", "from", "to"} & args.keys():
        args["range"] = "all"
    try:
        chunks = _chunks(session.settings(flags), table, form, args)
        size = _write(output, chunks)
    except BadQuery as error:
        raise click.UsageError(str(error)) from error
    if output is not None:
        say(json.dumps({"path": str(output.resolve()), "bytes": size}) if as_json else f"{output}: {size:,} bytes")


def _chunks(settings: Settings, table: str, form: str, args: Mapping[str, str]) -> Iterator[bytes]:
    from llm_service.cli.telemetry_store import now_ms, opened
    from llm_service.dashboard.export_api import csv_chunks, json_chunks, table_of
    from llm_service.telemetry.costs import Costs
    from llm_service.telemetry.exports import Exports
    from llm_service.telemetry.local_zone import zone_name
    from llm_service.telemetry.looking_back import LookingBack

    database = opened(settings)
    if (wanted := zone_name(settings.timezone)) != database.zone.name:
        say(
            f"Days are those of {database.zone.name}, which the sums are kept by; a dashboard that is started with"
            f" {wanted} counts them anew.",
            err=True,
        )
    costs = Costs(database, database.zone, now_ms)
    looking_back = LookingBack(database, database.zone, now_ms=now_ms)
    exports = Exports(costs, database, looking_back.flow, now_ms)
    columns, rows = table_of(exports, table, args)
    return (csv_chunks if form == "csv" else json_chunks)(columns, rows)


def _write(output: Path | None, chunks: Iterator[bytes]) -> int:
    if output is None:
        size = 0
        for chunk in chunks:
            sys.stdout.buffer.write(chunk)
            size += len(chunk)
        sys.stdout.flush()
        return size
    try:
        with output.open("xb") as file:
            return sum(file.write(chunk) for chunk in chunks)
    except FileExistsError:
        raise click.UsageError(f"{output} exists already; name another file") from None
    except OSError as error:
        raise click.UsageError(f"cannot write {output}: {error.strerror}") from error
