"""The answer of `GET /api/runs/analytics` under any of its names (PROTOCOLS 1.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from llm_service.core.bobspark.fields import Reading, first, object_in
from llm_service.core.operations.analytics_shapes import ModelRuns, RunTotals
from llm_service.core.times import parse_ms
from llm_service.core.zones import Zone

MOST_ROWS = 5_000
_VALUES = ("value", "avg", "average")


class ServerAnalytics(NamedTuple):
    """What a server counted of all its runs; None where it does not tell. Days are as it calls them."""

    totals: RunTotals | None
    runs_per_day: dict[str, float] | None
    tokens_per_run: dict[str, float] | None
    throughput: dict[str, float] | None
    by_model: list[ModelRuns] | None


def server_analytics(value: object, zone: Zone) -> ServerAnalytics | None:
    """None where the answer holds nothing of it. A day that is told as a time is that time's day in `zone`."""
    if not isinstance(value, Mapping):
        return None
    row = object_in(value, "analytics", "data") or value
    read = Reading()

    def series(names: tuple[str, ...], *values: str) -> dict[str, float] | None:
        return _series(first(row, *names), read, zone, (*values, *_VALUES))

    found = ServerAnalytics(
        totals=_totals(row, read),
        runs_per_day=series(("runs_over_time", "by_date"), "count", "runs", "total"),
        tokens_per_run=series(("tokens_per_run", "tokens_over_time"), "avg_tokens", "tokens"),
        throughput=series(("throughput_over_time", "tokps_over_time"), "avg_tokps", "tokps"),
        by_model=_by_model(row, read),
    )
    return None if found == ServerAnalytics(None, None, None, None, None) else found


def _totals(row: Mapping[str, Any], read: Reading) -> RunTotals | None:
    told = object_in(row, "totals", "summary")
    if not told:
        return None
    return {
        "runs": read.whole(told, "total_runs", "runs", "total"),
        "completed": read.whole(told, "completed"),
        "failed": read.whole(told, "failed"),
        "cancelled": read.whole(told, "cancelled", "canceled"),
        "running": read.whole(told, "running"),
        "tokens": read.whole(told, "total_tokens", "tokens"),
        "tokens_out": read.whole(told, "total_tokens_out", "tokens_out"),
        "avg_duration_s": read.number(told, "avg_duration_s", "avg_duration"),
        "tokens_per_s": read.number(told, "avg_tokps", "tokps"),
    }


def _series(value: object, read: Reading, zone: Zone, names: tuple[str, ...]) -> dict[str, float] | None:
    """Figures by day, from rows with a date or from an object {day: figure}."""
    if isinstance(value, Mapping):
        value = [{"date": day, "value": figure} for day, figure in value.items()]
    if not isinstance(value, list):
        return None
    found: dict[str, float] = {}
    for row in value[:MOST_ROWS]:
        if not isinstance(row, Mapping):
            continue
        day, figure = _day(first(row, "date", "day"), zone), read.number(row, *names)
        if day is not None and figure is not None:
            found[day] = figure
    return found


def _day(value: object, zone: Zone) -> str | None:
    if not isinstance(value, str):
        return None
    at_ms = parse_ms(value)
    if at_ms is None:
        return None
    return value.strip() if len(value.strip()) == 10 else zone.day_of(at_ms).isoformat()


def _by_model(row: Mapping[str, Any], read: Reading) -> list[ModelRuns] | None:
    """One row a model, of two lists: how many and how much, and how they ended."""
    lists = [_model_rows(row, *names) for names in (("by_model", "model_distribution"), ("completion_by_model",))]
    if lists == [None, None]:
        return None
    found: dict[str, ModelRuns] = {}
    for rows in lists:
        for one in rows or ():
            name = read.text(one, "model", "name") or "unknown"
            kept = found.setdefault(
                name, {"model": name, "runs": None, "completed": None, "failed": None, "tokens": None}
            )
            _fill(kept, one, read.whole)
    return list(found.values())


def _fill(kept: ModelRuns, row: Mapping[str, Any], whole: Callable[..., int | None]) -> None:
    kept["runs"] = _known(kept["runs"], whole(row, "count", "runs", "total"))
    kept["completed"] = _known(kept["completed"], whole(row, "completed"))
    kept["failed"] = _known(kept["failed"], whole(row, "failed"))
    kept["tokens"] = _known(kept["tokens"], whole(row, "tokens", "total_tokens"))


def _known(told: int | None, more: int | None) -> int | None:
    return more if told is None else told


def _model_rows(row: Mapping[str, Any], *names: str) -> list[Mapping[str, Any]] | None:
    value = first(row, *names)
    if isinstance(value, Mapping):
        value = [
            {**(inner if isinstance(inner, Mapping) else {"count": inner}), "model": name}
            for name, inner in value.items()
        ]
    return [one for one in value[:MOST_ROWS] if isinstance(one, Mapping)] if isinstance(value, list) else None
