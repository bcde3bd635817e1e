"""Invocations one by one, newest first: a page with filters, and what goes on at this moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import NamedTuple

from llm_service.core.costs.page_shapes import InvocationPage, KeptInvocation
from llm_service.core.costs.shapes import ActiveOperation
from llm_service.core.invocations.query import InvocationQuery, Place, encode_place
from llm_service.core.money import usd
from llm_service.core.times import iso_seconds

LOOKS_AT = 10_000
"""Rows that one page may look at. There is no index a filter could use, on purpose: one beside the time's made other
questions 15 to 60 times slower (LIMITS 5b), so a rare filter goes on in the next page instead."""

ACTIVE_MS = 300_000
ACTIVE_SHOWN = 10
_ACTIVE_LOOKS_AT = 1_000

_TOKENS = (
    "input_tokens + output_tokens + cache_read_tokens + cache_write_tokens"
    " + cache_write_5m_tokens + cache_write_1h_tokens"
)
PLAIN = (
    *("invocation_id", "model", "tool", "door", "provider", "agent", "task", "session", "project", "node"),
    *("input_tokens", "output_tokens", "reasoning_tokens", "cache_read_tokens", "cache_write_tokens"),
    *("cache_write_5m_tokens", "cache_write_1h_tokens", "web_searches", "latency_ms", "status", "error", "tier"),
)
"""Columns that leave the house as they are."""
READ = (
    f"id, at_ms, {', '.join(PLAIN)}, {_TOKENS} AS total_tokens,"
    " cost_nano, reported_nano, estimated_nano, price_id, counted"
)
_MATCHED = ("model", "agent", "tool", "project", "node", "task", "session", "status", "door")


class LastHour(NamedTuple):
    """What one window of time used, from its rows."""

    cost_nano: int
    tokens: int


def page(connection: sqlite3.Connection, query: InvocationQuery) -> InvocationPage:
    """The next rows that match, out of no more than `LOOKS_AT`."""
    # Inside: a walk along the index on time. Outside: the filter, which ends the walk as soon as the page is full.
    walk, places = _walk(query)
    where, wanted = _filter(query)
    found = connection.execute(
        f"SELECT {READ} FROM (SELECT * FROM invocations WHERE {walk}"
        f" ORDER BY at_ms DESC, id DESC LIMIT {LOOKS_AT}) WHERE {where} LIMIT ?",
        (*places, *wanted, query.limit),
    ).fetchall()
    if len(found) == query.limit:
        last: Place | None = Place(found[-1]["at_ms"], found[-1]["id"])
    else:
        last = _last_looked_at(connection, walk, places)
    sources = price_sources(connection, found)
    return {
        "rows": [kept_json(row, sources) for row in found],
        "next": encode_place(last) if last else None,
        "searched_to": iso_seconds(last.at_ms / 1000) if last else None,
    }


def _walk(query: InvocationQuery) -> tuple[str, list[int]]:
    after = query.after
    bounds = [(query.from_ms, "at_ms >= ?"), (query.to_ms, "at_ms < ?")]
    conditions = [text for value, text in bounds if value is not None]
    places = [value for value, _ in bounds if value is not None]
    if after is not None:
        conditions.append("(at_ms, id) < (?, ?)")
        places += after
    return " AND ".join(conditions) or "1", places


def _filter(query: InvocationQuery) -> tuple[str, list[str]]:
    conditions, wanted = [], []
    for name in _MATCHED:
        if (value := getattr(query, name)) is not None:
            conditions.append(f"ifnull({name}, '') = ?")
            wanted.append(value)
    if query.unpriced:
        conditions.append("cost_nano IS NULL")
    return " AND ".join(conditions) or "1", wanted


def _last_looked_at(connection: sqlite3.Connection, walk: str, places: list[int]) -> Place | None:
    """The last row of a full walk, None where the walk came to its end."""
    found = connection.execute(
        f"SELECT at_ms, id FROM invocations WHERE {walk} ORDER BY at_ms DESC, id DESC LIMIT 1 OFFSET {LOOKS_AT - 1}",
        places,
    ).fetchone()
    return Place(*found) if found else None


def price_sources(connection: sqlite3.Connection, rows: list[sqlite3.Row]) -> dict[int, str]:
    """Where the prices of these rows come from, in words, by their id."""
    ids = sorted({row["price_id"] for row in rows if row["price_id"] is not None})
    # So many at a time as every SQLite allows parameters.
    found: dict[int, str] = {}
    for first in range(0, len(ids), 500):
        some = ids[first : first + 500]
        query = f"SELECT id, source, source_date FROM prices WHERE id IN ({', '.join('?' * len(some))})"
        found |= {row[0]: f"{row[1]} of {row[2]}" if row[2] else row[1] for row in connection.execute(query, some)}
    return found


def kept_json(row: sqlite3.Row, sources: Mapping[int, str]) -> KeptInvocation:
    """A row of `READ` as it leaves the house."""
    plain = {name: row[name] for name in PLAIN}
    return {  # type: ignore[typeddict-item]
        "invocation_id": plain.pop("invocation_id"),
        "timestamp": iso_seconds(row["at_ms"] / 1000),
        **plain,
        "total_tokens": row["total_tokens"],
        "cost_usd": usd(row["cost_nano"]),
        "reported_usd": usd(row["reported_nano"]),
        "estimated_usd": usd(row["estimated_nano"]),
        "price": sources.get(row["price_id"]),
        "counted": bool(row["counted"]),
    }


def active(connection: sqlite3.Connection, now_ms: int) -> list[ActiveOperation]:
    """The newest invocations of the last five minutes, newest first, at most ten."""
    found = connection.execute(
        f"SELECT invocation_id, at_ms, agent, tool, model, {_TOKENS} AS tokens, cost_nano, latency_ms, status FROM"
        " (SELECT * FROM invocations WHERE at_ms > ? AND at_ms <= ?"
        f" ORDER BY at_ms DESC, id DESC LIMIT {_ACTIVE_LOOKS_AT}) WHERE counted = 1 LIMIT {ACTIVE_SHOWN}",
        (now_ms - ACTIVE_MS, now_ms),
    )
    return [
        {
            "invocation_id": row["invocation_id"],
            "timestamp": iso_seconds(row["at_ms"] / 1000),
            "agent_name": row["agent"],
            "tool_name": row["tool"],
            "model_name": row["model"],
            "total_tokens": row["tokens"],
            "cost_usd": usd(row["cost_nano"]),
            "latency_ms": row["latency_ms"],
            "status": row["status"],
        }
        for row in found
    ]


def used_between(connection: sqlite3.Connection, start_ms: int, end_ms: int) -> LastHour:
    """What was used after `start_ms` up to `end_ms`, row by row: only for windows known to hold few rows."""
    found = connection.execute(
        f"SELECT ifnull(sum(cost_nano), 0), ifnull(sum({_TOKENS}), 0) FROM invocations"
        " WHERE at_ms > ? AND at_ms <= ? AND counted = 1",
        (start_ms, end_ms),
    ).fetchone()
    return LastHour(*found)


def first_ms(connection: sqlite3.Connection) -> int | None:
    """When the oldest invocation that is still kept was made."""
    found: int | None = connection.execute("SELECT min(at_ms) FROM invocations").fetchone()[0]
    return found
