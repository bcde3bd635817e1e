"""Looking back at the kept history: flow metrics, what happened since a moment, and older lines of the feed."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from sqlite3 import Connection, Row
from typing import Any, Protocol, cast

from llm_service.core.flow import flow
from llm_service.core.flow_shapes import ActivityPage, FlowPage, Since, SinceGroup, WatchGap
from llm_service.core.query import BadQuery
from llm_service.core.shapes import ActivityEntry
from llm_service.core.times import iso_seconds
from llm_service.core.zones import Zone
from llm_service.telemetry.board_log import journeys

SHOWN = 20
_STEP = "SELECT path, task_id, title, agent, max(at_ms) AS at_ms FROM board_history WHERE at_ms > ? AND at_ms <= ? AND "
_TOKENS = (
    "input_tokens + output_tokens + cache_read_tokens"
    " + cache_write_tokens + cache_write_5m_tokens + cache_write_1h_tokens"
)
_NOT_SHOWN = "('watch.started', 'watch.stopped')"


class Readable(Protocol):
    """What is needed of the database."""

    def reading(self) -> AbstractContextManager[Connection]: ...


class LookingBack:
    """Answers from short-lived readers; safe on any thread."""

    def __init__(self, database: Readable, zone: Zone, *, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._zone = zone
        self._now_ms = now_ms

    def flow(self, days: int) -> FlowPage:
        """The flow page of the last `days` days, today included."""
        now_ms, zone = self._now_ms(), self._zone
        starts: list[tuple[str, int]] = []
        start = zone.day_start_ms(now_ms)
        for _ in range(days):
            starts.append((zone.day_of(start).isoformat(), start))
            start = zone.day_start_ms(start - 1)
        starts.reverse()
        first_ms = starts[0][1]
        with self._database.reading() as db:
            kept = journeys(
                db, "WHERE (done_ms IS NULL OR done_ms >= ?) AND ifnull(removed_ms, ?) >= ?", *[first_ms] * 3
            )
            earlier = "SELECT count(*) FROM journeys WHERE done_ms < ?"
            done_before = int(db.execute(earlier, (first_ms,)).fetchone()[0])
            since = db.execute("SELECT min(at_ms) FROM board_history WHERE event = 'watch.started'").fetchone()[0]
        return flow(kept, starts, now_ms, timezone=zone.name, since_ms=since, done_before=done_before)

    def since(self, at_ms: int) -> Since:
        """What happened after `at_ms`."""
        now_ms = self._now_ms()
        with self._database.reading() as db:
            spent = _spent(db, self._zone, at_ms, now_ms)
            # "limit" is the mark of a changed limit, which is nobody's news.
            told = "SELECT body FROM alerts WHERE at_ms > ? AND kind <> 'limit' ORDER BY id DESC LIMIT ?"
            alerts = db.execute(told, (at_ms, SHOWN))
            return {
                "since": iso_seconds(at_ms / 1000),
                "until": iso_seconds(now_ms / 1000),
                "done": _group(db, "event = 'task.completed'", at_ms, now_ms),
                "failed": _group(db, "status = 'error' AND event IN ('task.updated', 'task.created')", at_ms, now_ms),
                "created": _group(db, "event = 'task.created'", at_ms, now_ms),
                "alerts": [str(json.loads(row[0]).get("sentence", "")) for row in alerts],
                "cost_usd": (spent[0] or 0) / 1e9,
                "tokens": spent[1] or 0,
                "unpriced": spent[2] or 0,
                "gaps": _gaps(db, at_ms, now_ms),
            }

    def activity_before(self, cursor: str, limit: int) -> ActivityPage:
        """The lines of the feed before `cursor` (``<ms>.<id>``). Raises `BadQuery` for another text."""
        at_ms, _, row_id = cursor.partition(".")
        if not (at_ms.isdecimal() and row_id.isdecimal() and len(cursor) < 40):
            raise BadQuery("before is not a cursor that this server gave")
        sql = (
            f"SELECT * FROM board_history WHERE (at_ms, id) < (?, ?) AND event NOT IN {_NOT_SHOWN}"
            " ORDER BY at_ms DESC, id DESC LIMIT ?"
        )
        with self._database.reading() as db:
            rows = _named(db, sql, int(at_ms), min(int(row_id), (1 << 63) - 1), limit)
        full = len(rows) == limit
        return {
            "entries": [_entry(row) for row in rows],
            "next": f"{rows[-1]['at_ms']}.{rows[-1]['id']}" if full else None,
        }


def _named(db: Connection, sql: str, *values: object) -> list[Row]:
    cursor = db.cursor()
    cursor.row_factory = Row
    return cursor.execute(sql, values).fetchall()


def _entry(row: Row) -> ActivityEntry:
    if row["body"] is not None:
        return cast(ActivityEntry, json.loads(row["body"]))
    entry: dict[str, Any] = {
        "event": row["event"],
        "at": iso_seconds(row["at_ms"] / 1000),
        "path": row["path"],
        "id": row["task_id"],
        "title": row["title"],
        "column": row["column_name"],
        "agent": row["agent"],
    }
    if row["old_column"] is not None:
        entry["old_column"], entry["old_agent"] = row["old_column"], row["old_agent"]
    if row["inferred"]:
        entry["inferred"] = True
    return cast(ActivityEntry, entry)


def _group(db: Connection, which: str, at_ms: int, now_ms: int) -> SinceGroup:
    """Tasks of one kind, each once."""
    count = (
        f"SELECT count(DISTINCT ifnull(task_id, path)) FROM board_history WHERE at_ms > ? AND at_ms <= ? AND {which}"
    )
    rows = _named(db, _STEP + which + " GROUP BY ifnull(task_id, path) ORDER BY 5 DESC LIMIT ?", at_ms, now_ms, SHOWN)
    return {
        "count": int(db.execute(count, (at_ms, now_ms)).fetchone()[0]),
        "tasks": [
            {
                "path": row["path"],
                "id": row["task_id"],
                "title": row["title"],
                "agent": row["agent"],
                "at": iso_seconds(row["at_ms"] / 1000),
            }
            for row in rows
        ],
    }


def _spent(db: Connection, zone: Zone, at_ms: int, now_ms: int) -> tuple[int | None, int | None, int | None]:
    """Nano-dollars, tokens and unpriced invocations of a time: whole hours (days, where hours are kept no longer) from
    the sums, the rest from single rows.
    """
    width, whole_ms = "hour", zone.next_hour_ms(at_ms)
    if now_ms - at_ms > 85 * 86_400_000:
        width, whole_ms = "day", zone.next_day_ms(at_ms)
    sql = (
        "SELECT sum(cost), sum(tokens), sum(unpriced) FROM ("
        f"SELECT cost_nano AS cost, {_TOKENS} AS tokens, unpriced_invocations AS unpriced FROM rollups"
        " WHERE width = ? AND dimension = 'all' AND value = '' AND start_ms >= ? AND start_ms <= ?"
        f" UNION ALL SELECT cost_nano, {_TOKENS}, cost_nano IS NULL FROM invocations"
        " WHERE at_ms > ? AND at_ms < ? AND counted = 1)"
    )
    row = db.execute(sql, (width, whole_ms, now_ms, at_ms, min(whole_ms, now_ms + 1))).fetchone()
    return row[0], row[1], row[2]


def _gaps(db: Connection, at_ms: int, now_ms: int) -> list[WatchGap]:
    """The times after `at_ms` in which nobody watched."""
    sql = f"SELECT at_ms, event FROM board_history WHERE event IN {_NOT_SHOWN} ORDER BY id DESC LIMIT 200"
    gaps: list[WatchGap] = []
    end_ms = None
    for row in _named(db, sql):
        if row["event"] == "watch.started":
            end_ms = row["at_ms"]
        elif end_ms is not None and end_ms > at_ms and end_ms <= now_ms:
            start_ms = max(at_ms, row["at_ms"])
            if end_ms > start_ms:
                gaps.append({"start": iso_seconds(start_ms / 1000), "end": iso_seconds(end_ms / 1000)})
            end_ms = None
    return gaps[::-1]
