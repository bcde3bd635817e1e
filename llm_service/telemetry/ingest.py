"""A batch of invocations into the tables, inside the writer's transaction: each once, priced, counted and summed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from llm_service.core.invocations.rollups import Line, summed
from llm_service.core.invocations.usage import Door, Invocation
from llm_service.core.pricing.price import Quote, cost_nano
from llm_service.core.zones import Zone
from llm_service.telemetry import doors, ids, sums

ACCEPTED, DUPLICATE, REPLACED = range(3)
"""What became of a row: new, known already, or better than the one that was kept under its id."""

_FIELDS = Invocation._fields
_COLUMNS = ("id", *_FIELDS[:-1], "estimated_nano", "cost_nano", "price_id", "rank", "counted")
_INSERT = f"INSERT INTO invocations ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
_UPDATE = f"UPDATE invocations SET {', '.join(f'{name} = ?' for name in _COLUMNS[1:])} WHERE id = ?"
_READ = f"SELECT cost_nano, counted, {', '.join(_FIELDS)} FROM invocations WHERE id IN"
_DOOR = _FIELDS.index("door")
_plain = str.__str__


class Pricing(Protocol):
    """What the writer asks for prices; `prices.Pricing` keeps it."""

    def prepare(self, rows: Iterable[Invocation], /) -> None:
        """Before the transaction: find the prices of these rows."""

    def quote_for(self, row: Invocation, /) -> tuple[Quote, int] | None:
        """The price of the row's model at its time and its number in `prices`; None where none is known."""

    def save(self, connection: sqlite3.Connection, now_ms: int, /) -> None:
        """Inside the transaction, at its end: write the prices first used."""

    def saved(self) -> None:
        """The transaction of the last `save` is committed."""


class Kept(NamedTuple):
    """A row as it was kept, with what it costs; None where it is unpriced."""

    invocation: Invocation
    cost_nano: int | None


class Ingested(NamedTuple):
    """What became of each row of a batch, in its order, and those that are new or better."""

    outcomes: bytes
    kept: list[Kept]


class _Priced(NamedTuple):
    estimated: int | None
    cost: int | None
    price_id: int | None


def ingest(connection: sqlite3.Connection, rows: Sequence[Invocation], pricing: Pricing, zone: Zone) -> Ingested:
    """Keep `rows` and add them to the sums. Of two rows with one id the higher rank stays, of equal ranks the first."""
    hashes = {row.invocation_id: ids.hash_of(row.invocation_id) for row in rows}
    known = ids.find(connection, hashes)
    outcomes, told = _sorted_out(rows, known)
    if not told:
        return Ingested(outcomes, [])
    # Also a row that a later one of the batch takes the place of was told through its door.
    best, better = doors.best_doors(connection, told)
    winners = {row.invocation_id: row for row in told}
    lines = _demoted(connection, better) if better else []
    replacing = {known[text].row: row for text, row in winners.items() if text in known} if known else {}
    lines += _leaving(connection, replacing)
    price = _pricer(pricing)
    kept: list[Kept] = []
    added: list[tuple[int, int]] = []
    inserted: list[tuple] = []
    row_id = ids.next_row(connection)
    for text, row in winners.items():
        priced = price(row)
        counted = 1
        if best and (place := doors.place_of(row)) is not None:
            counted = int(place == best[row.tool, row.session or ""])
        record = (*row[:_DOOR], _plain(row.door), *row[_DOOR + 1 : -1], *priced, row.rank, counted)
        if replacing and text in known:
            connection.execute(_UPDATE, (*record, known[text].row))
        else:
            inserted.append((row_id, *record))
            added.append((hashes[text], row_id))
            row_id += 1
        kept.append(Kept(row, priced.cost))
        if counted:
            lines.append(Line(row, priced.cost))
    connection.executemany(_INSERT, inserted)
    ids.remember(connection, added)
    hours_from_ms = int(sums.fact(connection, "hours_from_ms") or 0)
    sums.add(connection, summed(lines, zone, hours_from_ms))
    return Ingested(outcomes, kept)


def _sorted_out(rows: Sequence[Invocation], known: dict[str, ids.Known]) -> tuple[bytes, list[Invocation]]:
    """What becomes of each row, and those that are new or better: of an id that comes twice, the last one is kept."""
    ranks: dict[str, int | None] = {text: found.rank for text, found in known.items()}
    outcomes = bytearray(len(rows))
    told: list[Invocation] = []
    for place, row in enumerate(rows):
        text = row.invocation_id
        if text not in ranks:
            outcomes[place] = ACCEPTED
        else:
            rank = ranks[text]
            # A row that retention deleted can no longer be taken out of the sums, so nothing can replace it.
            if rank is None or row.rank <= rank:
                outcomes[place] = DUPLICATE
                continue
            outcomes[place] = REPLACED
        ranks[text] = row.rank
        told.append(row)
    return bytes(outcomes), told


def _pricer(pricing: Pricing) -> Callable[[Invocation], _Priced]:
    """Prices one row: what the source reported counts, else our own estimate; both are kept."""
    quote_for = pricing.quote_for

    def price(row: Invocation) -> _Priced:
        found = quote_for(row)
        if found is None:
            return _Priced(None, row.reported_nano, None)
        quote, price_id = found
        estimated = cost_nano(quote, row)
        return _Priced(estimated, estimated if row.reported_nano is None else row.reported_nano, price_id)

    return price


def _demoted(connection: sqlite3.Connection, better: dict[doors.Session, int]) -> list[Line]:
    """Stop counting what lesser doors told of these sessions; return the lines that leave the sums."""
    lines: list[Line] = []
    for session, place in better.items():
        found = doors.rows_of_lesser_doors(connection, session, place)
        lines += _leaving(connection, found)
        connection.executemany("UPDATE invocations SET counted = 0 WHERE id = ?", ((row,) for row in found))
    return lines


def _leaving(connection: sqlite3.Connection, numbers: Iterable[int]) -> list[Line]:
    """Lines that take the counted ones among these rows out of the sums."""
    lines = []
    for cost, counted, *fields in ids.select_in(connection, _READ, numbers):
        if counted:
            fields[_DOOR] = Door(fields[_DOOR])
            lines.append(Line(Invocation._make(fields), cost, -1))
    return lines
