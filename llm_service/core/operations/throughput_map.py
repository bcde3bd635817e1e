"""Tokens a second of each machine over time, from runs: the heatmap."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import pairwise
from typing import Literal

from llm_service.core.operations.analytics_shapes import Heatmap
from llm_service.core.runs.analytics import MOST_DAYS, RangeName
from llm_service.core.runs.figures import RunFigures
from llm_service.core.times import iso_seconds
from llm_service.core.zones import DAY_MS, Zone

UNKNOWN = "unknown"
MOST_NODES = 50
MOST_COLUMNS = 90


def throughput_map(
    runs: Iterable[RunFigures], name: RangeName, from_ms: int, now_ms: int, zone: Zone, *, by_source: bool
) -> Heatmap:
    """Hours up to a week, days beyond, at most the last 90. The present column is divided by what has passed of it.

    `by_source` names machines with their server, which is needed where there are several.
    """
    runs = list(runs)
    if name == "all":
        from_ms = max(min((run.at_ms for run in runs), default=now_ms), now_ms - MOST_DAYS * DAY_MS)
    width: Literal["hour", "day"] = "hour" if name in ("24h", "7d") else "day"
    starts = _starts(from_ms, now_ms, zone, width)
    bounds = [*starts, now_ms]
    sums: dict[str, dict[int, float]] = {}
    for run in runs:
        node = run.node or UNKNOWN
        cells = sums.setdefault(f"{run.source}:{node}" if by_source else node, {})
        for column, share in _spread(run, bounds, now_ms):
            cells[column] = cells.get(column, 0.0) + share
    nodes = sorted(node for node, cells in sums.items() if cells)[:MOST_NODES]
    lengths_s = [(end - start) / 1000 for start, end in pairwise(bounds)]
    return {
        "width": width,
        "starts": [iso_seconds(start / 1000) for start in starts],
        "nodes": nodes,
        "rates": [
            [
                round(sums[node][column] / length_s, 3) if column in sums[node] and length_s else None
                for column, length_s in enumerate(lengths_s)
            ]
            for node in nodes
        ],
    }


def _starts(from_ms: int, now_ms: int, zone: Zone, width: Literal["hour", "day"]) -> list[int]:
    hour = width == "hour"
    start = zone.hour_start_ms(from_ms) if hour else zone.day_start_ms(from_ms)
    starts = []
    while start < now_ms:
        starts.append(start)
        start = zone.next_hour_ms(start) if hour else zone.next_day_ms(start)
    return starts if hour else starts[-MOST_COLUMNS:]


def _spread(run: RunFigures, bounds: list[int], now_ms: int) -> Iterable[tuple[int, float]]:
    """A run's tokens over the columns it went on in, evenly over its time."""
    begun_ms = run.at_ms if run.started_ms is None else run.started_ms
    ended_ms = min(now_ms, now_ms if run.ended_ms is None else run.ended_ms)
    if run.tokens_out is None or run.status == "queued" or len(bounds) < 2:
        return
    # A run of no length still belongs to a column.
    ended_ms = max(ended_ms, begun_ms + 1)
    column = max(0, bisect_right(bounds, begun_ms) - 1)
    while column < len(bounds) - 1 and bounds[column] < ended_ms:
        inside_ms = min(ended_ms, bounds[column + 1]) - max(begun_ms, bounds[column])
        if inside_ms > 0:
            yield column, run.tokens_out * inside_ms / (ended_ms - begun_ms)
        column += 1
