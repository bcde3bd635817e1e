"""Figures of many runs, counted from the runs themselves: what a server's analytics would tell, and more exactly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Literal, NamedTuple

from llm_service.core.operations.analytics_shapes import ModelRuns, RunTotals
from llm_service.core.runs.figures import RunFigures
from llm_service.core.zones import DAY_MS, Zone

RangeName = Literal["24h", "7d", "30d", "all"]
RANGES: dict[RangeName, int | None] = {"24h": 2, "7d": 7, "30d": 30, "all": None}
"""Days that each range shows, today included; 24 hours touch two."""
MOST_DAYS = 1_000


class DaySums(NamedTuple):
    """Figures by day, of the days on which there is something to tell."""

    runs: dict[str, float]
    tokens_per_run: dict[str, float]
    throughput: dict[str, float]


def range_start_ms(name: RangeName, now_ms: int, zone: Zone) -> int:
    """From when on a run belongs to the range: 24 hours ago, else the start of the first day."""
    days = RANGES[name]
    if days is None:
        return 0
    return now_ms - DAY_MS if name == "24h" else zone.start_of(zone.day_of(now_ms) - timedelta(days=days - 1))


def days_of(name: RangeName, now_ms: int, zone: Zone, told: Iterable[str]) -> list[str]:
    """The days that a range shows, oldest first; for all time from the first day of which something is `told`."""
    today = zone.day_of(now_ms)
    count = RANGES[name]
    if name == "24h":
        count = (today - zone.day_of(now_ms - DAY_MS)).days + 1
    if count is None:
        known = [day for day in told if day <= today.isoformat()]
        first = min(known, default=today.isoformat())
        days = [(today - timedelta(days=back)).isoformat() for back in range(MOST_DAYS)]
        return [day for day in reversed(days) if day >= first]
    return [(today - timedelta(days=back)).isoformat() for back in reversed(range(count))]


def duration_s(run: RunFigures) -> float | None:
    """How long a run took; None while it goes on or where that is not known."""
    if run.ended_ms is None:
        return None
    took_ms = run.ended_ms - (run.at_ms if run.started_ms is None else run.started_ms)
    return took_ms / 1000 if took_ms >= 0 else None


def rate(run: RunFigures) -> float | None:
    """Tokens out a second over a whole run that has ended."""
    took_s = duration_s(run)
    return None if not took_s or run.tokens_out is None else run.tokens_out / took_s


def tokens(run: RunFigures) -> int | None:
    """In and out together; None where neither is told."""
    return None if run.tokens_in is None and run.tokens_out is None else (run.tokens_in or 0) + (run.tokens_out or 0)


def totals(runs: Sequence[RunFigures]) -> RunTotals:
    """All of them together."""
    return {
        "runs": len(runs),
        "completed": sum(run.status == "completed" for run in runs),
        "failed": sum(run.status == "failed" for run in runs),
        "cancelled": sum(run.status == "cancelled" for run in runs),
        "running": sum(run.status == "running" for run in runs),
        "tokens": _sum(tokens(run) for run in runs),
        "tokens_out": _sum(run.tokens_out for run in runs),
        "avg_duration_s": _mean(duration_s(run) for run in runs),
        "tokens_per_s": _mean(rate(run) for run in runs),
    }


def by_day(runs: Iterable[RunFigures], zone: Zone) -> DaySums:
    """Counts, mean tokens and mean throughput, by the day that a run was created on."""
    days: dict[str, list[RunFigures]] = defaultdict(list)
    for run in runs:
        days[zone.day_of(run.at_ms).isoformat()].append(run)
    used = {day: _mean(tokens(run) for run in rows) for day, rows in days.items()}
    rates = {day: _mean(rate(run) for run in rows) for day, rows in days.items()}
    return DaySums(
        {day: float(len(rows)) for day, rows in days.items()},
        {day: value for day, value in used.items() if value is not None},
        {day: value for day, value in rates.items() if value is not None},
    )


def by_model(runs: Iterable[RunFigures]) -> list[ModelRuns]:
    """One row a model."""
    models: dict[str, list[RunFigures]] = defaultdict(list)
    for run in runs:
        models[run.model or "unknown"].append(run)
    return [
        {
            "model": model,
            "runs": len(rows),
            "completed": sum(run.status == "completed" for run in rows),
            "failed": sum(run.status == "failed" for run in rows),
            "tokens": _sum(tokens(run) for run in rows),
        }
        for model, rows in models.items()
    ]


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
