"""The `telemetry.db` of the older package (schema 1.0.0): its `invocations` as raw rows, and their sums to compare.

Its times carry no zone; SQLite wrote them in UTC. Its price list said $0 for a model it did not know, so a cost of 0
for tokens is taken as not known.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from llm_service.errors import LlmServiceError
from llm_service.telemetry.foreign_rows import Numbered

_COLUMNS = (
    *("id", "invocation_id", "timestamp", "agent_name", "tool_name", "model_name", "prompt_tokens"),
    *("completion_tokens", "cost_usd", "latency_ms", "status", "error_message"),
)
_NEEDED = {"model_name", "prompt_tokens", "completion_tokens"}
_PAGE = 5_000


class Totals(NamedTuple):
    """What many rows come to."""

    rows: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0


class OldDatabase:
    """The file at `path`, opened read-only for each use. Raises `LlmServiceError` where it is no such database."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with closing(self._open()) as connection:
            try:
                found = {row[1] for row in connection.execute("PRAGMA table_info(invocations)")}
            except sqlite3.Error as error:
                raise LlmServiceError(f"cannot read {path}: {error}") from error
        if not found:
            raise LlmServiceError(f"{path} holds no table invocations; it is no telemetry database")
        if missing := _NEEDED - found:
            hint = "; rows of another llm-service are taken over with: telemetry export" if "at_ms" in found else ""
            raise LlmServiceError(f"{path}: its table invocations has no column {', '.join(sorted(missing))}{hint}")
        self._columns = [name if name in found else f"NULL AS {name}" for name in _COLUMNS]

    def rows(self) -> Iterator[Numbered]:
        """All invocations, in pages, so that no reader holds the file for long."""
        query = f"SELECT {', '.join(self._columns)} FROM invocations WHERE id > ? ORDER BY id LIMIT {_PAGE}"
        last = -(2**63)
        while True:
            with closing(self._open()) as connection:
                try:
                    page = connection.execute(query, (last,)).fetchall()
                except sqlite3.Error as error:
                    raise LlmServiceError(f"{self._path} cannot be read further than id {last}: {error}") from error
            if not page:
                return
            for row in page:
                yield Numbered(row[0], _raw(dict(zip(_COLUMNS, row, strict=True))))
            last = page[-1][0]

    def totals(self) -> Totals:
        """What the file itself adds up to."""
        query = (
            "SELECT count(*), coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0),"
            f" total({'cost_usd' if 'cost_usd' in self._columns else 'NULL'}) FROM invocations"
        )
        with closing(self._open()) as connection:
            try:
                return Totals(*connection.execute(query).fetchone())
            except sqlite3.Error as error:
                raise LlmServiceError(f"cannot read {self._path}: {error}") from error

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(f"file:{quote(str(self._path.resolve()))}?mode=ro", uri=True, timeout=5.0)
        except sqlite3.Error as error:
            raise LlmServiceError(f"cannot open {self._path}: {error}") from error
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        return connection


def _raw(old: dict[str, Any]) -> dict[str, Any]:
    cost = old["cost_usd"]
    used = (old["prompt_tokens"] or 0, old["completion_tokens"] or 0)
    raw = {
        "invocation_id": f"old:{old['invocation_id'] or old['id']}",
        "timestamp": _with_zone(old["timestamp"]),
        "model": old["model_name"],
        "tool": old["tool_name"],
        "agent": old["agent_name"],
        "input_tokens": old["prompt_tokens"],
        "output_tokens": old["completion_tokens"],
        "cost_usd": None if cost == 0 and any(used) else cost,
        "latency_ms": old["latency_ms"],
        "status": old["status"],
        "error": old["error_message"],
    }
    return {name: value for name, value in raw.items() if value is not None}


def _with_zone(stamp: object) -> object:
    if not isinstance(stamp, str):
        return stamp
    clock = stamp.strip()[10:]
    return stamp if clock.endswith(("Z", "z")) or "+" in clock or "-" in clock else f"{stamp.strip()}+00:00"
