"""Flow metrics of the board: throughput, lead and cycle time, work in progress and its age, and where tasks lay.

Lead time is from the task's creation to its end, cycle time from its assignment to its end. Percentiles are by nearest
rank: the smallest value that so many of 100 do not exceed, so each is a time that a task really took.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence

from llm_service.core.flow_shapes import AgeingTask, AgentFlow, DayCounts, FinishedTask, FlowPage, Percentiles
from llm_service.core.journeys import Journey
from llm_service.core.times import iso_seconds

HOUR_MS = 3_600_000
FINISHED_SHOWN = 2_000
AGEING_SHOWN = 200


def percentiles(hours: Iterable[float]) -> Percentiles:
    """The 50th, 85th and 95th percentile by nearest rank."""
    ordered = sorted(hours)

    def at(percent: int) -> float | None:
        return ordered[-(-percent * len(ordered) // 100) - 1] if ordered else None

    return {"p50": at(50), "p85": at(85), "p95": at(95), "tasks": len(ordered)}


def flow(
    journeys: Sequence[Journey],
    days: Sequence[tuple[str, int]],
    now_ms: int,
    *,
    timezone: str,
    since_ms: int | None,
    done_before: int = 0,
) -> FlowPage:
    """The page of a range. `days` are its dates with their first millisecond, in order; the range ends now.

    `since_ms` is when watching began for the first time; `done_before` counts tasks that were done before the range and
    are not among `journeys`.
    """
    starts = [start for _, start in days]
    done = [journey for journey in journeys if _is_done_in(journey, starts, now_ms)]
    return {
        "timezone": timezone,
        "days": [date for date, _ in days],
        "created": _per_day((journey.created_ms for journey in journeys), starts, now_ms),
        "done": _per_day((journey.done_ms for journey in done), starts, now_ms),
        "seeded": _per_day((journey.done_ms for journey in done if not journey.watched), starts, now_ms),
        "standing": _standing(journeys, starts, now_ms, done_before),
        "lead": percentiles(_hours(done, "created_ms")),
        "cycle": percentiles(_hours(done, "assigned_ms")),
        "agents": _agents(journeys, done),
        "ageing": _ageing(journeys, now_ms),
        "finished": [_finished(journey) for journey in sorted(done, key=_done_ms, reverse=True)[:FINISHED_SHOWN]],
        "unknown": sum(1 for journey in journeys if journey.column == "done" and journey.done_ms is None),
        "watching_since": None if since_ms is None else iso_seconds(since_ms / 1000),
    }


def _is_done_in(journey: Journey, starts: Sequence[int], now_ms: int) -> bool:
    return bool(starts) and journey.done_ms is not None and starts[0] <= journey.done_ms <= now_ms


def _done_ms(journey: Journey) -> int:
    return journey.done_ms or 0


def _per_day(moments: Iterable[int | None], starts: Sequence[int], now_ms: int) -> list[int]:
    counts = [0] * len(starts)
    for moment in moments:
        if moment is not None and starts and starts[0] <= moment <= now_ms:
            counts[bisect_right(starts, moment) - 1] += 1
    return counts


def _hours(done: Iterable[Journey], begin: str) -> list[float]:
    """How long each took from `begin`; times that would be negative are stamps that contradict each other."""
    spans = [(getattr(journey, begin), journey.done_ms) for journey in done]
    return [(end - start) / HOUR_MS for start, end in spans if start is not None and end is not None and end >= start]


def _standing(journeys: Sequence[Journey], starts: Sequence[int], now_ms: int, done_before: int) -> DayCounts:
    """Counts at the end of each day. A task whose creation nobody knows was there from the beginning."""
    came = sorted(_came_ms(journey) for journey in journeys)
    # A task that skipped a column never lay there, and one that was removed lies there no longer.
    left_inbox = sorted(_left_inbox_ms(journey) for journey in journeys)
    taken_up = sorted(_taken_up_ms(journey) for journey in journeys)
    left_work = sorted(_left_work_ms(journey) for journey in journeys)
    done = sorted(_ended_ms(journey) for journey in journeys)
    ends = [*starts[1:], now_ms + 1]
    return {
        "inbox": [max(0, bisect_left(came, end) - bisect_left(left_inbox, end)) for end in ends],
        "assigned": [max(0, bisect_left(taken_up, end) - bisect_left(left_work, end)) for end in ends],
        "done": [done_before + bisect_left(done, end) for end in ends],
    }


_NEVER = 1 << 62


def _first(*moments: int | None) -> int:
    return min((moment for moment in moments if moment is not None), default=_NEVER)


def _came_ms(journey: Journey) -> int:
    """When it came into the inbox, or was there already; what came straight into another column left it at once."""
    known = [moment for moment in (journey.created_ms, journey.assigned_ms, journey.done_ms) if moment is not None]
    if journey.created_ms is None and journey.column != "inbox":
        return min(known, default=_NEVER)
    return min(known, default=0)


def _left_inbox_ms(journey: Journey) -> int:
    left = _first(journey.assigned_ms, journey.done_ms, journey.removed_ms)
    return _came_ms(journey) if left == _NEVER and journey.column != "inbox" else left


def _taken_up_ms(journey: Journey) -> int:
    if journey.assigned_ms is not None:
        return journey.assigned_ms
    return journey.created_ms or 0 if journey.column == "assigned" else _NEVER


def _left_work_ms(journey: Journey) -> int:
    if journey.assigned_ms is None and journey.column != "assigned":
        return _NEVER
    return max(_first(journey.done_ms, journey.removed_ms), journey.assigned_ms or 0)


def _ended_ms(journey: Journey) -> int:
    if journey.done_ms is not None:
        return journey.done_ms
    return 0 if journey.column == "done" else _NEVER


def _agents(journeys: Iterable[Journey], done: Iterable[Journey]) -> list[AgentFlow]:
    finished: dict[str, list[Journey]] = defaultdict(list)
    for journey in done:
        finished[journey.agent or "unassigned"].append(journey)
    in_work: dict[str, int] = defaultdict(int)
    for journey in journeys:
        if journey.column == "assigned" and journey.removed_ms is None:
            in_work[journey.agent or "unassigned"] += 1
    rows: list[AgentFlow] = [
        {
            "agent": agent,
            "done": len(finished[agent]),
            "in_work": in_work[agent],
            "cycle": percentiles(_hours(finished[agent], "assigned_ms")),
        }
        for agent in finished.keys() | in_work.keys()
    ]
    return sorted(rows, key=lambda row: (-row["done"], -row["in_work"], row["agent"]))


def _ageing(journeys: Iterable[Journey], now_ms: int) -> list[AgeingTask]:
    """Work in progress, the oldest first; of unknown age last."""
    working = [journey for journey in journeys if journey.column == "assigned" and journey.removed_ms is None]
    working.sort(key=lambda journey: _NEVER if journey.assigned_ms is None else journey.assigned_ms)
    return [
        {
            "path": journey.path,
            "id": journey.task_id,
            "title": journey.title,
            "agent": journey.agent,
            "status": journey.status,
            # A clock that was set back must not show a negative age.
            "age_hours": None if journey.assigned_ms is None else max(0, now_ms - journey.assigned_ms) / HOUR_MS,
            "watched": journey.watched,
        }
        for journey in working[:AGEING_SHOWN]
    ]


def _finished(journey: Journey) -> FinishedTask:
    lead, cycle = _hours([journey], "created_ms"), _hours([journey], "assigned_ms")
    return {
        "path": journey.path,
        "id": journey.task_id,
        "title": journey.title,
        "agent": journey.agent,
        "done_at": iso_seconds((journey.done_ms or 0) / 1000),
        "lead_hours": lead[0] if lead else None,
        "cycle_hours": cycle[0] if cycle else None,
        "watched": journey.watched,
    }
