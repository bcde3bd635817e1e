"""What `GET /api/runs/analytics` says of runs: totals, and series by day and by model."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from llm_service.simulators.runs import Run


def analytics_of(runs: Sequence[Run], day_of: Callable[[float], str]) -> dict[str, Any]:
    """The whole answer under its usual names; series go back to the first run."""
    days: dict[str, list[Run]] = defaultdict(list)
    models: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        days[day_of(run.created)].append(run)
        models[run.model].append(run)
    in_order = sorted(days.items())
    return {
        "totals": _totals(runs),
        "runs_over_time": [{"date": day, "count": len(those)} for day, those in in_order],
        "tokens_per_run": [{"date": day, "avg_tokens": round(_mean(map(_tokens, those)))} for day, those in in_order],
        "by_model": [
            {"model": model, "count": len(those), **_ends(those), "tokens": sum(map(_tokens, those))}
            for model, those in models.items()
        ],
        "completion_by_model": [{"model": model, **_ends(those)} for model, those in models.items()],
        "throughput_over_time": [{"date": day, "avg_tokps": round(_mean(_rates(those)), 1)} for day, those in in_order],
    }


def _totals(runs: Sequence[Run]) -> dict[str, Any]:
    count = Counter(run.status for run in runs)
    lengths = [run.duration_s for run in runs if run.duration_s is not None]
    return {
        "total_runs": len(runs),
        "completed": count["completed"],
        "failed": count["failed"],
        "running": count["running"],
        "total_tokens": sum(map(_tokens, runs)),
        "total_tokens_out": sum(run.tokens_out for run in runs),
        "avg_duration_s": round(_mean(lengths), 1),
        "avg_tokps": round(_mean(_rates(runs)), 1),
    }


def _tokens(run: Run) -> int:
    return run.tokens_in + run.tokens_out


def _rates(runs: Iterable[Run]) -> list[float]:
    return [run.tokens_out / run.duration_s for run in runs if run.duration_s]


def _ends(runs: Sequence[Run]) -> dict[str, int]:
    count = Counter(run.status for run in runs)
    return {"completed": count["completed"], "failed": count["failed"]}


def _mean(values: Iterable[float]) -> float:
    all_ = list(values)
    return sum(all_) / len(all_) if all_ else 0.0
