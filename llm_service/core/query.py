"""Search, filter, sort and page over the board's cards: what ``GET /api/board`` and the snapshot answer with."""

from __future__ import annotations

import base64
import heapq
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from llm_service.core.shapes import ColumnJson, Facets
from llm_service.core.tasks import COLUMNS, PRIORITY_RANK, Card, Column
from llm_service.core.times import iso_seconds
from llm_service.core.wire import card_json

PAGE = 100
MAX_PAGE = 500
MAX_CURSOR = 8_000

MAX_CHOICES = 200

SortKey = tuple[str | int, ...]
_Filter = Callable[[Card], bool]


class Sort(StrEnum):
    """Orders of a column: newest created, most urgent, or newest changed first; ties fall to the path."""

    AGE = "age"
    PRIORITY = "priority"
    UPDATED = "updated"


class BadQuery(ValueError):
    """A query parameter that cannot be used; the text says which and what is allowed."""


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked of the board; empty sets ask for everything."""

    columns: tuple[Column, ...] = COLUMNS
    words: tuple[str, ...] = ()
    agents: frozenset[str] = frozenset()
    priorities: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    problem: bool = False
    sort: Sort = Sort.AGE
    after: SortKey | None = None
    limit: int = PAGE


def sort_key(card: Card, sort: Sort) -> SortKey:
    """The key of a card, to be sorted descending."""
    if sort is Sort.UPDATED:
        return (card.stamp.mtime_ns, card.path)
    created = (card.content.created_at if card.content else None) or iso_seconds(card.stamp.mtime_ns / 1e9)
    if sort is Sort.PRIORITY:
        return (-PRIORITY_RANK[card.priority], created, card.path)
    return (created, card.path)


def encode_cursor(key: SortKey) -> str:
    """The opaque cursor of the page that follows the card with this key."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode_cursor(text: str, sort: Sort) -> SortKey:
    """The key a cursor stands for. Raises `BadQuery`."""
    shape = {Sort.AGE: (str, str), Sort.PRIORITY: (int, str, str), Sort.UPDATED: (int, str)}[sort]
    try:
        if len(text) > MAX_CURSOR:
            raise ValueError
        key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if isinstance(key, list) and tuple(type(part) for part in key) == shape:
            return tuple(key)
    except (ValueError, RecursionError):
        pass
    raise BadQuery("cursor is not one this board gave out for this sort; ask for the first page again")


def column_page(
    cards: Iterable[Card], query: Query, *, total: int, problems: int, agents: dict[str, int]
) -> ColumnJson:
    """The next page of one column's matching cards."""
    keyed = ((sort_key(card, query.sort), card) for card in cards)
    if query.after is not None:
        after = query.after
        keyed = (pair for pair in keyed if pair[0] < after)
    page = heapq.nlargest(query.limit + 1, keyed, key=lambda pair: pair[0])
    more = len(page) > query.limit
    page = page[: query.limit]
    return {
        "total": total,
        "problems": problems,
        "cards": [card_json(card) for _, card in page],
        "next": encode_cursor(page[-1][0]) if more else None,
        "agents": agents,
    }


def select(cards: Collection[Card], query: Query) -> tuple[dict[str, ColumnJson], Facets]:
    """The asked columns' pages and, for each filter, how many cards each of its values would show."""
    if len(query.columns) < len(COLUMNS):
        cards = [card for card in cards if card.column in query.columns]
    if query.problem:
        cards = [card for card in cards if card.problem is not None]
    if query.words:
        cards = [card for card in cards if _has_words(card, query.words)]
    filters = _filters(query)
    found = _passing(cards, filters)
    pages = {
        column.value: _page_of([card for card in found if card.column is column], query) for column in query.columns
    }
    # Each filter's own choices are counted as if it were not set.
    others = [_passing(cards, [one for one in filters if one is not own]) if own else found for own in filters]
    agents, priorities, statuses, tags = others
    return pages, {
        "agents": _most_common(card.agent for card in agents if card.agent),
        "priorities": _most_common(card.priority.value for card in priorities),
        "statuses": _most_common(card.status.value for card in statuses),
        "tags": _most_common(tag for card in tags if card.content for tag in card.content.tags),
    }


def _page_of(found: list[Card], query: Query) -> ColumnJson:
    agents = Counter(card.agent for card in found if card.agent is not None)
    problems = sum(1 for card in found if card.problem is not None)
    total = sum(1 for card in found if card.content is not None)
    return column_page(found, query, total=total, problems=problems, agents=dict(agents))


def _has_words(card: Card, words: tuple[str, ...]) -> bool:
    if not words:
        return True
    text = f"{card.title}\n{card.id or ''}\n{card.agent or ''}\n{card.path}"
    if card.content:
        text += "\n" + "\n".join(card.content.tags)
    text = text.casefold()
    return all(word in text for word in words)


def _filters(query: Query) -> list[_Filter | None]:
    """The four filters by agent, priority, status and tag; None where nothing is asked."""
    agents, priorities, statuses, tags = query.agents, query.priorities, query.statuses, query.tags
    return [
        (lambda card: (card.agent or "") in agents) if agents else None,
        (lambda card: card.priority in priorities) if priorities else None,
        (lambda card: card.status in statuses) if statuses else None,
        (lambda card: card.content is not None and not tags.isdisjoint(card.content.tags)) if tags else None,
    ]


def _passing(cards: Collection[Card], filters: Iterable[_Filter | None]) -> Collection[Card]:
    for passes in filters:
        if passes is not None:
            cards = [card for card in cards if passes(card)]
    return cards


def _most_common(values: Iterable[str]) -> dict[str, int]:
    return dict(Counter(values).most_common(MAX_CHOICES))
