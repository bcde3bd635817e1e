"""The workers together: counts, tokens a second, and when they will be done.

The time left of one run is read from runs that completed lately: of those that took longer than this one has taken
so far, how much longer (median; the quarter and the three quarters are the band). Where fewer than `ENOUGH` are left
to compare with, its own pace tells: the time an iteration took, times those that may still come; at the least one
more, at the most a third above. The fleet is done with its last run; runs that wait add a usual duration for each
round that the running ones can take of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from llm_service.core.runs.badge import USUAL_MAX_ITER
from llm_service.core.runs.shapes import Fleet, RunStatus

ENOUGH = 5
_QUARTER, _HALF, _THREE_QUARTERS = 0.25, 0.5, 0.75


class Worker(NamedTuple):
    """What the fleet needs of one run. `elapsed_s` since it began to run, None where that is not known."""

    status: RunStatus
    tokens_per_s: float
    tokens_out: int | None
    elapsed_s: float | None
    iteration: int | None
    max_iter: int | None
    heard: bool = True
    """Whether its stream is well, or it has none; of others nobody knows whether they go on."""


class Passed(NamedTuple):
    """Runs that ended lately and are only counted."""

    runs: int = 0
    done: int = 0
    failed: int = 0
    tokens_out: int = 0


NONE_PASSED = Passed()


class _Left(NamedTuple):
    """Seconds, with a band."""

    usual: float
    low: float
    high: float


def fleet_of(workers: Sequence[Worker], durations_s: Sequence[float], passed: Passed = NONE_PASSED) -> Fleet:
    """`durations_s` are those of runs that completed lately, in any order."""
    running = [worker for worker in workers if worker.status == "running" and worker.heard]
    queued = sum(worker.status == "queued" for worker in workers)
    left = _fleet_left(running, queued, durations_s)
    return {
        "workers": len(workers) + passed.runs,
        "running": len(running),
        "unheard": sum(worker.status == "running" and not worker.heard for worker in workers),
        "queued": queued,
        "done": sum(worker.status == "completed" for worker in workers) + passed.done,
        "failed": sum(worker.status in ("failed", "vanished") for worker in workers) + passed.failed,
        "tokens_per_s": round(sum(worker.tokens_per_s for worker in workers), 1),
        "tokens_out": sum(worker.tokens_out or 0 for worker in workers) + passed.tokens_out,
        "eta_s": None if left is None else round(left.usual),
        "eta_low_s": None if left is None else round(left.low),
        "eta_high_s": None if left is None else round(left.high),
    }


def _fleet_left(running: Sequence[Worker], queued: int, durations_s: Sequence[float]) -> _Left | None:
    known = sorted(durations_s)
    found = [left for worker in running if (left := _left(worker, known)) is not None]
    if len(found) < len(running) or not (running or queued):
        # A run that nothing is known of may take the longest of all.
        return None
    last = _Left(*(max(values, default=0.0) for values in _columns(found)))
    if not queued:
        return last
    if len(known) < ENOUGH:
        return None
    rounds = math.ceil(queued / max(1, len(running)))
    more = (rounds * _at(known, share) for share in (_HALF, _QUARTER, _THREE_QUARTERS))
    return _Left(*(one + other for one, other in zip(last, more, strict=True)))


def _columns(found: Iterable[_Left]) -> list[list[float]]:
    rows = list(found)
    return [[row[place] for row in rows] for place in range(3)]


def _left(worker: Worker, known: Sequence[float]) -> _Left | None:
    elapsed_s = worker.elapsed_s
    if elapsed_s is None:
        return None
    longer = [duration - elapsed_s for duration in known if duration > elapsed_s]
    if len(longer) >= ENOUGH:
        return _Left(_at(longer, _HALF), _at(longer, _QUARTER), _at(longer, _THREE_QUARTERS))
    if not worker.iteration or elapsed_s <= 0:
        return None
    each_s = elapsed_s / worker.iteration
    more = max(1, (worker.max_iter or USUAL_MAX_ITER) - worker.iteration)
    return _Left(each_s * more, each_s, each_s * more * 4 / 3)


def _at(ascending: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies, between two of them where it falls there."""
    place = share * (len(ascending) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ascending) - 1)
    return ascending[below] + (ascending[above] - ascending[below]) * (place - below)
