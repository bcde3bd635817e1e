"""What a range cost, bucket by bucket: the dearest values of a dimension, tokens, times and errors."""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import reduce

from llm_service.core.costs import page_shapes as shapes
from llm_service.core.costs.span import Span
from llm_service.core.histogram import percentile
from llm_service.core.money import usd
from llm_service.telemetry.read_sums import NOTHING, Used, over_time, values_over_time

DEAREST = 8
"""Series shown by name; a palette has no more colours that all eyes tell apart."""


class Buckets:
    """The buckets of a span, with the sums of everything in each in `all`. What did not happen is 0, never missing."""

    def __init__(self, connection: sqlite3.Connection, span: Span, starts: list[int]) -> None:
        self._connection = connection
        self._span = span
        self._starts = starts
        self._width = "hour" if span.width == "hour" else "day"
        # A week holds days that are no bucket's start; hours and days are, and are found at once.
        self._places = {start_ms: place for place, start_ms in enumerate(starts)}
        self.all = self._empty()
        for start_ms, used in over_time(connection, self._width, span.start_ms, span.end_ms):
            self._add(self.all, start_ms, used)

    def total(self) -> Used:
        """The sums of the whole span."""
        return reduce(Used.plus, filter(any, self.all), NOTHING)

    def series(self, dimension: str, names: Sequence[str], *, rest: bool) -> list[shapes.Series]:
        """One series a name, in order, and with `rest` one of everything else."""
        costs, tokens = ({name: [0] * len(self._starts) for name in names} for _ in range(2))
        span = self._span
        found = values_over_time(self._connection, self._width, span.start_ms, span.end_ms, dimension, names)
        for name, start_ms, cost_nano, count in found:
            place = self._place(start_ms)
            costs[name][place] += cost_nano
            tokens[name][place] += count
        series = [_series(name, costs[name], tokens[name], other=False) for name in names]
        if rest:
            left = _less([used.cost_nano for used in self.all], costs.values())
            series.append(
                _series("other", left, _less([used.total_tokens for used in self.all], tokens.values()), other=True)
            )
        return series

    def tokens(self) -> shapes.TokenSeries:
        return {
            "input": [used.input_tokens for used in self.all],
            "output": [used.output_tokens for used in self.all],
            "cache_read": [used.cache_read_tokens for used in self.all],
            "cache_write": [used.all_cache_writes for used in self.all],
            "reasoning": [used.reasoning_tokens for used in self.all],
        }

    def errors(self) -> shapes.ErrorSeries:
        return {
            "invocations": [used.invocations for used in self.all],
            "errors": [used.errors for used in self.all],
        }

    def latency(self) -> shapes.LatencySeries:
        counts: list[dict[int, int]] = [{} for _ in self._starts]
        found = self._connection.execute(
            "SELECT start_ms, le_ms, count FROM latencies WHERE width = ? AND start_ms >= ? AND start_ms < ?",
            (self._width, self._span.start_ms, self._span.end_ms),
        )
        found.row_factory = None
        for start_ms, bound, count in found.fetchall():
            bucket = counts[self._place(start_ms)]
            bucket[bound] = bucket.get(bound, 0) + count
        return {
            "mean_ms": [_mean(used) for used in self.all],
            "p50_ms": [percentile(bucket, 0.5) for bucket in counts],
            "p95_ms": [percentile(bucket, 0.95) for bucket in counts],
        }

    def _empty(self) -> list[Used]:
        return [NOTHING] * len(self._starts)

    def _add(self, into: list[Used], start_ms: int, used: Used) -> None:
        place = self._place(start_ms)
        # Most buckets are one row; a week is seven.
        into[place] = used if into[place] is NOTHING else into[place].plus(used)

    def _place(self, start_ms: int) -> int:
        place = self._places.get(start_ms)
        return bisect_right(self._starts, start_ms) - 1 if place is None else place


def _less(everything: list[int], named: Iterable[list[int]]) -> list[int]:
    """What is left of each bucket without what has a series of its own."""
    return [whole - sum(parts) for whole, *parts in zip(everything, *named, strict=True)]


def _series(name: str, costs_nano: list[int], tokens: list[int], *, other: bool) -> shapes.Series:
    return {"name": name, "other": other, "cost_usd": [usd(cost) for cost in costs_nano], "tokens": tokens}


def _mean(used: Used) -> float | None:
    return round(used.latency_ms_sum / used.latency_count, 1) if used.latency_count > 0 else None
