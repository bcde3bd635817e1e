"""The board as a fold: what was seen on disk in, cards and the events that follow out. Time is an argument."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from llm_service.core.cards import make_card
from llm_service.core.observations import FilesChanged, FileSeen
from llm_service.core.paths import Place, place
from llm_service.core.shapes import Counts
from llm_service.core.tasks import RANK, Card, Column, FileStamp, FileState

GRACE_S = 0.5
"""How long a vanished file may come back at another path, or the same, and still be the same card."""

TOGETHER_S = 0.1
"""Departures that follow each other so closely end together, so that ``rm -rf`` is one storm and not a hail."""


class Change(NamedTuple):
    """One event to be: its name, the card it is about and the card as it was (None at first sight)."""

    event: str
    card: Card
    old: Card | None


@dataclass(slots=True)
class _Departure:
    """Files that went at about the same moment."""

    first_s: float
    last_s: float

    @property
    def until_s(self) -> float:
        return self.last_s + GRACE_S


class _Leaving(NamedTuple):
    card: Card
    departure: _Departure


class Board:
    """Cards by path. `apply` and `expire` are the only ways in; both return what changed, in order."""

    def __init__(self) -> None:
        self.cards: dict[str, Card] = {}
        self.tally: dict[Column, Counter[str]] = {column: Counter() for column in Column}
        self._paths_of: dict[str, dict[str, None]] = {}
        self._leaving: dict[str, _Leaving] = {}
        self._latest: _Departure | None = None
        self._in_column: Counter[Column] = Counter()
        self._problems: Counter[Column] = Counter()

    def counts(self) -> Counts:
        """Tasks with an id in each column, and files with a problem."""
        return {
            "inbox": self._in_column[Column.INBOX],
            "assigned": self._in_column[Column.ASSIGNED],
            "done": self._in_column[Column.DONE],
            "problems": self._problems.total(),
        }

    def problems_in(self, column: Column) -> int:
        return self._problems[column]

    def with_id(self, task_id: str) -> list[Card]:
        """The cards that carry this id, the one changed last first."""
        cards = [self.cards[path] for path in self._paths_of.get(task_id, ())]
        return sorted(cards, key=lambda card: card.stamp.mtime_ns, reverse=True)

    def next_deadline_s(self) -> float | None:
        """When `expire` has something to do; the oldest departure is the first in the dict."""
        first = next(iter(self._leaving.values()), None)
        return first.departure.until_s if first else None

    def apply(self, batch: FilesChanged, now_s: float) -> list[Change]:
        """Fold one look at the disk. Departures first: a move is gone here and seen there, in any order on disk."""
        for path in batch.gone:
            if path in self.cards and path not in self._leaving:
                self._leaving[path] = _Leaving(self.cards[path], self._departure(now_s))
        movers = _Movers(self._leaving.values()) if self._leaving else None
        changes: list[Change] = []
        for seen in batch.seen:
            where = place(seen.path, any_name=seen.state is FileState.INVALID)
            if where is not None:
                changes.extend(self._see(seen, where, movers))
        return changes

    def expire(self, now_s: float) -> list[Change]:
        """Take away the cards whose file did not come back within the grace."""
        changes: list[Change] = []
        for path, leaving in list(self._leaving.items()):
            if leaving.departure.until_s > now_s:
                break
            del self._leaving[path]
            changes.append(Change("task.removed", leaving.card, leaving.card))
            changes.extend(self._put(path, None))
        return changes

    def _departure(self, now_s: float) -> _Departure:
        """The departure that a file which goes now belongs to; none lasts longer than the grace."""
        latest = self._latest
        if latest is None or now_s - latest.last_s > TOGETHER_S or now_s - latest.first_s > GRACE_S:
            latest = self._latest = _Departure(now_s, now_s)
        latest.last_s = now_s
        return latest

    def _see(self, seen: FileSeen, where: Place, movers: _Movers | None) -> list[Change]:
        came_back = self._leaving.pop(seen.path, None) is not None
        old = self.cards.get(seen.path)
        if old is None and movers is not None:
            source = movers.find(seen, self._leaving)
            if source is not None:
                del self._leaving[source]
                old = self.cards[source]
                changes = self._put(source, None)
                return [*self._show(seen, where, old), *changes]
        changes = self._show(seen, where, old)
        card = self.cards[seen.path]
        if came_back and card.id is not None:
            changes += self._remark_pair(card.id)
        return changes

    def _show(self, seen: FileSeen, where: Place, old: Card | None) -> list[Change]:
        content = seen.content
        if content is None and old is not None and seen.state is not FileState.OK:
            content = old.content
        shared = content is not None and self._is_shared(content.id, seen.path)
        card = make_card(seen.path, where, seen.stamp, content, state=seen.state, problem=seen.problem, shared=shared)
        twins = self._put(seen.path, card)
        if old is not None and _same_to_see(old, card):
            return twins
        return [Change(event_name(card, old), card, old), *twins]

    def _put(self, path: str, card: Card | None) -> list[Change]:
        """Replace or remove a card, keep the indexes, and re-mark the card whose id stopped or began to be shared."""
        old = self.cards.pop(path, None)
        if old is not None:
            self._count(old, -1)
        if card is not None:
            self.cards[path] = card
            self._count(card, +1)
        old_id, new_id = old.id if old else None, card.id if card else None
        if old_id == new_id:
            return []
        changes: list[Change] = []
        if old_id is not None:
            left = self._paths_of[old_id]
            del left[path]
            if not left:
                del self._paths_of[old_id]
            elif len(left) == 1:
                changes += self._remark(*left)
        if new_id is not None:
            self._paths_of.setdefault(new_id, {})[path] = None
            changes += self._remark_pair(new_id, but=path)
        return changes

    def _remark_pair(self, task_id: str, but: str = "") -> list[Change]:
        """Marks change only when one becomes two; among many all are marked already."""
        paths = self._paths_of[task_id]
        if len(paths) != 2:
            return []
        return [change for path in tuple(paths) if path != but for change in self._remark(path)]

    def _remark(self, path: str) -> list[Change]:
        card = self.cards[path]
        where = place(path)
        if where is None or card.content is None or path in self._leaving:
            return []
        shared = self._is_shared(card.content.id, path)
        again = make_card(path, where, card.stamp, card.content, state=card.state, problem=card.problem, shared=shared)
        if again.marks == card.marks:
            return []
        self.cards[path] = again
        return [Change("task.updated", again, card)]

    def _is_shared(self, task_id: str, path: str) -> bool:
        """Whether another file has this id; one that is just leaving is no twin, its successor would blink."""
        shared = self._paths_of.get(task_id, ())
        return any(other != path and other not in self._leaving for other in shared)

    def _count(self, card: Card, step: int) -> None:
        if card.content is not None:
            self._in_column[card.column] += step
        if card.problem is not None:
            self._problems[card.column] += step
        if card.agent is not None:
            tally = self.tally[card.column]
            tally[card.agent] += step
            if not tally[card.agent]:
                del tally[card.agent]


class _Movers:
    """Departed cards, found by file (device and inode) or by id."""

    def __init__(self, leaving: Iterable[_Leaving]) -> None:
        self._by_file: dict[tuple[int, int, int, int], str] = {}
        self._by_id: dict[str, str] = {}
        for card, _ in leaving:
            self._by_file[_file_of(card.stamp)] = card.path
            if card.id is not None:
                self._by_id[card.id] = card.path

    def find(self, seen: FileSeen, still_leaving: dict[str, _Leaving]) -> str | None:
        by_id = self._by_id.get(seen.content.id) if seen.content else None
        if by_id in still_leaving:
            return by_id
        by_file = self._by_file.get(_file_of(seen.stamp))
        if by_file in still_leaving:
            departed = still_leaving[by_file].card
            if seen.content is None or departed.id is None:
                return by_file
        return None


def _file_of(stamp: FileStamp) -> tuple[int, int, int, int]:
    """Which file this is. An inode alone does not tell: it is reused at once by the next file on some file systems."""
    return (stamp.dev, stamp.ino, stamp.size, stamp.mtime_ns)


def event_name(card: Card, old: Card | None) -> str:
    """The event that a card's change is, by DESIGN's rules."""
    if card.state is FileState.INVALID:
        return "task.invalid"
    if old is None:
        return "task.created"
    if card.column is not old.column:
        if card.column is Column.DONE:
            return "task.completed"
        return "task.assigned" if RANK[card.column] > RANK[old.column] else "task.returned"
    if card.column is Column.ASSIGNED and card.agent != old.agent:
        return "task.assigned"
    return "task.updated"


def _same_to_see(old: Card, card: Card) -> bool:
    """Whether nobody could tell the cards apart: inode and ctime may differ after ``chmod`` or ``mv`` and back."""
    return (
        old.path == card.path
        and old.stamp.mtime_ns == card.stamp.mtime_ns
        and old.state is card.state
        and old.content == card.content
        and old.problem == card.problem
        and old.marks == card.marks
    )
