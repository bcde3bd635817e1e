"""What the tests of the rules of Codex and OpenCode share: laying out fixtures, totals with every kind of token."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.agentlogs.kit import Store

COLUMNS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "reasoning": "reasoning_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
}
Totals = dict[str, dict[str, int]]


def lay_out(rule: Path, home: Path) -> Path:
    """Copy a rule's files into a home folder; each `x.db.sql` becomes the database `x.db`."""
    shutil.copytree(rule / "home", home, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sql"))
    for script in (rule / "home").rglob("*.db.sql"):
        make_database(home / script.relative_to(rule / "home").with_suffix(""), script.read_text())
    return home


def make_database(path: Path, script: str) -> None:
    """A closed database in WAL mode, as OpenCode leaves it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=wal")
        connection.executescript(script)


def totals(store: Store, tool: str) -> Totals:
    """Per model what is kept, from the raw rows."""
    sums = ", ".join(f"sum({column})" for column in COLUMNS.values())
    query = f"SELECT model, count(*), {sums} FROM invocations WHERE tool = ? AND counted GROUP BY 1"
    return _named(store.ask(query, tool))


def summed(store: Store) -> Totals:
    """Per model what the sums say that pages are drawn from."""
    columns = ", ".join(COLUMNS.values())
    query = f"SELECT value, invocations, {columns} FROM rollups WHERE width = 'ever' AND dimension = 'model'"
    return _named(store.ask(query))


def skipped(sources: list[Any]) -> dict[str, int]:
    """What all sources left out, by reason."""
    found: dict[str, int] = {}
    for source in sources:
        for reason, number in source["skipped"].items():
            found[reason] = found.get(reason, 0) + number
    return found


def expected(rule: Path) -> dict[str, Any]:
    return json.loads((rule / "expected.json").read_text())


def added(*many: Mapping[str, Mapping[str, int]]) -> Totals:
    """Totals by model, added up."""
    total: Totals = {}
    for one in many:
        for model, numbers in one.items():
            here = total.setdefault(model, dict.fromkeys(numbers, 0))
            for name, number in numbers.items():
                here[name] += number
    return total


def _named(rows: list[tuple[Any, ...]]) -> Totals:
    return {model: dict(zip(("messages", *COLUMNS), numbers, strict=True)) for model, *numbers in rows}
