"""The analytics page: what servers counted and what is counted from runs, over a range, of one server or of all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from llm_service.core.bobspark_ops.analytics_answer import ServerAnalytics
from llm_service.core.operations.analytics_shapes import Analytics, DayFigure, ModelRuns, Origin, RunTotals
from llm_service.core.operations.node_shapes import Trouble
from llm_service.core.operations.throughput_map import throughput_map
from llm_service.core.runs.analytics import (
    DaySums,
    RangeName,
    by_day,
    by_model,
    days_of,
    range_start_ms,
    totals,
)
from llm_service.core.runs.figures import RunFigures
from llm_service.core.times import iso_seconds
from llm_service.core.zones import Zone

MOST_MODELS = 200
T = TypeVar("T")


class SourceFigures(NamedTuple):
    """What is known of one server: its own analytics (`missing`: it has none), and its runs."""

    source: str
    server: ServerAnalytics | None
    missing: bool
    runs: Sequence[RunFigures]


class _Part(NamedTuple):
    """The figures of one server in the range, each with where it comes from."""

    totals: RunTotals
    days: DaySums
    models: list[ModelRuns]
    origins: dict[str, Origin]


def analytics(
    name: RangeName,
    source: str | None,
    figures: Sequence[SourceFigures],
    troubles: Sequence[Trouble],
    now_ms: int,
    zone: Zone,
) -> Analytics:
    """The page. A server counts totals and models only for all time: for a shorter range they come from its runs."""
    from_ms = range_start_ms(name, now_ms, zone)
    parts = [_part(one, name, from_ms, zone) for one in figures]
    days = _merged_days([part.days for part in parts])
    shown = days_of(name, now_ms, zone, [*days.runs, *days.tokens_per_run, *days.throughput])
    runs = [run for one in figures for run in one.runs]
    oldest = min((run.at_ms for run in runs), default=None)
    return {
        "range": name,
        "timezone": zone.name,
        "source": source,
        "sources": [one.source for one in figures],
        "synthesised": any(one.missing for one in figures),
        "origins": {
            "totals": _origin(parts, "totals"),
            "runs_per_day": _origin(parts, "runs_per_day"),
            "tokens_per_run": _origin(parts, "tokens_per_run"),
            "throughput": _origin(parts, "throughput"),
            "by_model": _origin(parts, "by_model"),
        },
        "known_from": None if oldest is None else iso_seconds(oldest / 1000),
        "totals": _merged_totals([part.totals for part in parts]),
        "runs_per_day": _figures(shown, days.runs, empty=0.0 if parts else None),
        "tokens_per_run": _figures(shown, days.tokens_per_run, empty=None),
        "throughput": _figures(shown, days.throughput, empty=None),
        "by_model": _merged_models([part.models for part in parts]),
        "heatmap": throughput_map(runs, name, from_ms, now_ms, zone, by_source=len(figures) > 1),
        "troubles": list(troubles),
    }


def _part(one: SourceFigures, name: RangeName, from_ms: int, zone: Zone) -> _Part:
    created = [run for run in one.runs if from_ms <= run.at_ms]
    counted = by_day(created, zone)
    told = one.server or ServerAnalytics(None, None, None, None, None)
    origins: dict[str, Origin] = {}

    def chosen(part: str, server: T | None, own: T) -> T:
        """The server's figure where it has one, else ours, noting which."""
        origins[part] = "runs" if server is None else "server"
        return own if server is None else server

    days = DaySums(
        chosen("runs_per_day", told.runs_per_day, counted.runs),
        chosen("tokens_per_run", told.tokens_per_run, counted.tokens_per_run),
        chosen("throughput", told.throughput, counted.throughput),
    )
    ever = told if name == "all" else ServerAnalytics(None, None, None, None, None)
    return _Part(
        chosen("totals", ever.totals, totals(created)),
        days,
        chosen("by_model", ever.by_model, by_model(created)),
        origins,
    )


def _origin(parts: Sequence[_Part], name: str) -> Origin:
    found = {part.origins[name] for part in parts}
    return "none" if not found else found.pop() if len(found) == 1 else "both"


def _figures(days: Iterable[str], told: Mapping[str, float], *, empty: float | None) -> list[DayFigure]:
    return [{"date": day, "value": _rounded(told.get(day, empty))} for day in days]


def _merged_days(parts: Sequence[DaySums]) -> DaySums:
    """Counts are added; means are weighed by the runs of the day, where one server tells none by one."""
    runs: dict[str, float] = {}
    for part in parts:
        for day, count in part.runs.items():
            runs[day] = runs.get(day, 0.0) + count
    return DaySums(
        runs,
        _weighed([(part.tokens_per_run, part.runs) for part in parts]),
        _weighed([(part.throughput, part.runs) for part in parts]),
    )


def _weighed(series: Sequence[tuple[Mapping[str, float], Mapping[str, float]]]) -> dict[str, float]:
    sums: dict[str, float] = {}
    weights: dict[str, float] = {}
    for values, counts in series:
        for day, value in values.items():
            weight = counts.get(day, 0.0) or 1.0
            sums[day] = sums.get(day, 0.0) + value * weight
            weights[day] = weights.get(day, 0.0) + weight
    return {day: total / weights[day] for day, total in sums.items()}


def _merged_totals(parts: Sequence[RunTotals]) -> RunTotals:
    def added(name: str) -> int | None:
        known = [part[name] for part in parts if part[name] is not None]  # type: ignore[literal-required]
        return sum(known) if known else None

    def mean(name: str) -> float | None:
        known = [(part[name], part["runs"] or 1) for part in parts if part[name] is not None]  # type: ignore[literal-required]
        weight = sum(runs for _, runs in known)
        return _rounded(sum(value * runs for value, runs in known) / weight) if known else None

    return {
        "runs": added("runs"),
        "completed": added("completed"),
        "failed": added("failed"),
        "cancelled": added("cancelled"),
        "running": added("running"),
        "tokens": added("tokens"),
        "tokens_out": added("tokens_out"),
        "avg_duration_s": mean("avg_duration_s"),
        "tokens_per_s": mean("tokens_per_s"),
    }


def _merged_models(parts: Sequence[list[ModelRuns]]) -> list[ModelRuns]:
    """The most used first."""
    found: dict[str, ModelRuns] = {}
    for row in (row for part in parts for row in part):
        kept = found.get(row["model"])
        if kept is None:
            found[row["model"]] = {**row}
            continue
        kept["runs"] = _added(kept["runs"], row["runs"])
        kept["completed"] = _added(kept["completed"], row["completed"])
        kept["failed"] = _added(kept["failed"], row["failed"])
        kept["tokens"] = _added(kept["tokens"], row["tokens"])
    return sorted(found.values(), key=lambda row: (-(row["runs"] or 0), row["model"]))[:MOST_MODELS]


def _added(one: int | None, other: int | None) -> int | None:
    return one if other is None else other if one is None else one + other


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
