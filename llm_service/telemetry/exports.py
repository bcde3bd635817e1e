"""Every table of telemetry as rows to be written into a file: in pages, each a short read, however long the table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from llm_service.core.budgets.words import alert_json
from llm_service.core.costs.page_shapes import CostPage, CostRow, KeptInvocation
from llm_service.core.costs.span import Span
from llm_service.core.flow_shapes import FlowPage
from llm_service.core.invocations.query import InvocationQuery, decode_place
from llm_service.core.times import iso_seconds
from llm_service.core.zones import DAY_MS, Zone
from llm_service.telemetry.costs import Costs, Source

PAGE_ROWS = 500
"""Rows of one read: some 8 ms, after which everybody else has a turn."""
MOST_DAYS = 3_660

Rows = Iterator[Mapping[str, Any]]

_HISTORY = (
    *("event", "path", "task_id", "title", "column_name", "old_column", "agent", "old_agent", "priority", "status"),
    *("body", "inferred"),
)
_ALERT = (
    *("id", "at", "budget_id", "name", "kind", "threshold", "percent", "used_usd", "used_tokens", "limit_usd"),
    *("limit_tokens", "period_start", "sentence", "acknowledged"),
)


class Exports:
    """`columns` and `rows` of each table; rows of one range, oldest first but for invocations, newest first."""

    def __init__(self, costs: Costs, database: Source, flow: Callable[[int], FlowPage], now_ms: Callable[[], int]):
        self._costs = costs
        self._database = database
        self._flow = flow
        self._now_ms = now_ms

    @property
    def zone(self) -> Zone:
        return self._costs.zone

    def span(self, name: str, width: str) -> Span:
        return self._costs.span(name, width)

    def span_between(self, from_ms: int, to_ms: int, width: str) -> Span:
        return self._costs.span_between(from_ms, to_ms, width)

    def invocations(self, query: InvocationQuery) -> tuple[tuple[str, ...], Rows]:
        """All invocations that match, newest first."""

        def rows() -> Rows:
            asked = query._replace(limit=PAGE_ROWS)
            while True:
                page = self._costs.newest(asked)
                yield from page["rows"]
                if page["next"] is None:
                    return
                asked = asked._replace(after=decode_place(page["next"]))

        return tuple(KeptInvocation.__annotations__), rows()

    def sums(self, span: Span, by: str) -> tuple[tuple[str, ...], Rows]:
        """All values of a dimension over a span, the dearest first; a cost that nobody knows is null, not 0."""
        columns = ("name", *(name for name in CostRow.__annotations__ if name != "name"))
        return columns, (_with_unknown(row) for row in self._costs.table(span, by))

    def series(self, span: Span, by: str) -> tuple[tuple[str, ...], Rows]:
        """What the chart of costs is drawn from: a row a bucket and value."""
        page = self._costs.page(span, by)
        rows = (
            {"bucket": bucket, by: series["name"], "other": series["other"], "cost_usd": cost, "tokens": tokens}
            for series in page["series"]
            for bucket, cost, tokens in zip(page["buckets"], series["cost_usd"], series["tokens"], strict=True)
        )
        return ("bucket", by, "other", "cost_usd", "tokens"), rows

    def buckets(self, span: Span) -> tuple[tuple[str, ...], Rows]:
        """What the charts of tokens, times and errors are drawn from: a row a bucket."""
        page = self._costs.page(span, "model")
        columns = _bucket_columns(page)
        rows = (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
        return tuple(columns), rows

    def history(self, from_ms: int, to_ms: int) -> tuple[tuple[str, ...], Rows]:
        """The board's history, oldest first."""
        found = self._walk(f"SELECT at_ms, id, {', '.join(_HISTORY)} FROM board_history", from_ms, to_ms)
        rows = (
            {"at": iso_seconds(row[0] / 1000), **dict(zip(_HISTORY, row[2:], strict=True)), "inferred": bool(row[-1])}
            for row in found
        )
        return ("at", *_HISTORY), rows

    def alerts(self, from_ms: int, to_ms: int) -> tuple[tuple[str, ...], Rows]:
        """The alerts of budgets, oldest first."""
        query = "SELECT at_ms, id, budget_id, kind, threshold, period_start_ms, body, acknowledged_ms FROM alerts"
        rows = (
            alert_json(number, at_ms, budget_id, kind, threshold, period_ms, json.loads(body), acknowledged_ms)
            for at_ms, number, budget_id, kind, threshold, period_ms, body, acknowledged_ms in self._walk(
                query, from_ms, to_ms, "kind <> 'limit'"
            )
        )
        return _ALERT, rows

    def flow(self, from_ms: int, to_ms: int) -> tuple[tuple[str, ...], Rows]:
        """A row a day: tasks created and done in it, and where they lay at its end."""
        now_ms, zone = self._now_ms(), self.zone
        days = min(max(1, (now_ms - from_ms) // DAY_MS + 2), MOST_DAYS)
        page = self._flow(days)
        standing = page["standing"]
        columns = {
            "day": page["days"],
            "created": page["created"],
            "done": page["done"],
            "seeded": page["seeded"],
            **{f"{name}_at_end": standing[name] for name in ("inbox", "assigned", "done")},  # type: ignore[literal-required]
        }
        first, last = zone.day_of(from_ms).isoformat(), zone.day_of(min(to_ms, now_ms + 1) - 1).isoformat()
        rows = (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
        return tuple(columns), (row for row in rows if first <= row["day"] <= last)

    def _walk(self, query: str, from_ms: int, to_ms: int, only: str = "1") -> Iterator[tuple[Any, ...]]:
        """All rows of a table in a time, oldest first; `query` selects the time and the id first."""
        place = (from_ms, -1)
        while True:
            with self._database.reading() as connection:
                found = connection.execute(
                    f"{query} WHERE (at_ms, id) > (?, ?) AND at_ms < ? AND {only} ORDER BY at_ms, id LIMIT {PAGE_ROWS}",
                    (*place, to_ms),
                ).fetchall()
            yield from map(tuple, found)
            if len(found) < PAGE_ROWS:
                return
            place = (found[-1][0], found[-1][1])


def _bucket_columns(page: CostPage) -> dict[str, list[Any]]:
    tokens, latency, errors = page["tokens"], page["latency"], page["errors"]
    return {
        "bucket": page["buckets"],
        "invocations": errors["invocations"],
        "errors": errors["errors"],
        "input_tokens": tokens["input"],
        "output_tokens": tokens["output"],
        "reasoning_tokens": tokens["reasoning"],
        "cache_read_tokens": tokens["cache_read"],
        "cache_write_tokens": tokens["cache_write"],
        "mean_ms": latency["mean_ms"],
        "p50_ms": latency["p50_ms"],
        "p95_ms": latency["p95_ms"],
    }


def _with_unknown(row: CostRow) -> dict[str, Any]:
    """A row of sums as it is written into a file: without a cost where none of its calls has a price."""
    unknown = 0 < row["invocations"] == row["unpriced_invocations"]
    return {**row, "cost_usd": None if unknown else row["cost_usd"]}
