"""Sums out of the rollups: never out of the invocations, of which there may be ten million."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from llm_service.core.costs.page_shapes import CostSums
from llm_service.core.costs.span import Piece
from llm_service.core.invocations.rollups import FIELDS
from llm_service.core.money import usd

_COLUMNS = ", ".join(FIELDS)
_TOKENS = (
    "input_tokens + output_tokens + cache_read_tokens + cache_write_tokens"
    " + cache_write_5m_tokens + cache_write_1h_tokens"
)
_SUMS = ", ".join(f"sum({name})" for name in FIELDS)


class Used(NamedTuple):
    """Sums of invocations, as the columns of `rollups`; costs in nano-dollars, cache writes by their lifetime."""

    invocations: int = 0
    errors: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    cost_nano: int = 0
    unpriced_invocations: int = 0
    unpriced_tokens: int = 0
    latency_ms_sum: int = 0
    latency_count: int = 0

    @property
    def all_cache_writes(self) -> int:
        return self.cache_write_tokens + self.cache_write_5m_tokens + self.cache_write_1h_tokens

    @property
    def total_tokens(self) -> int:
        """Each token once."""
        return self.input_tokens + self.output_tokens + self.cache_read_tokens + self.all_cache_writes

    def plus(self, other: Sequence[int]) -> Used:
        return Used(*map(sum, zip(self, other, strict=True)))


NOTHING = Used()


def sums_json(used: Used) -> CostSums:
    """Sums as they leave the house."""
    return {
        "invocations": used.invocations,
        "errors": used.errors,
        "input_tokens": used.input_tokens,
        "output_tokens": used.output_tokens,
        "reasoning_tokens": used.reasoning_tokens,
        "cache_read_tokens": used.cache_read_tokens,
        "cache_write_tokens": used.all_cache_writes,
        "total_tokens": used.total_tokens,
        "cost_usd": usd(used.cost_nano),
        "unpriced_invocations": used.unpriced_invocations,
        "unpriced_tokens": used.unpriced_tokens,
    }


def ever(connection: sqlite3.Connection) -> Used:
    """Everything that was ever counted."""
    return ever_of(connection, "all", "")


def ever_of(connection: sqlite3.Connection, dimension: str, value: str) -> Used:
    """Everything that was ever counted of one value of a dimension."""
    found = connection.execute(
        f"SELECT {_COLUMNS} FROM rollups WHERE width = 'ever' AND dimension = ? AND start_ms = 0 AND value = ?",
        (dimension, value),
    ).fetchone()
    return Used(*found) if found else NOTHING


def over_time(connection: sqlite3.Connection, width: str, start_ms: int, end_ms: int) -> list[tuple[int, Used]]:
    """The sums of everything by the hour's or day's start, oldest first; only those in which something happened."""
    found = connection.execute(
        f"SELECT start_ms, {_COLUMNS} FROM rollups"
        " WHERE width = ? AND dimension = 'all' AND start_ms >= ? AND start_ms < ? AND value = '' ORDER BY start_ms",
        (width, start_ms, end_ms),
    )
    return [(row[0], Used(*row[1:])) for row in found.fetchall()]


def values_over_time(
    connection: sqlite3.Connection, width: str, start_ms: int, end_ms: int, dimension: str, values: Sequence[str]
) -> list[tuple[str, int, int, int]]:
    """Value, start of the hour or day, nano-dollars and tokens, for some values of a dimension."""
    found = connection.execute(
        f"SELECT value, start_ms, cost_nano, {_TOKENS} FROM rollups"
        " WHERE width = ? AND dimension = ? AND start_ms >= ? AND start_ms < ?"
        f" AND value IN ({', '.join('?' * len(values))})",
        (width, dimension, start_ms, end_ms, *values),
    )
    # Plain tuples: ninety days by the hour are eleven thousand rows, and a row with names takes as long as finding it.
    found.row_factory = None
    return found.fetchall()


def by_value(connection: sqlite3.Connection, dimension: str, pieces: Iterable[Piece]) -> dict[str, Used]:
    """The sums of every value of a dimension that occurs in the pieces."""
    sums: dict[str, Used] = {}
    for piece in pieces:
        found = connection.execute(
            f"SELECT value, {_SUMS} FROM rollups"
            " WHERE width = ? AND dimension = ? AND start_ms >= ? AND start_ms < ? GROUP BY value",
            (piece.width, dimension, piece.start_ms, piece.end_ms),
        )
        for value, *added in found:
            sums[value] = sums[value].plus(added) if value in sums else Used(*added)
    # What was taken back again, as a better report of the same call does, leaves rows of zeros.
    return {value: used for value, used in sums.items() if any(used)}


def first_day_ms(connection: sqlite3.Connection) -> int | None:
    """The start of the oldest day with anything in it, None where nothing was ever counted."""
    found: int | None = connection.execute(
        "SELECT min(start_ms) FROM rollups WHERE width = 'day' AND dimension = 'all'"
    ).fetchone()[0]
    return found


def dearest(sums: dict[str, Used]) -> list[tuple[str, Used]]:
    """By cost, then tokens, then calls, the most first; then by name."""
    return sorted(
        sums.items(), key=lambda pair: (-pair[1].cost_nano, -pair[1].total_tokens, -pair[1].invocations, pair[0])
    )
