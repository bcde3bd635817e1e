"""What is kept of watched servers' runs. Everything that writes returns at once; reads are short."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from sqlite3 import Connection
from typing import Protocol

from llm_service.core.runs.event_text import AnyEvent
from llm_service.core.runs.feed import Best, best_snippet
from llm_service.core.runs.figures import RunCounts, RunFigures
from llm_service.core.runs.place import RunPlace, decode_run_place, encode_run_place
from llm_service.core.runs.shapes import Feed, FeedEntry, RunCard, RunEvents
from llm_service.telemetry import run_rows, run_sums
from llm_service.telemetry.batch_store import BatchStore, Writer
from llm_service.telemetry.run_batches import Poster, RunBatches
from llm_service.telemetry.run_rows import Filters, words_of

MOST_CHOICES = 200


class Readable(Protocol):
    """What is needed of the database."""

    def reading(self) -> AbstractContextManager[Connection]: ...


class Recording(Poster, Writer, Protocol):
    """What is needed of the recorder."""


class RunStore:
    """Safe on any thread. Methods that read raise `TelemetryUnavailable`, with a cursor of others' also `BadQuery`."""

    def __init__(self, database: Readable, recorder: Recording, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._batches = RunBatches(recorder, now_ms)
        self.batches = BatchStore(database, recorder)
        """Launches of runs."""

    @property
    def dropped(self) -> int:
        """Cards and events since the start that could not be kept."""
        return self._batches.dropped

    @property
    def waiting(self) -> int:
        """Events that wait to be written."""
        return self._batches.waiting

    def waits(self, key: str) -> bool:
        """Whether the card of a run waits to be written."""
        return self._batches.waits(key)

    @property
    def room(self) -> int:
        """How many more events can be handed in now without any being dropped."""
        return self._batches.room

    def keep(self, runs: Sequence[RunCard], events: Sequence[tuple[str, AnyEvent]] = ()) -> None:
        """Keep whole cards by key, and events by (key, n); the card of a run must be kept before its events, or with.

        The dicts must not be changed afterwards: they are written later.
        """
        if runs or events:
            self._batches.add(runs, events)

    def run(self, key: str) -> RunCard | None:
        """The card as it was kept last."""
        with self._database.reading() as db:
            return run_rows.one(db, key)

    def has_any(self, source: str) -> bool:
        """Whether a run of this server is kept."""
        with self._database.reading() as db:
            return run_rows.has_any(db, source)

    def keys_of(self, bare_id: str) -> list[str]:
        """Keys of the runs with this id: several where servers gave the same one."""
        with self._database.reading() as db:
            return run_rows.keys_of(db, bare_id)

    def events(self, key: str, after_n: int = 0, limit: int = 500) -> RunEvents:
        """Events of a run in their order, those after number `after_n`."""
        with self._database.reading() as db:
            found = run_rows.events_after(db, key, after_n, limit + 1)
        complete = len(found) <= limit
        found = found[:limit]
        return {
            "key": key,
            "events": found,
            "next_n": found[-1]["n"] if found else after_n,
            "complete": complete,
        }

    def listing(
        self,
        *,
        source: str | None = None,
        status: str | None = None,
        model: str | None = None,
        q: str = "",
        before: str = "",
        limit: int = 100,
    ) -> tuple[list[RunCard], str | None]:
        """Runs, newest created first, and the cursor of the next page."""
        with self._database.reading() as db:
            cards, last = run_rows.page(
                db, Filters(source, status, model, words_of(q)), _place(before), limit, by="at_ms"
            )
        return cards, encode_run_place(last) if last else None

    def unended(self) -> list[RunCard]:
        """Runs that were not over when they were last heard of."""
        with self._database.reading() as db:
            return run_rows.select(db, "WHERE ended_ms IS NULL ORDER BY at_ms", ())

    def ended_after(self, at_ms: int, limit: int) -> list[RunCard]:
        """Runs that ended at or after this moment, the last ended first, at most so many."""
        with self._database.reading() as db:
            return run_rows.select(db, "WHERE ended_ms >= ? ORDER BY ended_ms DESC LIMIT ?", (at_ms, limit))

    def figures(self, source: str | None, from_ms: int) -> list[RunFigures]:
        """What is counted of the runs that were created from this moment on or still went on then, oldest first."""
        with self._database.reading() as db:
            return run_sums.figures(db, source, from_ms)

    def counts(self, source: str, day_start_ms: int) -> RunCounts:
        """How the runs of a source stand; those of today are those that ended since `day_start_ms`."""
        with self._database.reading() as db:
            return run_sums.counts(db, source, day_start_ms)

    def finished_between(self, source: str, from_ms: int, to_ms: int) -> int:
        """How many runs of a source ended from `from_ms` up to before `to_ms`."""
        with self._database.reading() as db:
            return run_sums.finished_between(db, source, from_ms, to_ms)

    def feed(
        self,
        *,
        source: str | None = None,
        status: str | None = None,
        model: str | None = None,
        q: str = "",
        before: str = "",
        limit: int = 50,
    ) -> Feed:
        """Runs that ended, the last ended first, each with its best snippet."""
        with self._database.reading() as db:
            cards, last = run_rows.page(
                db, Filters(source, status, model, words_of(q)), _place(before), limit, by="ended_ms"
            )
            entries = [_entry(db, card) for card in cards]
            return {
                "entries": entries,
                "next": encode_run_place(last) if last else None,
                "models": _choices(db, "model"),
                "sources": _choices(db, "source"),
            }


def _entry(db: Connection, card: RunCard) -> FeedEntry:
    best = best_snippet(run_rows.events_backwards(db, card["key"]))
    if not best.text:
        # Of a run that was met after its end there may be no event at all.
        best = Best(card["snippet"] or card["error"] or card["message"], card["agent"])
    count = db.execute("SELECT count(*) FROM run_events WHERE key = ?", (card["key"],)).fetchone()[0]
    return {"run": card, "snippet": best.text, "agent": best.agent, "events": count}


def _choices(db: Connection, column: str) -> list[str]:
    sql = f"SELECT DISTINCT {column} FROM runs WHERE ended_ms IS NOT NULL AND {column} IS NOT NULL ORDER BY 1 LIMIT ?"
    return [value for (value,) in db.execute(sql, (MOST_CHOICES,))]


def _place(cursor: str) -> RunPlace | None:
    return decode_run_place(cursor) if cursor else None
