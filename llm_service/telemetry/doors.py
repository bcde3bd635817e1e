"""One dollar seen through two doors is one dollar: of each tool's session only the best door's rows are counted.

A session is told by the agent's own log, by OTLP logs or by OTLP metrics (`SEEN_THROUGH`, the best last). When a
better door turns up later, what the lesser ones told of that session leaves the sums and stays as "also seen". Rows
without a session cannot be compared and are always counted: they may overlap.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from llm_service.core.invocations.usage import SEEN_THROUGH, Invocation

Session = tuple[str, str]
"""Tool and session."""

_PLACES: dict[str, int] = {door.value: place for place, door in enumerate(SEEN_THROUGH)}


def place_of(row: Invocation) -> int | None:
    """How good the row's door is for its session; None where doors are not compared."""
    return _PLACES.get(row.door) if row.session is not None else None


def best_doors(
    connection: sqlite3.Connection, rows: Iterable[Invocation]
) -> tuple[dict[Session, int], dict[Session, int]]:
    """The best door of each session that `rows` tell of, with these rows; and those of them that had a lesser one.

    Both are written to the table `doors`. The second holds the place of the new best door.
    """
    told: dict[Session, int] = {}
    for row in rows:
        place = place_of(row)
        if place is not None:
            session = (row.tool, row.session or "")
            if place > told.get(session, -1):
                told[session] = place
    best, better = {}, {}
    query = "SELECT best FROM doors WHERE tool = ? AND session = ?"
    for session, place in told.items():
        known = connection.execute(query, session).fetchone()
        best[session] = place if known is None else max(place, known[0])
        if known is not None and place > known[0]:
            better[session] = place
        if known is None or place > known[0]:
            connection.execute("INSERT OR REPLACE INTO doors VALUES (?, ?, ?)", (*session, place))
    return best, better


def rows_of_lesser_doors(connection: sqlite3.Connection, session: Session, place: int) -> list[int]:
    """Numbers of the counted rows of a session that came by doors below `place`."""
    doors = [door.value for door in SEEN_THROUGH[:place]]
    # The condition on both lesser doors is the one of the index; without it SQLite would look at every row.
    query = (
        "SELECT id FROM invocations WHERE tool = ? AND session = ? AND door IN ('otlp-logs', 'otlp-metrics')"
        f" AND door IN ({','.join('?' * len(doors))}) AND counted = 1"
    )
    return [row for (row,) in connection.execute(query, (*session, *doors))]
