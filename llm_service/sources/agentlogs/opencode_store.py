"""Reads what is new in OpenCode's database: new rows by their number, unfinished ones by their id."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from llm_service.core.agentlogs.fold import BAD_COUNT, MALFORMED, Found
from llm_service.core.agentlogs.opencode import (
    BAD_COST,
    COPIED,
    Message,
    document_of,
    is_answer,
    is_final,
    is_original,
    read_message,
    read_session,
)
from llm_service.core.agentlogs.opencode_tokens import Kept
from llm_service.core.agentlogs.values import ImpossibleCountError
from llm_service.core.invocations.usage import Invocation
from llm_service.sources.agentlogs.opencode_database import TABLES, Database, Row, opened
from llm_service.sources.agentlogs.tool import State

ROWS = 300
MOST_OPEN = 200
"""Unfinished messages that are looked at again; those of a crash stay unfinished for ever."""
FRESH_S = 60.0
"""A session that was changed so lately may be in the middle of writing what it used."""
NO_TABLES = "database without a table of messages"

_Candidate = tuple[Kept, Row, Message]


def poll(path: Path, state: State | None) -> Iterator[tuple[Found, State]]:
    """What is new since `state`, in steps. The database is opened anew for each. Raises OSError, sqlite3.Error."""
    here = dict(state or {})
    more = True
    while more:
        with opened(path) as database:
            step = _Step(database, here)
            more = step.read()
        here = step.state
        yield step.found(), here


class _Step:
    """Some hundred rows. `state` holds per table the last row's number and id, the ids of unfinished messages, those
    told before they were finished, and how far the sessions' own columns were looked at.
    """

    def __init__(self, database: Database, state: State) -> None:
        self._database = database
        self._first = not state
        self.state: State = {key: _copied(value) for key, value in state.items()}
        self._rows: dict[str, Invocation] = {}
        self._skipped: dict[str, int] = {}
        self._messages = 0

    def found(self) -> Found:
        return Found(list(self._rows.values()), self._skipped, self._messages)

    def read(self) -> bool:
        """Take what is next; gives whether there is more."""
        if self._first and not self._database.tables:
            self._skip(NO_TABLES)
        more = False
        candidates: list[_Candidate] = []
        for kept in self._database.tables:
            known = self._open(kept)
            rows = self._database.rows_named(kept, known) if known else []
            candidates += self._answers(kept, rows, known=True)
            rows = self._next(kept)
            candidates += self._answers(kept, rows, known=False)
            more = more or len(rows) == ROWS
        copies = self._copies(candidates)
        for kept, row, message in candidates:
            if row.id in copies:
                self._skip(COPIED)
            else:
                self._tell(kept, row, message)
        if not more:
            self._read_sessions()
        return more

    def _open(self, kept: Kept) -> list[str]:
        known: list[str] = self.state.get(f"open {TABLES[kept]}", [])
        return known

    def _next(self, kept: Kept) -> list[Row]:
        """New rows. Numbers go up, but after VACUUM or the deletion of the newest they may be given again."""
        place = self.state.get(TABLES[kept], [0, ""])
        if place[0] and self._database.id_at(kept, place[0]) != place[1]:
            place = [0, ""]
        rows = self._database.rows_after(kept, place[0], ROWS)
        if rows:
            place = [rows[-1].rowid, rows[-1].id]
        self.state[TABLES[kept]] = place
        return rows

    def _answers(self, kept: Kept, rows: list[Row], known: bool) -> list[_Candidate]:
        found: list[_Candidate] = []
        still_open = [] if known else self._open(kept)
        for row in rows:
            document = document_of(row.data) if row.data is not None else {}
            if document is None:
                self._skip(MALFORMED, known)  # O15
            elif is_answer(document, kept, row.kind):
                if not is_final(document):
                    still_open.append(row.id)
                message = self._message(kept, row, document, known)
                if message is not None:
                    found.append((kept, row, message))
        self.state[f"open {TABLES[kept]}"] = list(dict.fromkeys(still_open))[-MOST_OPEN:]
        return found

    def _message(self, kept: Kept, row: Row, document: dict[str, Any], known: bool = False) -> Message | None:
        try:
            steps = self._database.steps(row.id) if kept is Kept.MESSAGE else []
            return read_message(row.id, document, steps, self._database.session(row.session), kept)
        except ImpossibleCountError:
            self._skip(BAD_COUNT, known)
            return None

    def _tell(self, kept: Kept, row: Row, message: Message) -> None:
        if message.bad_cost:
            self._skip(BAD_COST)
        told: list[str] = self.state.setdefault("told", [])
        twice = kept is Kept.SESSION_MESSAGE and Kept.MESSAGE in self._database.tables
        before = row.id in told or (twice and self._database.has(Kept.MESSAGE, row.id))  # O8
        self._messages += not before
        if message.final and row.id in told:
            told.remove(row.id)
        elif not message.final and row.id not in told:
            self.state["told"] = [*told, row.id][-MOST_OPEN:]
        best = self._rows.get(message.row.invocation_id)
        if best is None or message.row.rank > best.rank:
            self._rows[message.row.invocation_id] = message.row

    def _copies(self, candidates: list[_Candidate]) -> set[str]:
        """O5, O9: those that a fork copied from another session, by their ids."""
        copies = set()
        doubtful = []
        for kept, row, message in candidates:
            boundary = self._database.boundary(row.session) if kept is Kept.SESSION_MESSAGE else None
            if boundary is not None and row.seq is not None and row.seq <= boundary:
                copies.add(row.id)
            elif not is_original(row.id, message.created_ms):
                doubtful.append((row, message))
        if not doubtful:
            return copies
        others = self._made_with(doubtful)
        for row, message in doubtful:
            if any(_precedes(other, row, message) for other in others.get(message.fingerprint, ())):
                copies.add(row.id)
        return copies

    def _made_with(self, doubtful: list[tuple[Row, Message]]) -> dict[tuple[Any, ...], list[Row]]:
        """All messages made in the same milliseconds as these, by fingerprint."""
        moments = list({message.created_ms for _, message in doubtful})
        found: dict[tuple[Any, ...], list[Row]] = {}
        for kept in self._database.tables:
            for row in self._database.rows_made_at(kept, moments):
                document = document_of(row.data) if row.data is not None else None
                if document is None or not is_answer(document, kept, row.kind):
                    continue
                try:
                    steps = self._database.steps(row.id) if kept is Kept.MESSAGE else []
                    message = read_message(row.id, document, steps, self._database.session(row.session), kept)
                except ImpossibleCountError:
                    continue
                if message is not None:
                    found.setdefault(message.fingerprint, []).append(row)
        return found

    def _read_sessions(self) -> None:
        """O10: sessions whose messages lost their tokens, by the columns of the session."""
        newest = since = self.state.get("sessions", 0)
        waiting: list[str] = []
        for columns in self._database.sessions_with_tokens(since):
            updated = columns["time_updated"]
            newest = max(newest, updated) if isinstance(updated, int) else newest
            self._read_session(columns, waiting)
        for session in self.state.get("waiting", []):
            if session not in waiting and (columns := self._database.columns(session)):
                self._read_session(columns, waiting)
        self.state["sessions"] = newest
        self.state["waiting"] = waiting[-MOST_OPEN:]

    def _read_session(self, columns: dict[str, Any], waiting: list[str]) -> None:
        session = str(columns["id"])
        answers = 0
        for kept, row in self._database.answers_in(session):
            document = document_of(row.data) or {}
            if is_answer(document, kept, row.kind):
                answers += 1
                if self._message(kept, row, document, known=True) is not None:
                    return
                if not is_final(document) and _is_fresh(columns.get("time_updated")):
                    # Its tokens may be on their way.
                    waiting.append(session)
                    return
        if not answers or any(other < session for other in self._database.twin_sessions(columns)):
            return
        try:
            row = read_session(self._database.session(session), columns)
        except ImpossibleCountError:
            self._skip(BAD_COUNT)
            return
        if row is not None:
            self._rows[row.invocation_id] = row
            known: list[str] = self.state.setdefault("summed", [])
            if session not in known:
                self._messages += 1
                self.state["summed"] = [*known, session][-MOST_OPEN:]

    def _skip(self, reason: str, known: bool = False) -> None:
        """Count it, unless it was counted when it was seen first."""
        if not known:
            self._skipped[reason] = self._skipped.get(reason, 0) + 1


def _precedes(other: Row, row: Row, message: Message) -> bool:
    """Whether of two that are the same in everything but their ids the other one is the original."""
    if other.session == row.session or other.id == row.id:
        return False
    return is_original(other.id, message.created_ms) or other.id < row.id


def _is_fresh(updated_ms: object) -> bool:
    return isinstance(updated_ms, int) and time.time() - updated_ms / 1000 < FRESH_S


def _copied(value: Any) -> Any:
    return list(value) if isinstance(value, list) else value
