"""Search, filter, sort and page over the board's cards: what ``GET /api/board`` and the snapshot answer with."""

from __future__ import annotations

import base64
import heapq
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from llm_service.core.shapes import ColumnJson, Facets
from llm_service.core.tasks import COLUMNS, PRIORITY_RANK, Card, Column
from llm_service.core.times import iso_seconds
from llm_service.core.wire import card_json

PAGE = 100
MAX_PAGE = 500
MAX_CURSOR = 8_000

SortKey = tuple[str | int, ...]


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
    by_column: dict[Column, list[Card]] = {column: [] for column in query.columns}
    facets = (Counter[str](), Counter[str](), Counter[str](), Counter[str]())
    for card in cards:
        if card.column not in by_column or not _has_words(card, query.words):
            continue
        misses = _misses(card, query)
        if not misses:
            by_column[card.column].append(card)
        if len(misses) <= 1:
            _tally(card, facets, misses)
    pages = {column.value: _page_of(found, query) for column, found in by_column.items()}
    agents, priorities, statuses, tags = (dict(counter.most_common(200)) for counter in facets)
    return pages, {"agents": agents, "priorities": priorities, "statuses": statuses, "tags": tags}


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


def _misses(card: Card, query: Query) -> list[int]:
    """Which of the four filters this card fails, by position."""
    return list(_failed(card, query))


def _failed(card: Card, query: Query) -> Iterator[int]:
    if query.agents and (card.agent or "") not in query.agents:
        yield 0
    if query.priorities and card.priority not in query.priorities:
        yield 1
    if query.statuses and card.status not in query.statuses:
        yield 2
    if query.tags and not (card.content and query.tags.intersection(card.content.tags)):
        yield 3


def _tally(card: Card, facets: tuple[Counter[str], ...], misses: list[int]) -> None:
    """Count the card in every facet whose own filter is the only one it may fail."""
    values: tuple[tuple[str, ...], ...] = (
        (card.agent,) if card.agent else (),
        (card.priority.value,),
        (card.status.value,),
        card.content.tags if card.content else (),
    )
    for position, (counter, own) in enumerate(zip(facets, values, strict=True)):
        if not misses or misses == [position]:
            counter.update(own)
