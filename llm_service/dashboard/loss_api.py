"""The REST routes of loss curves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, Protocol

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from llm_service.core.loss.questions import NoSuchSeries
from llm_service.core.query import BadQuery
from llm_service.core.training.shapes import SeriesAnswer
from llm_service.dashboard.export_api import csv_chunks
from llm_service.dashboard.query_args import whole_number
from llm_service.dashboard.whole_keys import keyed_routes

POINTS, FEWEST, MOST = 1000, 10, 2000
MOST_SERIES = 50
MOST_SMOOTHING = 0.999
_MOST_STEP = 2**53
_AT_ONCE = 500


class Curves(Protocol):
    """What these routes ask. Raises `NoSuchSeries`, `SeveralKeys` and `TelemetryUnavailable`."""

    def series(
        self,
        job: str,
        names: Sequence[str],
        *,
        from_step: int | None,
        to_step: int | None,
        points: int,
        smoothing: float,
    ) -> SeriesAnswer: ...

    def steps(self, job: str, names: Sequence[str]) -> tuple[Sequence[str], Iterator[Mapping[str, Any]]]: ...


def blueprint(curves: Curves) -> Blueprint:
    """The routes over `curves`."""
    routes = keyed_routes("loss", __name__)

    @routes.get("/api/training/<key:key>/series")
    def series(key: str) -> SeriesAnswer:
        args = request.args
        return curves.series(
            key,
            _names(args),
            from_step=_step(args, "from"),
            to_step=_step(args, "to"),
            points=whole_number(args, "points", FEWEST, MOST, POINTS),
            smoothing=_smoothing(args),
        )

    @routes.get("/api/training/<key:key>/series.csv")
    def table(key: str) -> Response:
        columns, rows = curves.steps(key, _names(request.args))
        # The first rows are read before the answer begins: what is wrong with the database is a status then.
        first = list(islice(rows, _AT_ONCE))
        headers = {"Content-Disposition": 'attachment; filename="loss.csv"'}
        return Response(
            csv_chunks(columns, chain(first, rows)), content_type="text/csv; charset=utf-8", headers=headers
        )

    @routes.errorhandler(NoSuchSeries)
    def missing(error: NoSuchSeries) -> ResponseReturnValue:
        return jsonify({"error": str(error)}), 404

    return routes


def _names(args: Mapping[str, str]) -> list[str]:
    names = [name for name in (part.strip() for part in args.get("series", "").split(",")) if name]
    if len(names) > MOST_SERIES:
        raise BadQuery(f"series names {len(names)}; allowed are at most {MOST_SERIES}")
    return list(dict.fromkeys(names))


def _step(args: Mapping[str, str], name: str) -> int | None:
    text = args.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 16 or int(text) > _MOST_STEP:
        raise BadQuery(f"{name} is '{text[:20]}'; allowed is a whole number from 0, a step")
    return int(text)


def _smoothing(args: Mapping[str, str]) -> float:
    text = args.get("smoothing", "") or "0"
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= MOST_SMOOTHING:
        raise BadQuery(f"smoothing is '{text[:20]}'; allowed is a number from 0 to {MOST_SMOOTHING}")
    return value
