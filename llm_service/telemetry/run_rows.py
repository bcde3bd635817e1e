"""Rows of runs and their events: written inside a transaction of the recorder, read through a short connection."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, cast

from llm_service.core.runs.event_text import AnyEvent, kept_text
from llm_service.core.runs.place import RunPlace
from llm_service.core.runs.shapes import ENDED, RunCard, RunEvent
from llm_service.core.times import parse_ms
from llm_service.core.wire import safe
from llm_service.telemetry import sums

_KEEP = (
    "INSERT INTO runs (key, id, source, status, model, node, at_ms, started_ms, ended_ms, tokens_in, tokens_out, words,"
    " card) VALUES (:key, :id, :source, :status, :model, :node, coalesce(:created_ms, :now_ms), :started_ms, :ended_ms,"
    " :tokens_in, :tokens_out, :words, :card)"
    " ON CONFLICT (key) DO UPDATE SET status = excluded.status, model = excluded.model, node = excluded.node,"
    " at_ms = coalesce(:created_ms, at_ms), started_ms = excluded.started_ms,"
    " tokens_in = excluded.tokens_in, tokens_out = excluded.tokens_out,"
    # A run that is told to have ended without a time ended when that was first heard.
    " ended_ms = CASE WHEN :ended_ms IS NULL THEN NULL ELSE coalesce(:told_ended_ms, ended_ms, :ended_ms) END,"
    " words = excluded.words, card = excluded.card"
)
_PLAIN = ("key", "id", "source", "status", "model", "node", "tokens_in", "tokens_out")
_KEEP_EVENT = (
    "INSERT INTO run_events (key, n, type, event) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (key, n) DO UPDATE SET type = excluded.type, event = excluded.event"
)
_HAS_RUN = "SELECT 1 FROM runs WHERE key = ?"


class Filters(NamedTuple):
    """What is asked of the kept runs; None asks for everything. `words` must all occur."""

    source: str | None = None
    status: str | None = None
    model: str | None = None
    words: tuple[str, ...] = ()


def words_of(text: str) -> tuple[str, ...]:
    """A search text as the words that must all occur."""
    return tuple(text[:200].casefold().split()[:10])


def write_runs(db: sqlite3.Connection, cards: Iterable[RunCard], now_ms: int) -> None:
    """Keep whole cards, each in place of the one with its key."""
    db.executemany(_KEEP, [_row(card, now_ms) for card in cards])


def write_events(db: sqlite3.Connection, events: Sequence[tuple[str, AnyEvent]]) -> None:
    """Keep events, each in place of the one with its run and number; those of unknown runs are counted and left out."""
    known = {key for key in {key for key, _ in events} if db.execute(_HAS_RUN, (key,)).fetchone()}
    rows = [(key, *kept_text(event)) for key, event in events if key in known]
    db.executemany(_KEEP_EVENT, rows)
    if len(rows) < len(events):
        sums.count(db, "run_events_without_run", len(events) - len(rows))


def _row(card: RunCard, now_ms: int) -> dict[str, object]:
    started = _ms(card["started_at"])
    created = _ms(card["created_at"]) or started
    ended = card["status"] in ENDED
    told = ended_ms(card)
    if ended and told is not None and card["duration_s"] is not None:
        # The server's own measure; `started_at` may be when we first heard of it.
        started = told - round(card["duration_s"] * 1000)
    texts = (card[name] for name in ("id", "task", "type", "domain", "model", "node", "agent", "snippet", "error"))
    return {
        **{name: card[name] for name in _PLAIN},  # type: ignore[literal-required]
        "now_ms": now_ms,
        "created_ms": created,
        "started_ms": started,
        "told_ended_ms": told if ended else None,
        "ended_ms": (told or now_ms) if ended else None,
        "words": " ".join(str(text) for text in texts if text).casefold(),
        "card": _json(card),
    }


def ended_ms(card: RunCard) -> int | None:
    """When a run ended: as told, else its beginning and how long it took; None where neither is known."""
    told = _ms(card["finished_at"])
    begun = _ms(card["started_at"]) or _ms(card["created_at"])
    if told is None and begun is not None and card["duration_s"] is not None:
        return begun + round(card["duration_s"] * 1000)
    return told


def one(db: sqlite3.Connection, key: str) -> RunCard | None:
    """The card of a run."""
    found = db.execute("SELECT card FROM runs WHERE key = ?", (key,)).fetchone()
    return None if found is None else cast(RunCard, json.loads(found[0]))


def has_any(db: sqlite3.Connection, source: str) -> bool:
    """Whether a run of this server is kept."""
    return db.execute("SELECT 1 FROM runs WHERE source = ? LIMIT 1", (source,)).fetchone() is not None


def keys_of(db: sqlite3.Connection, bare_id: str) -> list[str]:
    """Keys of all runs that have this id at their servers."""
    return [key for (key,) in db.execute("SELECT key FROM runs WHERE id = ? ORDER BY key", (bare_id,))]


def select(db: sqlite3.Connection, where: str, values: Sequence[object]) -> list[RunCard]:
    """The cards that `where` (a constant of the caller's) selects."""
    return [json.loads(text) for (text,) in db.execute(f"SELECT card FROM runs {where}", tuple(values))]


def page(
    db: sqlite3.Connection, filters: Filters, before: RunPlace | None, limit: int, *, by: str = "at_ms"
) -> tuple[list[RunCard], RunPlace | None]:
    """Up to `limit` runs, newest first by the column `by`, and the place of the last where there are more.

    By `ended_ms` only runs that ended are found.
    """
    clauses = [f"{by} IS NOT NULL"]
    values: list[object] = []
    # The plus keeps from the index by source: sorting all runs of a server takes seconds where there are many, and the
    # index in the order of the page finds the newest of them at once.
    for name, value in (("+source", filters.source), ("status", filters.status), ("model", filters.model)):
        if value is not None:
            clauses.append(f"{name} = ?")
            values.append(value)
    for word in filters.words:
        clauses.append("instr(words, ?) > 0")
        values.append(word)
    if before is not None:
        clauses.append(f"({by} < ? OR ({by} = ? AND key < ?))")
        values += [before.at_ms, before.at_ms, before.key]
    sql = f"SELECT card, {by}, key FROM runs WHERE {' AND '.join(clauses)} ORDER BY {by} DESC, key DESC LIMIT ?"
    rows = db.execute(sql, (*values, limit + 1)).fetchall()
    cards = [json.loads(row[0]) for row in rows[:limit]]
    return cards, RunPlace(rows[limit - 1][1], rows[limit - 1][2]) if len(rows) > limit else None


def events_after(db: sqlite3.Connection, key: str, after_n: int, limit: int) -> list[RunEvent]:
    """Events of a run in their order."""
    sql = "SELECT event FROM run_events WHERE key = ? AND n > ? ORDER BY n LIMIT ?"
    return [json.loads(text) for (text,) in db.execute(sql, (key, after_n, limit))]


def events_backwards(db: sqlite3.Connection, key: str) -> Iterator[RunEvent]:
    """What could be shown of a run, newest first, each read when it is asked for."""
    sql = "SELECT event FROM run_events WHERE key = ? AND type IN ('node_update', 'status') ORDER BY n DESC"
    for (text,) in db.execute(sql, (key,)):
        yield json.loads(text)


def _json(value: object) -> str:
    return json.dumps(safe(value), ensure_ascii=False, separators=(",", ":"))


def _ms(text: str | None) -> int | None:
    return parse_ms(text) if text else None
