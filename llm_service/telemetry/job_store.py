"""What is kept of training jobs and finished adapters. Writing returns at once; reads are short."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from sqlite3 import Connection
from typing import Any, NamedTuple, Protocol

from llm_service.core.times import parse_ms
from llm_service.core.training.reports import ENDED
from llm_service.core.training.shapes import Adapter, JobCard
from llm_service.core.wire import safe

_KEEP = (
    "INSERT INTO jobs (key, id, source, kind, status, at_ms, ended_ms, card, more) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (key) DO UPDATE SET status = excluded.status, ended_ms = excluded.ended_ms, card = excluded.card,"
    " more = excluded.more, at_ms = min(at_ms, excluded.at_ms)"
)
_KEEP_ADAPTER = (
    "INSERT INTO adapters (key, source, at_ms, adapter) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (key) DO UPDATE SET at_ms = excluded.at_ms, adapter = excluded.adapter"
)
MOST_ADAPTERS = 2_000

Kept = tuple[JobCard, dict[str, Any]]
"""A job's card, and what its fold knows beside it."""


class Readable(Protocol):
    """What is needed of the database."""

    def reading(self) -> AbstractContextManager[Connection]: ...


class Poster(Protocol):
    """What is needed of the recorder."""

    def post(self, work: Callable[[Connection], object]) -> bool: ...


class JobFilter(NamedTuple):
    """What is asked of the kept jobs; None asks for all."""

    source: str | None = None
    kind: str | None = None
    status: str | None = None


class JobStore:
    """Safe on any thread. Methods that read raise `TelemetryUnavailable`."""

    def __init__(self, database: Readable, recorder: Poster, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._recorder = recorder
        self._now_ms = now_ms

    # -- jobs ---------------------------------------------------------------------------------------------------

    def keep(self, jobs: Sequence[Kept]) -> None:
        """Keep jobs, each in place of the one with its key."""
        rows = [_row(card, more, self._now_ms()) for card, more in jobs]
        self._recorder.post(lambda db: db.executemany(_KEEP, rows))

    def listed(self, ended_after_ms: int) -> list[Kept]:
        """Jobs that have not ended, or did after this moment; the oldest first."""
        sql = (
            "SELECT card, more FROM jobs WHERE ended_ms IS NULL"
            " UNION ALL SELECT card, more FROM jobs WHERE ended_ms >= ?"
        )
        with self._database.reading() as db:
            return [(json.loads(card), json.loads(more)) for card, more in db.execute(sql, (ended_after_ms,))]

    def job(self, key: str) -> JobCard | None:
        """The card as it was kept last."""
        with self._database.reading() as db:
            found = db.execute("SELECT card FROM jobs WHERE key = ?", (key,)).fetchone()
        return None if found is None else json.loads(found[0])

    def keys_of(self, bare_id: str) -> list[str]:
        """Keys of the kept jobs with this id: several where servers gave the same one."""
        with self._database.reading() as db:
            return [key for (key,) in db.execute("SELECT key FROM jobs WHERE id = ? ORDER BY key", (bare_id,))]

    def page(self, wanted: JobFilter, before: tuple[int, str] | None, limit: int) -> list[tuple[JobCard, int]]:
        """Jobs, newest first, each with the moment that orders it; those after the place `before` (moment, key)."""
        clauses, values = ["1 = 1"], []
        for name, value in zip(JobFilter._fields, wanted, strict=True):
            if value is not None:
                clauses.append(f"{name} = ?")
                values.append(value)
        if before is not None:
            clauses.append("(at_ms < ? OR (at_ms = ? AND key < ?))")
            values += [before[0], before[0], before[1]]  # type: ignore[list-item]
        sql = f"SELECT card, at_ms FROM jobs WHERE {' AND '.join(clauses)} ORDER BY at_ms DESC, key DESC LIMIT ?"
        with self._database.reading() as db:
            return [(json.loads(card), at_ms) for card, at_ms in db.execute(sql, (*values, limit))]

    # -- adapters -----------------------------------------------------------------------------------------------

    def keep_adapters(self, adapters: Sequence[Adapter]) -> None:
        """Keep adapters, each in place of the one with its key."""
        now_ms = self._now_ms()
        rows = [(one["key"], one["source"], _ms(one["created_at"]) or now_ms, _json(one)) for one in adapters]
        self._recorder.post(lambda db: db.executemany(_KEEP_ADAPTER, rows))

    def adapters(self) -> list[Adapter]:
        """The kept adapters, newest first."""
        sql = "SELECT adapter FROM adapters ORDER BY at_ms DESC, key LIMIT ?"
        with self._database.reading() as db:
            return [json.loads(text) for (text,) in db.execute(sql, (MOST_ADAPTERS,))]


def _row(card: JobCard, more: dict[str, Any], now_ms: int) -> tuple[object, ...]:
    ended = card["status"] in ENDED
    at_ms = _ms(card["started_at"]) or more.get("seen_ms") or now_ms
    ended_ms = (more.get("ended_ms") or _ms(card["finished_at"]) or now_ms) if ended else None
    head = (card["key"], card["id"], card["source"], card["kind"], card["status"])
    # Alarms are kept with the loss they are about.
    return (*head, at_ms, ended_ms, _json({**card, "alarms": []}), _json(more))


def _json(value: object) -> str:
    return json.dumps(safe(value), ensure_ascii=False, separators=(",", ":"))


def _ms(text: str | None) -> int | None:
    return parse_ms(text) if text else None
