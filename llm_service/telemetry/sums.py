"""The tables of sums and of single facts: adding to them."""

from __future__ import annotations

import sqlite3
from functools import lru_cache

from llm_service.core.invocations.rollups import FIELDS, Sums
from llm_service.core.zones import Zone

_ROLLUP = (
    f"INSERT INTO rollups (width, dimension, start_ms, value, {', '.join(FIELDS)})"
    f" VALUES (?, ?, ?, ?, {', '.join('?' * len(FIELDS))})"
    " ON CONFLICT (width, dimension, start_ms, value) DO UPDATE SET "
    + ", ".join(f"{name} = {name} + excluded.{name}" for name in FIELDS)
)
_LATENCY = (
    "INSERT INTO latencies (width, start_ms, le_ms, count) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (width, start_ms, le_ms) DO UPDATE SET count = count + excluded.count"
)


def add(connection: sqlite3.Connection, sums: Sums) -> None:
    """Add `sums` to what is there; in the order of the keys, so that each page is visited once."""
    connection.executemany(_ROLLUP, [(*key, *sums.rollups[key]) for key in sorted(sums.rollups)])
    connection.executemany(_LATENCY, [(*key, sums.latencies[key]) for key in sorted(sums.latencies)])


def zone_of(connection: sqlite3.Connection) -> Zone:
    """The zone that the sums are kept in, as the database says: another program may have changed it."""
    return _zone(fact(connection, "zone") or "UTC")


@lru_cache(maxsize=4)
def _zone(name: str) -> Zone:
    return Zone(name)


def fact(connection: sqlite3.Connection, name: str) -> str | None:
    """What is known under `name`."""
    found = connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return None if found is None else str(found[0])


def note(connection: sqlite3.Connection, name: str, value: object) -> None:
    """Know `value` under `name` from now on."""
    connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, str(value)))


def count(connection: sqlite3.Connection, name: str, more: int) -> None:
    """Add to a counter."""
    query = "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"
    connection.execute(query, (name, more))
