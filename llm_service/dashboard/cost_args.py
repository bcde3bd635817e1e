"""Query parameters of what things cost to values; what cannot be used is a `BadQuery`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from llm_service.core.costs.span import RANGES, WIDTHS, Span
from llm_service.core.invocations.query import InvocationQuery, decode_place
from llm_service.core.invocations.usage import STATUSES, Door
from llm_service.core.moments import moment_ms
from llm_service.core.query import MAX_PAGE, PAGE, BadQuery
from llm_service.core.zones import Zone
from llm_service.dashboard.query_args import one_of, whole_number

DIMENSIONS = ("model", "agent", "project", "tool", "node")
USUAL_RANGE = "30d"
MAX_TEXT = 500


class Calendar(Protocol):
    """Whoever knows which days there are."""

    @property
    def zone(self) -> Zone: ...
    def span(self, name: str, width: str) -> Span: ...
    def span_between(self, from_ms: int, to_ms: int, width: str) -> Span: ...


def span_of(args: Mapping[str, str], calendar: Calendar) -> Span:
    """`range`, or `from` and `to`, with `width`."""
    width = one_of(args, "width", list(WIDTHS), "")
    from_ms, to_ms = bounds_of(args, calendar.zone)
    if from_ms is None and to_ms is None:
        return calendar.span(one_of(args, "range", list(RANGES), USUAL_RANGE), width)
    if args.get("range"):
        raise BadQuery("range and from or to are both given; give one of them")
    return calendar.span_between(0 if from_ms is None else from_ms, 2**62 if to_ms is None else to_ms, width)


def bounds_of(args: Mapping[str, str], zone: Zone) -> tuple[int | None, int | None]:
    """`from` and `to` in milliseconds, None where not given."""
    return _moment(args, "from", zone, end=False), _moment(args, "to", zone, end=True)


def invocation_query(args: Mapping[str, str], zone: Zone) -> InvocationQuery:
    """The query of `GET /api/telemetry/invocations`."""
    from_ms, to_ms = bounds_of(args, zone)
    if from_ms is not None and to_ms is not None and from_ms >= to_ms:
        raise BadQuery("from is not earlier than to; nothing lies between them")
    cursor = args.get("cursor", "")
    return InvocationQuery(
        model=_text(args, "model"),
        agent=_text(args, "agent"),
        tool=_text(args, "tool"),
        project=_text(args, "project"),
        node=_text(args, "node"),
        task=_text(args, "task"),
        session=_text(args, "session"),
        status=one_of(args, "status", list(STATUSES), "") or None,
        door=one_of(args, "door", [door.value for door in Door], "") or None,
        unpriced=one_of(args, "unpriced", ["true", "false"], "false") == "true",
        from_ms=from_ms,
        to_ms=to_ms,
        after=decode_place(cursor) if cursor else None,
        limit=whole_number(args, "limit", 1, MAX_PAGE, PAGE),
    )


def _moment(args: Mapping[str, str], name: str, zone: Zone, *, end: bool) -> int | None:
    text = args.get(name, "")
    if not text:
        return None
    found = moment_ms(text, zone, end=end)
    if found is None:
        raise BadQuery(f"{name} is '{text[:40]}'; allowed is a day like 2026-11-21 or a time like 2026-11-21T08:00:00Z")
    return found


def _text(args: Mapping[str, str], name: str) -> str | None:
    """A value as it was recorded; given and empty asks for rows in which it was not."""
    text = args.get(name)
    if text is not None and len(text) > MAX_TEXT:
        raise BadQuery(f"{name} is longer than {MAX_TEXT} characters; nothing is recorded under it")
    return text
