"""A real database with a real writer, filled by hand, and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from llm_service.core.invocations.usage import Door, Invocation
from llm_service.telemetry.costs import Costs
from llm_service.telemetry.database import Database
from llm_service.telemetry.recorder import Recorder

DOLLAR = 1_000_000_000
BERLIN = "Europe/Berlin"


def at(text: str, zone: str = BERLIN) -> int:
    """``2026-11-21 16:30`` of a zone's clock in milliseconds since 1970."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


class NoPrices:
    """Only what a source reports has a cost."""

    def prepare(self, _calls: object) -> None: ...
    def quote_for(self, _call: Invocation) -> None: ...
    def save(self, _connection: object, _now_ms: int) -> None: ...
    def saved(self) -> None: ...


class Ledger:
    """`now_ms` is the clock. `spend` records one call and returns it."""

    def __init__(self, state_dir: Path, now_ms: int, zone: str) -> None:
        self.now_ms = now_ms
        self.database = Database.open(state_dir, zone=zone, now_ms=lambda: self.now_ms)
        self.recorder = Recorder(self.database, NoPrices(), now_ms=lambda: self.now_ms)
        self.costs = Costs(self.database, self.database.zone, lambda: self.now_ms)
        self.rows: list[Invocation] = []

    def call(self, at_ms: int, dollars: float | None = None, **more: Any) -> Invocation:
        """A call that is not recorded yet; without dollars it is unpriced."""
        reported = None if dollars is None else round(dollars * DOLLAR)
        given: dict[str, Any] = {"model": "m", "tool": "t", "door": Door.API, "input_tokens": 0, **more}
        number = len(self.rows)
        self.rows.append(Invocation(f"call-{number}", at_ms, reported_nano=reported, **given))
        return self.rows[-1]

    def spend(self, at_ms: int, dollars: float | None = None, **more: Any) -> Invocation:
        made = self.call(at_ms, dollars, **more)
        assert self.recorder.record([made]).accepted == 1
        return made


@contextmanager
def ledger(state_dir: Path, now: str, zone: str = BERLIN) -> Iterator[Ledger]:
    made = Ledger(state_dir, at(now, zone), zone)
    made.recorder.start()
    try:
        yield made
    finally:
        made.recorder.stop()
