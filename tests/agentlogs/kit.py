"""Fixtures of logs, and a real database that they are read into."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from llm_service.core.agentlogs.fold import Found
from llm_service.core.agentlogs.shapes import LogSourceJson
from llm_service.core.invocations.usage import Invocation
from llm_service.sources.agentlogs.known_tools import TOOLS
from llm_service.sources.agentlogs.passes import Place
from llm_service.sources.agentlogs.reading_once import read_all
from llm_service.sources.agentlogs.tool import Tool
from llm_service.telemetry.database import Database
from llm_service.telemetry.recorder import Recorder

FIXTURES = Path(__file__).parent / "fixtures"
NOW_MS = 1_793_500_000_000  # 1 November 2026
COLUMNS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "reasoning": "reasoning_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write_5m": "cache_write_5m_tokens",
    "cache_write_1h": "cache_write_1h_tokens",
}


class Unpriced:
    """A price list that knows no model: what is measured here are tokens."""

    def prepare(self, rows: Iterable[Invocation], /) -> None: ...

    def quote_for(self, row: Invocation, /) -> None:
        return None

    def save(self, connection: object, now_ms: int, /) -> None: ...

    def saved(self) -> None: ...


class Store:
    """A database in a folder of its own, with its writer, closed by `close`."""

    def __init__(self, state_dir: Path, now_ms: int = NOW_MS, zone: str = "UTC") -> None:
        self.state_dir = state_dir
        self.now_ms = lambda: now_ms
        self.database = Database.open(state_dir, zone=zone, now_ms=self.now_ms)
        self.recorder = Recorder(self.database, Unpriced(), now_ms=self.now_ms)
        self.recorder.start()

    def close(self) -> None:
        self.recorder.stop(5.0)

    def read_all(
        self, home: Path, environ: Mapping[str, str] | None = None, tools: Sequence[Tool] = TOOLS
    ) -> list[LogSourceJson]:
        place = Place(tools, home, environ or {})
        return read_all(place, self.database.reading, self.recorder, self.state_dir, self.now_ms)

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.database.reading() as connection:
            return [tuple(row) for row in connection.execute(query, values)]

    def totals(self, tool: str = "claude-code") -> dict[str, dict[str, int]]:
        """Per model what is kept, from the raw rows."""
        sums = ", ".join(f"sum({column})" for column in COLUMNS.values())
        rows = self.ask(f"SELECT model, count(*), {sums} FROM invocations WHERE tool = ? AND counted GROUP BY 1", tool)
        return {model: dict(zip(("messages", *COLUMNS), numbers, strict=True)) for model, *numbers in rows}

    def summed(self) -> dict[str, dict[str, int]]:
        """The same from the sums that pages are drawn from."""
        columns = ", ".join(COLUMNS.values())
        query = f"SELECT value, invocations, {columns} FROM rollups WHERE width = 'ever' AND dimension = 'model'"
        return {model: dict(zip(("messages", *COLUMNS), numbers, strict=True)) for model, *numbers in self.ask(query)}


def rules(tool: str) -> list[Path]:
    """The folders of a tool's fixtures, one a rule."""
    return sorted(path.parent for path in (FIXTURES / tool).glob("*/expected.json"))


def expected_of(rule: Path) -> dict[str, Any]:
    return json.loads((rule / "expected.json").read_text())


def lay_out(rule: Path, home: Path) -> Path:
    """Copy a rule's files into a home folder."""
    shutil.copytree(rule / "home", home, dirs_exist_ok=True)
    return home


def only_tokens(totals: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Expected totals without what is not in every table."""
    return {model: {name: each[name] for name in ("messages", *COLUMNS)} for model, each in totals.items()}


def added(*many: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Totals by model, added up."""
    total: dict[str, dict[str, int]] = {}
    for one in many:
        for model, numbers in one.items():
            here = total.setdefault(model, dict.fromkeys(numbers, 0))
            for name, number in numbers.items():
                here[name] += number
    return total


def best(found: Iterable[Found]) -> dict[str, Invocation]:
    """Of each id the row with the highest rank, the first among equals: what the recorder keeps."""
    kept: dict[str, Invocation] = {}
    for one in found:
        for row in one.rows:
            if row.invocation_id not in kept or row.rank > kept[row.invocation_id].rank:
                kept[row.invocation_id] = row
    return kept


def call(number: int, output: int = 5, at: str = "2026-10-05T10:00:00.000Z", **more: Any) -> bytes:
    """A line of Claude Code's for the call `number`, with its newline."""
    usage = {"input_tokens": 10, "output_tokens": output, "cache_read_input_tokens": 100}
    message = {"id": f"msg_{number}", "model": "claude-sonnet-4-5-20250929", "role": "assistant", "usage": usage}
    line = {"type": "assistant", "timestamp": at, "sessionId": "s1", "cwd": "/home/ada/widget", "message": message}
    return json.dumps({**line, **more}).encode() + b"\n"
