"""What things cost: every question behind the ticker and the page, each answered in a short read of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from sqlite3 import Connection
from typing import Protocol

from llm_service.core.costs import page_shapes as cost_page_shapes
from llm_service.core.costs import shapes as cost_shapes
from llm_service.core.costs.span import EVER, Piece, Span, buckets, named_span, pieces, span_between
from llm_service.core.invocations.query import InvocationQuery
from llm_service.core.money import usd
from llm_service.core.times import iso_seconds
from llm_service.core.zones import Zone
from llm_service.telemetry import newest
from llm_service.telemetry.now import Days, Pace
from llm_service.telemetry.read_sums import Used, by_value, dearest, ever, ever_of, first_day_ms, sums_json
from llm_service.telemetry.series import DEAREST, Buckets

DIMENSIONS = ("model", "agent", "project", "tool", "node")
IN_A_TABLE = 200
MODELS_TOLD = 20
"""Models of the month in an update, which goes to every open page four times a second."""


class Source(Protocol):
    """The database, as far as it is read here. Its errors are `TelemetryUnavailable`."""

    def reading(self) -> AbstractContextManager[Connection]: ...


class Costs:
    """Answers in the time zone `zone`; thread-safe, because nothing is kept between two questions."""

    def __init__(self, database: Source, zone: Zone, now_ms: Callable[[], int]) -> None:
        self._database = database
        self.zone = zone
        self._now_ms = now_ms

    def stats(self) -> cost_shapes.CostStats:
        """The part of `GET /api/stats` that is about costs."""
        now_ms = self._now_ms()
        with self._snapshot() as connection:
            whole = ever(connection)
            days = Days(connection, self.zone, now_ms)
        return {"costs": days.costs(whole), "unpriced": _unpriced(whole)}

    def update(self) -> cost_shapes.CostUpdate:
        """Everything that the ticker and the head of the page show, as of now."""
        now_ms, zone = self._now_ms(), self.zone
        with self._snapshot() as connection:
            whole = ever(connection)
            days = Days(connection, zone, now_ms)
            month = Piece("day", days.month_ms, zone.next_day_ms(now_ms))
            models = dearest(by_value(connection, "model", [month]))
            operations = newest.active(connection, now_ms)
            pace = Pace(connection, zone, now_ms)
        return {
            "costs": days.costs(whole),
            "tokens": {
                "today": days.today.total_tokens,
                "month": days.month.total_tokens,
                "total": whole.total_tokens,
            },
            "unpriced": _unpriced(whole),
            "models": [_model(name, used) for name, used in models[:MODELS_TOLD]],
            "trends": days.trend(),
            "active_operations": operations,
            "burn": pace.burn(),
            "projection": pace.projection(days),
            "timezone": zone.name,
            "condition": [],
            "timestamp": iso_seconds(now_ms / 1000),
        }

    def of_task(self, task_id: str) -> cost_page_shapes.CostSums | None:
        """What the calls recorded for a task cost together; None where there are none."""
        with self._snapshot() as connection:
            used = ever_of(connection, "task", task_id)
        return sums_json(used) if used.invocations else None

    def span(self, name: str, width: str) -> Span:
        """One of the named ranges as whole buckets."""
        with self._snapshot() as connection:
            first_ms = first_day_ms(connection)
        now_ms = self._now_ms()
        return named_span(name, width, self.zone, now_ms, now_ms if first_ms is None else first_ms)

    def span_between(self, from_ms: int, to_ms: int, width: str) -> Span:
        """A stretch of time as whole buckets. Raises `BadQuery` where it is empty."""
        with self._snapshot() as connection:
            first_ms = first_day_ms(connection)
        now_ms = self._now_ms()
        return span_between(from_ms, to_ms, width, self.zone, now_ms, now_ms if first_ms is None else first_ms)

    def page(self, span: Span, by: str) -> cost_page_shapes.CostPage:
        """Series by one of `DIMENSIONS` and the tables of all of them."""
        starts = buckets(span, self.zone)
        with self._snapshot() as connection:
            counted = Buckets(connection, span, starts)
            total = counted.total()
            # A span that holds everything there is needs no days: the sums of all time have one row a value.
            parts = [EVER] if total == ever(connection) else pieces(span, self.zone)
            tables = {name: dearest(by_value(connection, name, parts)) for name in DIMENSIONS}
            ranked = tables[by]
            names = [name for name, _ in ranked[:DEAREST]]
            series = counted.series(by, names, rest=len(ranked) > DEAREST)
            latency = counted.latency()
        return {
            "range": self.range_json(span),
            "by": by,
            "buckets": [iso_seconds(start / 1000) for start in starts],
            "series": series,
            "tokens": counted.tokens(),
            "latency": latency,
            "errors": counted.errors(),
            "models": _rows(tables["model"]),
            "agents": _rows(tables["agent"]),
            "projects": _rows(tables["project"]),
            "tools": _rows(tables["tool"]),
            "nodes": _rows(tables["node"]),
            "more": {f"{name}s": max(0, len(table) - IN_A_TABLE) for name, table in tables.items()},
            "totals": sums_json(total),
        }

    def table(self, span: Span, by: str) -> list[cost_page_shapes.CostRow]:
        """All values of a dimension, the dearest first: a table of the page without its end cut off."""
        with self._snapshot() as connection:
            ranked = dearest(by_value(connection, by, pieces(span, self.zone)))
        return [_row(name, used) for name, used in ranked]

    def newest(self, query: InvocationQuery) -> cost_page_shapes.InvocationPage:
        """Invocations one by one, newest first."""
        with self._snapshot() as connection:
            return newest.page(connection, query)

    @contextmanager
    def _snapshot(self) -> Iterator[Connection]:
        """A connection that sees one state of the database, so that all parts of an answer agree."""
        with self._database.reading() as connection:
            connection.execute("BEGIN")
            yield connection

    def range_json(self, span: Span) -> cost_page_shapes.CostSpan:
        return {
            "from": iso_seconds(span.start_ms / 1000),
            "to": iso_seconds(span.end_ms / 1000),
            "width": span.width,
            "timezone": self.zone.name,
        }


def _unpriced(whole: Used) -> cost_shapes.Unpriced:
    return {"invocations": whole.unpriced_invocations, "tokens": whole.unpriced_tokens}


def _model(name: str, used: Used) -> cost_shapes.ModelCost:
    return {
        "model_name": name,
        "invocations": used.invocations,
        "total_tokens": used.total_tokens,
        "total_cost_usd": usd(used.cost_nano),
        "unpriced": used.unpriced_invocations,
    }


def _row(name: str, used: Used) -> cost_page_shapes.CostRow:
    return {"name": name, **sums_json(used)}


def _rows(ranked: list[tuple[str, Used]]) -> list[cost_page_shapes.CostRow]:
    return [_row(name, used) for name, used in ranked[:IN_A_TABLE]]
