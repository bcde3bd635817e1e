"""Query parameters to values; what cannot be used is a `BadQuery` that says which and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping

from llm_service.core.query import MAX_PAGE, PAGE, BadQuery, Query, Sort, decode_cursor
from llm_service.core.tasks import COLUMNS, Column, Priority, Status

MAX_WORDS = 10
MAX_TEXT = 200


def board_query(args: Mapping[str, str]) -> Query:
    """The query of ``GET /api/board``."""
    column = one_of(args, "column", [column.value for column in COLUMNS], "")
    sort = Sort(one_of(args, "sort", [sort.value for sort in Sort], Sort.AGE.value))
    cursor = args.get("cursor", "")
    if cursor and not column:
        raise BadQuery("cursor needs column: pages are per column")
    return Query(
        columns=(Column(column),) if column else COLUMNS,
        words=tuple(args.get("q", "")[:MAX_TEXT].casefold().split()[:MAX_WORDS]),
        agents=listed(args, "agent"),
        priorities=listed(args, "priority", [priority.value for priority in Priority]),
        statuses=listed(args, "status", [status.value for status in Status]),
        tags=listed(args, "tag"),
        problem=one_of(args, "problem", ["true", "false"], "false") == "true",
        sort=sort,
        after=decode_cursor(cursor, sort) if cursor else None,
        limit=whole_number(args, "limit", 1, MAX_PAGE, PAGE),
    )


def one_of(args: Mapping[str, str], name: str, allowed: list[str], default: str) -> str:
    """The parameter, which must be one of `allowed`."""
    value = args.get(name, default) or default
    if value and value not in allowed:
        raise BadQuery(f"{name} is '{value[:40]}'; allowed are {', '.join(allowed)}")
    return value


def listed(args: Mapping[str, str], name: str, allowed: list[str] | None = None) -> frozenset[str]:
    """The comma-separated values of a parameter."""
    values = frozenset(part.strip() for part in args.get(name, "").split(",") if part.strip())
    for value in values:
        if allowed is not None and value not in allowed:
            raise BadQuery(f"{name} is '{value[:40]}'; allowed are {', '.join(allowed)}")
    return values


def whole_number(args: Mapping[str, str], name: str, least: int, most: int, default: int) -> int:
    """The parameter as a whole number of a range."""
    text = args.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or len(text) > 9 or not least <= int(text) <= most:
        raise BadQuery(f"{name} is '{text[:20]}'; allowed is a whole number from {least} to {most}")
    return int(text)
