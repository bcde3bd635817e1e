"""``llm-service telemetry import``: what other programs recorded, each row once however often it is imported."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import click

from llm_service.cli.options import settings_options
from llm_service.cli.printing import counted, say
from llm_service.cli.session import Session, pass_session
from llm_service.cli.task_table import as_text
from llm_service.core.invocations.usage import Door
from llm_service.telemetry.foreign_rows import Numbered, csv_rows, json_lines, kind_of
from llm_service.telemetry.old_database import OldDatabase, Totals

ROWS_A_TIME = 1_000
PROGRESS_ROWS = 20_000
LISTED = 1_000
SHOWN = 20


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@settings_options("watch_dir", "state_dir")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
@pass_session
def import_(session: Session, flags: Mapping[str, object], file: Path, as_json: bool) -> None:
    """Take over the rows of FILE: CSV with a header, JSON lines, or the older package's telemetry.db.

    Columns are named as in `telemetry record`; `telemetry export` writes files that can be read here. A row that
    cannot be taken is listed with its line and costs no other row. Importing a file again counts nothing twice. Exit 1
    only where not a single row could be taken.
    """
    from llm_service.cli import telemetry_door

    kind = kind_of(file)
    old = OldDatabase(file) if kind == "sqlite" else None
    rows = old.rows() if old else csv_rows(file) if kind == "csv" else json_lines(file)
    done = _Done(file, kind, quiet=as_json or not sys.stderr.isatty())
    with telemetry_door.opened(session.settings(flags), session.environ, Door.IMPORT) as door:
        while piece := list(islice(rows, ROWS_A_TIME)):
            done.add(piece, door.keep([row.raw for row in piece]))
    source = old.totals() if old else None
    if as_json:
        say(json.dumps(done.as_json(source)))
    else:
        for line in done.lines(source):
            say(as_text(line))
    if done.refused and not done.accepted + done.duplicate:
        raise click.exceptions.Exit(1)


class _Done:
    """What became of the rows so far."""

    def __init__(self, file: Path, kind: str, *, quiet: bool) -> None:
        self._file = file
        self._kind = kind
        self._quiet = quiet
        self.accepted = self.duplicate = self.refused = 0
        self._listed: list[dict[str, Any]] = []
        self._taken = Totals()

    def add(self, piece: list[Numbered], answer: Mapping[str, Any]) -> None:
        self.accepted += answer["accepted"]
        self.duplicate += answer["duplicate"]
        self.refused += len(answer["refused"])
        out = {row["index"]: row for row in answer["refused"]}
        for place, row in out.items():
            if len(self._listed) < LISTED:
                self._listed.append({"line": piece[place].line, "reason": row["reason"]})
        taken = [row.raw for place, row in enumerate(piece) if place not in out]
        self._taken = Totals(*map(sum, zip(self._taken, *map(_worth, taken), strict=True)))
        read = self._taken.rows + self.refused
        if not self._quiet and read // PROGRESS_ROWS > (read - len(piece)) // PROGRESS_ROWS:
            say(f"{read:,} rows …", err=True)

    def as_json(self, source: Totals | None) -> dict[str, Any]:
        found: dict[str, Any] = {
            "file": str(self._file),
            "kind": self._kind,
            "accepted": self.accepted,
            "duplicate": self.duplicate,
            "refused": self.refused,
            "refused_rows": self._listed,
            "taken": self._taken._asdict(),
        }
        return {**found, "source": source._asdict(), "equal": self._equals(source)} if source else found

    def lines(self, source: Totals | None) -> Iterator[str]:
        taken = counted(self.accepted, "row")
        yield f"{self._file}: {taken} taken, {self.duplicate:,} known already, {self.refused:,} refused."
        for row in self._listed[:SHOWN]:
            yield f"  {'id' if self._kind == 'sqlite' else 'line'} {row['line']}: {row['reason']}"
        if self.refused > SHOWN:
            yield f"  … and {self.refused - SHOWN:,} more; --json lists {LISTED:,}."
        if source:
            yield f"  in the file  {_told(source)}"
            yield f"  taken        {_told(self._taken)}" + ("" if self._equals(source) else "  (without the refused)")
            yield "  Rows that give their cost as $0 are priced by the price list, as far as it knows their models."

    def _equals(self, source: Totals) -> bool:
        taken = self._taken
        return taken[:3] == source[:3] and abs(taken.cost_usd - source.cost_usd) < 1e-6


def _worth(raw: object) -> Totals:
    row = raw if isinstance(raw, Mapping) else {}
    return Totals(1, row.get("input_tokens") or 0, row.get("output_tokens") or 0, row.get("cost_usd") or 0.0)


def _told(totals: Totals) -> str:
    rows, taken, made, usd = totals
    return f"{counted(rows, 'row')}  {taken:,} tokens in  {made:,} out  ${usd:,.6f}"
