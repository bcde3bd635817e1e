"""Pricing again: what we estimated ourselves gets the present price; what a source reported never changes.

Rows are gone through in stretches of their numbers, each in a transaction of its own, so that recording goes on
meanwhile; a row, the sums it is in and its price change together. Ended halfway, nothing is wrong: the rest keeps
what it was billed at.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from llm_service.core.invocations.rollups import FIELDS, Line, summed
from llm_service.core.invocations.usage import Door, Invocation
from llm_service.core.pricing.price import cost_nano
from llm_service.core.pricing.table_json import Repricing
from llm_service.core.zones import Zone
from llm_service.telemetry import sums
from llm_service.telemetry.database import Database
from llm_service.telemetry.price_pipe import Key
from llm_service.telemetry.prices import Entry, Pricing
from llm_service.telemetry.recorder import Recorder

STRETCH = 5_000
"""Numbers of rows looked at in one transaction, about 50 ms where all of them change."""

_FIELDS = Invocation._fields
# Groups are told apart in SQL, so that rows that are right already cost no Python.
_WANTED = (
    "id BETWEEN ? AND ? AND reported_nano IS NULL AND coalesce(price_id, 0) IN (SELECT value FROM json_each(?))"
    " AND model IN (SELECT value FROM json_each(?))"
)
_ROWS = f"SELECT id, price_id, estimated_nano, counted, {', '.join(_FIELDS)} FROM invocations WHERE {_WANTED}"
_ANY = f"SELECT 1 FROM invocations WHERE {_WANTED} LIMIT 1"
_GROUPS = (
    "SELECT DISTINCT model, provider, price_id FROM invocations"
    " WHERE reported_nano IS NULL AND (? IS NULL OR model = ?)"
)
_UNPRICED = "SELECT id FROM invocations WHERE cost_nano IS NULL AND model = ? AND provider IS ?"
_CHANGE = "UPDATE invocations SET estimated_nano = ?, cost_nano = ?, price_id = ? WHERE id = ?"
_CORRECT = (
    "UPDATE rollups SET cost_nano = cost_nano + ?, unpriced_invocations = unpriced_invocations + ?,"
    " unpriced_tokens = unpriced_tokens + ? WHERE width = ? AND dimension = ? AND start_ms = ? AND value = ?"
)
_COST, _UNPRICED_ROWS, _UNPRICED_TOKENS = (
    FIELDS.index(name) for name in ("cost_nano", "unpriced_invocations", "unpriced_tokens")
)

Group = tuple[str, str | None, int | None]
"""Model, provider and price that rows have in common."""


class _Changed(NamedTuple):
    row: int
    invocation: Invocation
    old_nano: int | None
    new_nano: int
    price_id: int
    counted: bool


class Repricer:
    """Previews and applies present prices. One at a time; methods are called from any thread but the recorder's."""

    def __init__(self, database: Database, recorder: Recorder, pricing: Pricing) -> None:
        self._database = database
        self._recorder = recorder
        self._pricing = pricing
        self._one_at_a_time = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after costs that were kept before have changed, on the thread that changed them."""
        self._listeners.append(listener)

    def preview(self, model: str | None = None) -> tuple[Repricing, ...]:
        """What `apply` would change now, by model and provider."""
        return self._through(model, self._look)

    def apply(self, model: str | None = None) -> tuple[Repricing, ...]:
        """Change it. Raises `TelemetryUnavailable` where nothing can be written now; what was done stays done."""
        with self._one_at_a_time:
            changes = self._through(model, self._change)
        self._tell(bool(changes))
        return changes

    def price_late(self, keys: frozenset[Key]) -> None:
        """Price the unpriced rows of models that the list had not answered for when they came."""
        for key in keys:
            entry = self._pricing.entry(*key)
            with self._database.reading() as connection:
                rows = [row for (row,) in connection.execute(_UNPRICED, key)]
            wanted: set[Group] = {(*key, None)}
            changes = [self._change(low, high, wanted, {key: entry}) for low, high in _stretches(rows)]
            self._tell(any(changes))

    def _tell(self, changed: bool) -> None:
        for listener in self._listeners if changed else ():
            listener()

    def _through(self, model: str | None, each: Callable[..., list[_Changed]]) -> tuple[Repricing, ...]:
        entries, wanted = self._outdated(model)
        tallies: dict[Key, list[int]] = {}
        if wanted:
            for low in range(1, self._highest() + 1, STRETCH):
                _tally(tallies, each(low, low + STRETCH - 1, wanted, entries))
        return tuple(Repricing(*key, *tally) for key, tally in tallies.items())

    def _outdated(self, model: str | None) -> tuple[dict[Key, Entry], set[Group]]:
        """The groups of rows that the present price may change, and that price."""
        with self._database.reading() as connection:
            groups = [tuple(row) for row in connection.execute(_GROUPS, (model, model))]
        entries = self._pricing.entries({(name, provider) for name, provider, _ in groups})
        wanted: set[Group] = set()
        for name, provider, price_id in groups:
            entry = entries[name, provider]
            ids = {own.price_id for _, own in entry.own} | ({entry.listed.price_id} if entry.listed else set())
            if ids and ids != {price_id}:
                wanted.add((name, provider, price_id))
        return entries, wanted

    def _highest(self) -> int:
        with self._database.reading() as connection:
            return int(connection.execute("SELECT coalesce(max(id), 0) FROM invocations").fetchone()[0])

    def _look(self, low: int, high: int, wanted: set[Group], entries: dict[Key, Entry]) -> list[_Changed]:
        with self._database.reading() as connection:
            return list(_changed(connection, low, high, wanted, entries))

    def _change(self, low: int, high: int, wanted: set[Group], entries: dict[Key, Entry]) -> list[_Changed]:
        with self._database.reading() as connection:
            if connection.execute(_ANY, _parameters(low, high, wanted)).fetchone() is None:
                return []

        def work(connection: sqlite3.Connection) -> list[_Changed]:
            found = list(_changed(connection, low, high, wanted, entries))
            connection.executemany(_CHANGE, [(row.new_nano, row.new_nano, row.price_id, row.row) for row in found])
            _correct(connection, found)
            return found

        return self._recorder.write(work)


def _changed(
    connection: sqlite3.Connection, low: int, high: int, wanted: set[Group], entries: dict[Key, Entry]
) -> Iterator[_Changed]:
    """The rows of a stretch whose cost is another at the present price."""
    for number, price_id, old, counted, *fields in connection.execute(_ROWS, _parameters(low, high, wanted)):
        row = Invocation._make(fields)
        if (row.model, row.provider, price_id) not in wanted:
            continue
        price = entries[row.model, row.provider].at(row.at_ms)
        if price is None:
            continue
        new = cost_nano(price.quote, row)
        if new != old:
            yield _Changed(number, row._replace(door=Door(row.door)), old, new, price.price_id, bool(counted))


def _parameters(low: int, high: int, wanted: set[Group]) -> tuple[int, int, str, str]:
    prices = json.dumps(sorted({price_id or 0 for _, _, price_id in wanted}))
    return low, high, prices, json.dumps(sorted({model for model, _, _ in wanted}))


def _correct(connection: sqlite3.Connection, rows: Sequence[_Changed]) -> None:
    """Add the differences to the sums that are there; hours that are no longer kept do not come back."""
    lines = [
        line
        for row in rows
        if row.counted
        for line in (Line(row.invocation, row.old_nano, -1), Line(row.invocation, row.new_nano))
    ]
    zone = Zone(sums.fact(connection, "zone") or "UTC")
    differences = (
        (values[_COST], values[_UNPRICED_ROWS], values[_UNPRICED_TOKENS], *key)
        for key, values in sorted(summed(lines, zone).rollups.items())
    )
    connection.executemany(_CORRECT, [difference for difference in differences if any(difference[:3])])


def _tally(tallies: dict[Key, list[int]], rows: Iterable[_Changed]) -> None:
    for row in rows:
        tally = tallies.setdefault((row.invocation.model, row.invocation.provider), [0, 0, 0, 0])
        tally[0] += 1
        tally[1] += row.old_nano is None
        if row.counted:
            tally[2] += row.old_nano or 0
            tally[3] += row.new_nano


def _stretches(rows: Iterable[int]) -> list[tuple[int, int]]:
    """Stretches of numbers that hold all of `rows`."""
    starts = sorted({row // STRETCH * STRETCH for row in rows})
    return [(start, start + STRETCH - 1) for start in starts]
