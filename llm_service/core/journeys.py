"""The way of one task over the board: when it came, was taken up and was done, watched or told by its own file.

What happened while we watched has the moment at which we saw it. What happened before has the stamp that the task's
file carries, and is marked as such: `watched` False. A file without stamps has no such moment, which is not the same as
now.
"""

from __future__ import annotations

from typing import NamedTuple

from llm_service.core.shapes import CardJson
from llm_service.core.times import parse_ms


class Journey(NamedTuple):
    """One task's moments in milliseconds since 1970, None where nobody knows them."""

    path: str
    task_id: str | None
    title: str
    agent: str | None
    priority: str
    column: str
    status: str
    created_ms: int | None
    assigned_ms: int | None
    done_ms: int | None
    removed_ms: int | None = None
    watched: bool = True


def begin(card: CardJson, now_ms: int, *, watched: bool) -> Journey:
    """The journey of a task that is seen for the first time; `watched` says that it really came just now."""
    column = card["column"]
    created, assigned, done = _stamps(card, now_ms)
    if watched:
        created = now_ms
        assigned = now_ms if column != "inbox" else None
        done = now_ms if column == "done" else None
    else:
        assigned = assigned if column != "inbox" else None
        done = done if column == "done" else None
    return _placed(card, created, assigned, done, watched=watched)


def go_on(journey: Journey, card: CardJson, now_ms: int, *, watched: bool) -> Journey:
    """The journey after the task was seen as `card`: a step to another column is its moment, or its file's stamp.

    A task that goes back loses the moment it had; what it cost to do it twice shows in its longer time.
    """
    column = card["column"]
    created, assigned, done = journey.created_ms, journey.assigned_ms, journey.done_ms
    known = watched and journey.watched
    if column != journey.column:
        _, stamped_assigned, stamped_done = _stamps(card, now_ms)
        if column == "inbox":
            assigned = done = None
        if column == "assigned":
            done = None
            if assigned is None:
                assigned = now_ms if watched else stamped_assigned or now_ms
        if column == "done":
            done = now_ms if watched else stamped_done or now_ms
    return _placed(card, created, assigned, done, watched=known)


def _placed(card: CardJson, created: int | None, assigned: int | None, done: int | None, *, watched: bool) -> Journey:
    return Journey(
        path=card["path"],
        task_id=card["id"],
        title=card["title"],
        agent=card["agent"],
        priority=card["priority"],
        column=card["column"],
        status=card["status"],
        created_ms=created,
        assigned_ms=assigned,
        done_ms=done,
        watched=watched,
    )


def _stamps(card: CardJson, now_ms: int) -> tuple[int | None, int | None, int | None]:
    """What the file says of its creation, its taking up and its end; a stamp of the future is not believed."""
    created, assigned = _past(card["created_at"], now_ms), _past(card["assigned_at"], now_ms)
    started, done = _past(card["started_at"], now_ms), _past(card["completed_at"], now_ms)
    return created, assigned if assigned is not None else started, done


def _past(text: str | None, now_ms: int) -> int | None:
    moment = parse_ms(text) if text else None
    return None if moment is None or moment > now_ms else moment
