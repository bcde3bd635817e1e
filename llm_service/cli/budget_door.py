"""Where `llm-service budget` finds budgets: the database itself, whether or not a dashboard runs.

Reading opens the file read-only, so a script may ask in a loop. Changes go through a dashboard that runs, so that open
pages see them; without one they are written by this process.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from llm_service.core.budgets.settings import BudgetRefused, NoSuchBudget
from llm_service.core.budgets.shapes import BudgetJson, BudgetRemoved
from llm_service.core.zones import Zone
from llm_service.errors import LlmServiceError, SettingsError, TelemetryUnavailable
from llm_service.instance import Home
from llm_service.settings import Settings
from llm_service.telemetry.budget_store import Rules
from llm_service.telemetry.budgets import Budgets
from llm_service.telemetry.local_zone import zone_name
from llm_service.telemetry.read_only import ReadOnly
from llm_service.telemetry.webhook import Webhook

T = TypeVar("T")


class BudgetUnknown(LlmServiceError):
    """What was used cannot be told, which is neither "over" (1) nor wrong usage (2)."""

    exit_code = 3


class _File:
    """The database of a state directory, read-only; where there is none yet, an empty one."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self._file = ReadOnly(path)
        self._settings = settings

    @property
    def zone(self) -> Zone:
        """The zone that the sums are counted in, which is the setting's as soon as a dashboard ran with it."""
        with self.reading() as connection:
            row = connection.execute("SELECT value FROM facts WHERE name = 'zone'").fetchone()
        return Zone(row[0] if row else zone_name(self._settings.timezone))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._file.reading() as connection:
                yield connection
        except TelemetryUnavailable as error:
            raise BudgetUnknown(f"cannot tell what was used: {error}") from error


class _ThisProcess:
    """Writes as the recorder would, one transaction at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            done = work(self._connection)
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        return done


def reading(settings: Settings) -> Budgets:
    """The budgets, to be looked at only."""
    file = _File(Home.of(settings).state_dir / "telemetry.db", settings)
    return _budgets(file, _ThisProcess(sqlite3.connect(":memory:")), settings)


def save(
    settings: Settings, environ: Mapping[str, str], budget_id: str | None, fields: Mapping[str, Any]
) -> BudgetJson:
    """Make a budget, or change the one with this id; through the dashboard where one runs."""
    if record := Home.of(settings).running():
        from llm_service.cli.remote import send

        method, path = ("PUT", f"/api/budgets/{quote(budget_id)}") if budget_id else ("POST", "/api/budgets")
        return send(record, method, path, environ, fields)  # type: ignore[return-value]
    with _writing(settings) as budgets:
        return budgets.change(budget_id, fields) if budget_id else budgets.add(fields)


def clear(settings: Settings, environ: Mapping[str, str], budget_id: str) -> BudgetRemoved:
    """Remove a budget, or an agent's own limit; through the dashboard where one runs."""
    if record := Home.of(settings).running():
        from llm_service.cli.remote import send

        return send(record, "DELETE", f"/api/budgets/{quote(budget_id)}", environ)  # type: ignore[return-value]
    with _writing(settings) as budgets:
        return budgets.remove(budget_id)


@contextmanager
def _writing(settings: Settings) -> Iterator[Budgets]:
    from llm_service.telemetry.database import Database

    database = Database.open(Home.of(settings).state_dir, zone=zone_name(settings.timezone), now_ms=_now_ms)
    with closing(database.writing()) as connection:
        try:
            yield _budgets(database, _ThisProcess(connection), settings)
        except (BudgetRefused, NoSuchBudget) as error:
            raise SettingsError(str(error)) from None


def _budgets(database: Any, writer: _ThisProcess, settings: Settings) -> Budgets:
    return Budgets(
        database,
        writer,
        Rules(settings.budgets, settings.agent_budgets),
        changed=lambda: None,
        webhook=Webhook(None).state,
        publish=lambda _: None,
        now_ms=_now_ms,
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
