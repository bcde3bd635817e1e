"""Which invocation ids are known: a table of hashes, exact because the text is compared where a hash is found.

Why not an index on the text: docs/decisions/0008. An id is remembered after retention deleted its row, so that an old
log which is read again adds nothing. Then there is no text left to compare; that two of ten million ids share one of
the 2⁶⁴ hashes has a chance of 3 in a million.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

_CHUNKS = (1, 16, 128, 1_000)
"""How many values one question holds: few sizes, so that each is prepared once."""


class Known(NamedTuple):
    """The row of an id; `rank` is None where the row itself is no longer kept."""

    row: int
    rank: int | None


def hash_of(invocation_id: str) -> int:
    """64 bits, signed, the same in every process."""
    digest = blake2b(invocation_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def find(connection: sqlite3.Connection, hashes: dict[str, int]) -> dict[str, Known]:
    """Those of the ids (with their hashes) that were kept before."""
    by_hash: dict[int, list[int]] = {}
    for found, row in _in_chunks(connection, "SELECT hash, row FROM ids WHERE hash IN", hashes.values()):
        by_hash.setdefault(found, []).append(row)
    if not by_hash:
        return {}
    query = "SELECT id, invocation_id, rank FROM invocations WHERE id IN"
    places = [row for rows in by_hash.values() for row in rows]
    kept = {row: (text, rank) for row, text, rank in _in_chunks(connection, query, places)}
    known: dict[str, Known] = {}
    for text, value in hashes.items():
        for row in by_hash.get(value, ()):
            if row not in kept:
                known.setdefault(text, Known(row, None))
            elif kept[row][0] == text:
                known[text] = Known(row, kept[row][1])
    return known


def remember(connection: sqlite3.Connection, added: list[tuple[int, int]]) -> None:
    """Add pairs of hash and row; in the order of the hashes, so that each page is visited once."""
    added.sort()
    connection.executemany("INSERT INTO ids VALUES (?, ?)", added)


def next_row(connection: sqlite3.Connection) -> int:
    """The first number that no row has or had: a number used twice would give a forgotten id another's text."""
    newest = connection.execute("SELECT max(id) FROM invocations").fetchone()[0]
    last = connection.execute("SELECT value FROM counters WHERE name = 'last_row'").fetchone()
    return 1 + max(newest or 0, last[0] if last else 0)


def keep_numbers(connection: sqlite3.Connection) -> None:
    """Remember, before rows are deleted, which numbers were given."""
    connection.execute("INSERT OR REPLACE INTO counters VALUES ('last_row', ?)", (next_row(connection) - 1,))


def select_in(connection: sqlite3.Connection, head: str, values: Iterable[int]) -> Iterator[tuple]:
    """The rows of `head` (a query that ends in ``IN``) for any number of values."""
    return _in_chunks(connection, head, values)


def _in_chunks(connection: sqlite3.Connection, head: str, values: Iterable[int]) -> Iterator[tuple]:
    wanted: Sequence[int] = list(values)
    start = 0
    while start < len(wanted):
        left = len(wanted) - start
        size = next((size for size in _CHUNKS if size >= left), _CHUNKS[-1])
        part = list(wanted[start : start + size])
        part += [part[0]] * (size - len(part))
        yield from connection.execute(f"{head} ({','.join('?' * size)})", part)
        start += size
