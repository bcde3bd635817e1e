"""Rows of the board's history and the journeys that follow from them, inside a transaction of the recorder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from sqlite3 import Connection, Row
from typing import Any, NamedTuple

from llm_service.core.journeys import Journey, begin, go_on
from llm_service.core.shapes import CardJson

_COLUMNS = (
    "path, task_id, title, agent, priority, column_name, status, created_ms, assigned_ms, done_ms, removed_ms, watched"
)
_PLACE = f"SELECT {_COLUMNS} FROM journeys "
_KEEP = f"INSERT OR REPLACE INTO journeys ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
_LINE = (
    "INSERT INTO board_history (at_ms, event, path, task_id, title, column_name, old_column, agent, old_agent,"
    " priority, status, inferred) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
)


class Change(NamedTuple):
    """One change of a task as the hub told it, or as comparing found it (`inferred`)."""

    event: str
    at_ms: int
    body: Mapping[str, Any]
    inferred: bool = False


class Moment(NamedTuple):
    """A line of the feed that is no task's: an alert, say."""

    at_ms: int
    entry: Mapping[str, Any]


def write_changes(db: Connection, changes: Iterable[Change]) -> None:
    """Keep each change as a line and let its task's journey go on."""
    for change in changes:
        card = change.body["task"]
        _write_line(db, change, card)
        if card["id"] is not None:
            _let_go_on(db, change, card)


def note_line(db: Connection, moment: Moment) -> None:
    """Keep a line of the feed that is no task's."""
    db.execute(
        "INSERT INTO board_history (at_ms, event, inferred, body) VALUES (?, ?, 0, ?)",
        (moment.at_ms, moment.entry["event"], json.dumps(moment.entry)),
    )


def note_watching(db: Connection, event: str, at_ms: int) -> None:
    """Note that somebody watches at this moment; `event` is watch.started, watch.stopped or empty for neither.

    A process that was killed did not say that it stopped: then the last moment it was seen watching is written first.
    """
    seen = db.execute("SELECT value FROM facts WHERE name = 'watched_until_ms'").fetchone()
    if event == "watch.started" and seen is not None and _last_watch_event(db) == "watch.started":
        _write_watch_event(db, "watch.stopped", min(int(seen[0]), at_ms))
    if event:
        _write_watch_event(db, event, at_ms)
    db.execute("INSERT OR REPLACE INTO facts (name, value) VALUES ('watched_until_ms', ?)", (str(at_ms),))


def compare(db: Connection, cards: Iterable[CardJson], at_ms: int, *, inferred: bool) -> list[Change]:
    """What is different from where every task was seen last, as changes; `inferred`: since nobody watched.

    Tasks that are met for the first time ever are only remembered: they came before anybody watched.
    """
    known = {row["path"]: row for row in _rows(db, _PLACE + "WHERE removed_ms IS NULL")}
    started = db.execute("SELECT count(*) FROM board_history WHERE event = 'watch.started'").fetchone()[0]
    first_ever = inferred and not known and started == 1
    changes: list[Change] = []
    new: list[CardJson] = []
    for card in cards:
        if card["id"] is None:
            continue
        place = known.pop(card["path"], None)
        if place is None:
            new.append(card)
        elif (place["agent"], place["status"]) != (card["agent"], card["status"]):
            changes.append(_changed("task.updated", card, place, at_ms, inferred=inferred))
    by_id = {row["task_id"]: row for row in known.values()}
    for card in new:
        if first_ever:
            _keep(db, begin(card, at_ms, watched=False))
            continue
        place = by_id.pop(card["id"], None)
        if place is None:
            changes.append(Change("task.created", at_ms, {"task": card}, inferred))
        else:
            known.pop(place["path"], None)
            changes.append(_changed(_moved(place["column_name"], card), card, place, at_ms, inferred=inferred))
    changes.extend(Change("task.removed", at_ms, {"task": _card_of(row)}, inferred) for row in known.values())
    return changes


def _moved(old_column: str, card: CardJson) -> str:
    order = ("inbox", "assigned", "done")
    if card["column"] == "done" and old_column != "done":
        return "task.completed"
    if order.index(card["column"]) < order.index(old_column):
        return "task.returned"
    return "task.assigned" if card["column"] == "assigned" else "task.updated"


def _changed(event: str, card: CardJson, place: Row, at_ms: int, *, inferred: bool) -> Change:
    body = {
        "task": card,
        "old_path": place["path"],
        "old_column": place["column_name"],
        "old_agent": place["agent"],
    }
    return Change(event, at_ms, body, inferred)


def _card_of(place: Row) -> dict[str, Any]:
    return {
        "path": place["path"],
        "id": place["task_id"],
        "title": place["title"],
        "column": place["column_name"],
        "agent": place["agent"],
        "priority": place["priority"],
        "status": place["status"],
    }


def _write_line(db: Connection, change: Change, card: Mapping[str, Any]) -> None:
    body = change.body
    values = (
        *(change.at_ms, change.event, card["path"], card["id"], card["title"], card["column"], body.get("old_column")),
        *(card["agent"], body.get("old_agent"), card["priority"], card["status"], int(change.inferred)),
    )
    db.execute(_LINE, values)


def _let_go_on(db: Connection, change: Change, card: CardJson) -> None:
    watched = not change.inferred
    before = str(change.body.get("old_path") or card["path"])
    if change.event == "task.removed":
        db.execute("UPDATE journeys SET removed_ms = ? WHERE path = ?", (change.at_ms, before))
        return
    place = _one(db, "WHERE path = ?", before) or _one(db, "WHERE task_id = ? AND removed_ms IS NOT NULL", card["id"])
    if place is None:
        watched = watched and change.event == "task.created"
        journey = begin(card, change.at_ms, watched=watched)
        if change.inferred and journey.column == "done" and journey.done_ms is None:
            # It came and was done while nobody watched; the next best moment is when it was found.
            journey = journey._replace(done_ms=change.at_ms)
    else:
        journey = go_on(_journey(place), card, change.at_ms, watched=watched)
        if place["path"] != card["path"]:
            db.execute("DELETE FROM journeys WHERE path = ?", (place["path"],))
    _keep(db, journey)


def _keep(db: Connection, journey: Journey) -> None:
    db.execute(_KEEP, journey)


def _journey(row: Row) -> Journey:
    return Journey(*tuple(row)[:-1], watched=bool(row["watched"]))


def journeys(db: Connection, where: str, *values: object) -> list[Journey]:
    """The journeys that `where` (a constant of the caller's) selects."""
    return [_journey(row) for row in _rows(db, _PLACE + where, *values)]


def _rows(db: Connection, sql: str, *values: object) -> list[Row]:
    cursor = db.cursor()
    cursor.row_factory = Row
    return cursor.execute(sql, values).fetchall()


def _one(db: Connection, where: str, *values: object) -> Row | None:
    found = _rows(db, _PLACE + where + " ORDER BY removed_ms DESC LIMIT 1", *values)
    return found[0] if found else None


def _last_watch_event(db: Connection) -> str | None:
    sql = "SELECT event FROM board_history WHERE event IN ('watch.started', 'watch.stopped') ORDER BY id DESC LIMIT 1"
    found = db.execute(sql).fetchone()
    return None if found is None else str(found[0])


def _write_watch_event(db: Connection, event: str, at_ms: int) -> None:
    db.execute("INSERT INTO board_history (at_ms, event, inferred) VALUES (?, ?, 0)", (at_ms, event))
