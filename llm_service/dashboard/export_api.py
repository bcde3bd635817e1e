"""The REST route that gives tables as files: streamed, and with nothing in them that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, Protocol

from flask import Blueprint, Response, request

from llm_service.core.costs.span import Span
from llm_service.core.csv_cell import cell
from llm_service.core.invocations.query import InvocationQuery
from llm_service.core.zones import Zone
from llm_service.dashboard.cost_args import DIMENSIONS, Calendar, bounds_of, invocation_query, span_of
from llm_service.dashboard.query_args import one_of

SUMS = {"models": "model", "agents": "agent", "projects": "project", "tools": "tool", "nodes": "node"}
TABLES = ("invocations", *SUMS, "series", "buckets", "budget-alerts", "history", "flow")
FORMATS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
ROWS_A_CHUNK = 500

Table = tuple[Sequence[str], Iterator[Mapping[str, Any]]]


class Exports(Calendar, Protocol):
    """The tables: names of the columns, and the rows."""

    def invocations(self, query: InvocationQuery) -> Table: ...
    def sums(self, span: Span, by: str) -> Table: ...
    def series(self, span: Span, by: str) -> Table: ...
    def buckets(self, span: Span) -> Table: ...
    def history(self, from_ms: int, to_ms: int) -> Table: ...
    def alerts(self, from_ms: int, to_ms: int) -> Table: ...
    def flow(self, from_ms: int, to_ms: int) -> Table: ...


def blueprint(exports: Exports) -> Blueprint:
    """The route over `exports`."""
    routes = Blueprint("export", __name__)

    @routes.get("/api/telemetry/export")
    def export() -> Response:
        name = one_of(request.args, "table", list(TABLES), TABLES[0])
        form = one_of(request.args, "format", list(FORMATS), "csv")
        span = span_of(request.args, exports)
        columns, rows = table_of(exports, name, request.args)
        # The first page is read before the answer begins: what is wrong with the database is a status then.
        first = list(islice(rows, ROWS_A_CHUNK))
        chunks = csv_chunks(columns, chain(first, rows)) if form == "csv" else json_chunks(columns, chain(first, rows))
        headers = {"Content-Disposition": f'attachment; filename="{_file_name(name, span, exports.zone)}.{form}"'}
        return Response(chunks, content_type=FORMATS[form], headers=headers)

    return routes


def table_of(exports: Exports, name: str, args: Mapping[str, str]) -> Table:
    """One of `TABLES` as the parameters of the route ask for it. Raises `BadQuery`."""
    span = span_of(args, exports)
    from_ms, to_ms = _bounds(args, exports.zone, span)
    if name == "invocations":
        query = invocation_query(args, exports.zone)._replace(after=None, from_ms=from_ms, to_ms=to_ms)
        return exports.invocations(query)
    if name in SUMS:
        return exports.sums(span, SUMS[name])
    if name == "series":
        return exports.series(span, one_of(args, "by", list(DIMENSIONS), DIMENSIONS[0]))
    if name == "buckets":
        return exports.buckets(span)
    rows_of = {"history": exports.history, "budget-alerts": exports.alerts, "flow": exports.flow}
    return rows_of[name](from_ms, to_ms)


def _bounds(args: Mapping[str, str], zone: Zone, span: Span) -> tuple[int, int]:
    """What is a row and no bucket is cut at the very times that were asked for."""
    from_ms, to_ms = bounds_of(args, zone)
    if args.get("range") == "all":
        return 0, 2**62
    return span.start_ms if from_ms is None else from_ms, span.end_ms if to_ms is None else to_ms


def _file_name(table: str, span: Span, zone: Zone) -> str:
    return f"llm-service-{table}-{zone.day_of(span.start_ms)}-to-{zone.day_of(span.end_ms - 1)}"


def csv_chunks(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """A header and the rows as CSV (RFC 4180), a few hundred rows at a time. Text that starts a formula gets a '."""
    rows = iter(rows)
    lines: list[list[str]] = [list(columns)]
    while lines:
        text = io.StringIO()
        csv.writer(text).writerows(lines)
        yield text.getvalue().encode("utf-8", "replace")
        lines = [[cell(row[name]) for name in columns] for row in islice(rows, ROWS_A_CHUNK)]


def json_chunks(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """The rows as one JSON array of objects, a row a line."""
    rows = iter(rows)
    before = "[\n"
    while some := list(islice(rows, ROWS_A_CHUNK)):
        lines = ",\n".join(json.dumps({name: row[name] for name in columns}, allow_nan=False) for row in some)
        yield f"{before}{lines}".encode()
        before = ",\n"
    yield b"[]\n" if before == "[\n" else b"\n]\n"
