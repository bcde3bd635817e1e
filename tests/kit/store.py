"""Telemetry's database with verbs, prices at our own seam, and an oracle that sums rows the slow way."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from llm_service.core.invocations.rollups import FIELDS
from llm_service.core.invocations.usage import Invocation
from llm_service.core.pricing.price import Period, Quote, Rate
from llm_service.telemetry.database import Database
from llm_service.telemetry.ingest import Kept
from llm_service.telemetry.recorder import Recorder

ZONE = "Europe/Berlin"
NOON_MS = 1_795_258_800_000
"""21 November 2026, 12:00 in Berlin."""
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class FlatPrices:
    """Input costs a dollar, output two for a million tokens; models that begin with "new" have no price."""

    def __init__(self) -> None:
        rates = {"input": Rate(1_000_000_000), "output": Rate(2_000_000_000)}
        self._found = Quote("test", "flat", "test", (Period(rates),)), 7

    def prepare(self, rows: Iterable[Invocation]) -> None:
        pass

    def quote_for(self, row: Invocation) -> tuple[Quote, int] | None:
        return None if row.model.startswith("new") else self._found

    def save(self, connection: sqlite3.Connection, now_ms: int) -> None:
        pass

    def saved(self) -> None:
        pass


class Clock:
    """Stands until it is moved."""

    def __init__(self, at_ms: int = NOON_MS) -> None:
        self.at_ms = at_ms

    def __call__(self) -> int:
        return self.at_ms


def row(name: str, at_ms: int = NOON_MS, **fields: object) -> Invocation:
    """An invocation of 1,000 tokens in and 100 out."""
    given = {"model": "sonnet", "tool": "claude-code", "input_tokens": 1000, "output_tokens": 100, **fields}
    return Invocation(name, at_ms, **given)  # type: ignore[arg-type]


def open_database(folder: Path, now_ms: Clock | None = None, zone: str = ZONE) -> Database:
    return Database.open(folder, zone=zone, now_ms=now_ms or Clock())


@contextmanager
def recording(database: Database, now_ms: Clock | None = None, **more: object) -> Iterator[Recorder]:
    """A started recorder, stopped at the end."""
    recorder = Recorder(database, FlatPrices(), now_ms=now_ms or Clock(), **more)  # type: ignore[arg-type]
    recorder.start()
    try:
        yield recorder
    finally:
        recorder.stop(5.0)
        assert not recorder.alive


def ask(database: Database, query: str, *values: object) -> list[tuple]:
    """All rows of a query."""
    with closing(sqlite3.connect(f"file:{database.path}?mode=ro", uri=True)) as connection:
        return connection.execute(query, values).fetchall()


def kept_sums(database: Database) -> dict[tuple, tuple[int, ...]]:
    """What the table of sums holds, without what is zero throughout."""
    rows = ask(database, f"SELECT width, dimension, start_ms, value, {', '.join(FIELDS)} FROM rollups")
    return {found[:4]: found[4:] for found in rows if any(found[4:])}


def kept_buckets(database: Database) -> dict[tuple, int]:
    return {found[:3]: found[3] for found in ask(database, "SELECT * FROM latencies") if found[3]}


def expected_sums(rows: Sequence[Kept], zone: str = ZONE, hours_from_ms: int = 0) -> dict[tuple, tuple[int, ...]]:
    """The same from rows that count, one by one, with the calendar of the standard library."""
    right: dict[tuple, list[int]] = {}
    for call, cost in rows:
        hour, day = _starts(call.at_ms, zone)
        tokens = (
            call.input_tokens,
            call.output_tokens,
            call.reasoning_tokens,
            call.cache_read_tokens,
            call.cache_write_tokens,
            call.cache_write_5m_tokens,
            call.cache_write_1h_tokens,
        )
        total = sum(tokens) - call.reasoning_tokens
        values = (
            *(1, int(call.status != "success"), *tokens, cost or 0),
            *(int(cost is None), total if cost is None else 0),
            *(call.latency_ms or 0, int(call.latency_ms is not None)),
        )
        for key in _keys(call, hour if hour >= hours_from_ms else None, day):
            sums = right.setdefault(key, [0] * len(FIELDS))
            for place, value in enumerate(values):
                sums[place] += value
    return {key: tuple(sums) for key, sums in right.items()}


def _keys(call: Invocation, hour: int | None, day: int) -> Iterator[tuple]:
    yield "ever", "task", 0, call.task or ""
    yield "ever", "session", 0, call.session or ""
    for dimension in ("all", "model", "agent", "tool", "project", "door", "provider", "node", "logged_model"):
        if dimension == "logged_model" and call.door != "log":
            continue
        value = "" if dimension == "all" else getattr(call, dimension.removeprefix("logged_")) or ""
        yield "ever", dimension, 0, value
        yield "day", dimension, day, value
        if hour is not None:
            yield "hour", dimension, hour, value


def _starts(at_ms: int, zone: str) -> tuple[int, int]:
    local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(ZoneInfo(zone))
    hour = local.replace(minute=0, second=0, microsecond=0)
    return int(hour.timestamp() * 1000), int(hour.replace(hour=0, fold=0).timestamp() * 1000)
