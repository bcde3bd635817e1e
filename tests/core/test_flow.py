"""Flow metrics against an example worked out by hand.

Three days of UTC, the range ends on the 3rd at 12:00. Hours count from the 1st, 00:00:

  task  agent  created  assigned  done   lead  cycle
  a     ann    0        6         30     30    24
  b     ann    2        8         20     18    12
  c     bob    10       26        56     46    30
  d     bob    -48      -24       4      52    28     (seeded: its file told the times)
  e     ann    30       40        –                  in work for 60 - 40 = 20 hours
  f     –      50       –         –                  in the inbox
  g     bob    20       22        removed at 50      left the board unfinished
"""

from __future__ import annotations

import pytest

from llm_service.core.flow import flow, percentiles
from llm_service.core.journeys import Journey, begin, go_on

DAY_1 = 1_798_761_600_000  # 2027-01-01T00:00:00Z
HOUR = 3_600_000
DAYS = [("2027-01-01", DAY_1), ("2027-01-02", DAY_1 + 24 * HOUR), ("2027-01-03", DAY_1 + 48 * HOUR)]
NOW = DAY_1 + 60 * HOUR


def at(hour: float | None) -> int | None:
    return None if hour is None else DAY_1 + round(hour * HOUR)


def task(name, agent, column, created, assigned=None, done=None, removed=None, watched=True) -> Journey:
    moments = [at(hour) for hour in (created, assigned, done, removed)]
    return Journey(f"{column}/{name}.yaml", name, name, agent, "normal", column, "new", *moments, watched=watched)


JOURNEYS = [
    task("a", "ann", "done", 0, 6, 30),
    task("b", "ann", "done", 2, 8, 20),
    task("c", "bob", "done", 10, 26, 56),
    task("d", "bob", "done", -48, -24, 4, watched=False),
    task("e", "ann", "assigned", 30, 40),
    task("f", None, "inbox", 50),
    task("g", "bob", "assigned", 20, 22, removed=50),
]


@pytest.fixture(scope="module")
def page():
    return flow(JOURNEYS, DAYS, NOW, timezone="UTC", since_ms=DAY_1)


def test_throughput_counts_each_day_and_says_what_is_seeded(page) -> None:
    assert (page["done"], page["seeded"]) == ([2, 1, 1], [1, 0, 0])
    assert page["created"] == [4, 1, 1]  # d came two days before the range


def test_times_are_those_worked_out_by_hand(page) -> None:
    # Lead times in order: 18, 30, 46, 52. Nearest rank of 4: p50 is the 2nd, p85 and p95 the 4th.
    assert page["lead"] == {"p50": 30, "p85": 52, "p95": 52, "tasks": 4}
    # Cycle times in order: 12, 24, 28, 30.
    assert page["cycle"] == {"p50": 24, "p85": 30, "p95": 30, "tasks": 4}


def test_where_tasks_lay_at_the_end_of_each_day(page) -> None:
    # Day 1: c waits; a and g are in work; b and d are done. Day 2: nothing waits; c, e and g in work; a, b, d done.
    # Now: f waits, e is in work (g is gone), c is done too.
    assert page["standing"] == {"inbox": [1, 0, 1], "assigned": [2, 3, 1], "done": [2, 3, 4]}


def test_agents_and_work_in_progress(page) -> None:
    ann, bob = page["agents"]
    assert (ann["agent"], ann["done"], ann["in_work"], ann["cycle"]["p50"]) == ("ann", 2, 1, 12)
    assert (bob["agent"], bob["done"], bob["in_work"], bob["cycle"]["p95"]) == ("bob", 2, 0, 30)
    assert [(row["id"], row["age_hours"]) for row in page["ageing"]] == [("e", 20)]
    assert [row["id"] for row in page["finished"]] == ["c", "a", "b", "d"]


def test_a_done_task_without_any_time_is_counted_and_not_dated() -> None:
    page = flow([task("x", "ann", "done", None)], DAYS, NOW, timezone="UTC", since_ms=None)
    assert (page["unknown"], page["done"], page["lead"]["p50"]) == (1, [0, 0, 0], None)
    assert page["standing"] == {"inbox": [0, 0, 0], "assigned": [0, 0, 0], "done": [1, 1, 1]}


def test_contradicting_stamps_and_a_clock_set_back_give_no_negative_times() -> None:
    page = flow(
        [task("x", "a", "done", 20, 30, 10), task("y", "a", "assigned", 0, 70)],
        DAYS,
        NOW,
        timezone="UTC",
        since_ms=None,
    )
    assert page["lead"]["tasks"] == page["cycle"]["tasks"] == 0
    assert page["ageing"][0]["age_hours"] == 0


@pytest.mark.parametrize(
    ("hours", "expected"),
    [([], (None, None, None)), ([7], (7, 7, 7)), (range(1, 21), (10, 17, 19)), (range(1, 101), (50, 85, 95))],
)
def test_percentiles_are_by_nearest_rank(hours, expected) -> None:
    found = percentiles(hours)
    assert (found["p50"], found["p85"], found["p95"]) == expected


def card(column, created=None, assigned=None, started=None, done=None):
    stamps = {"created_at": created, "assigned_at": assigned, "started_at": started, "completed_at": done}
    place = {"path": f"{column}/t.yaml", "id": "t", "title": "t", "column": column, "agent": "ann"}
    return {**place, "priority": "low", "status": "new", **stamps}


def test_what_was_watched_has_its_own_moment_whatever_the_file_says() -> None:
    journey = begin(card("inbox", created="2020-01-01T00:00:00Z"), DAY_1, watched=True)
    journey = go_on(journey, card("assigned", assigned="2020-01-01T00:00:00Z"), DAY_1 + HOUR, watched=True)
    journey = go_on(journey, card("done", done="2020-01-01T00:00:00Z"), DAY_1 + 3 * HOUR, watched=True)
    assert (journey.created_ms, journey.assigned_ms, journey.done_ms) == (DAY_1, DAY_1 + HOUR, DAY_1 + 3 * HOUR)
    assert journey.watched


def test_what_was_not_watched_has_the_stamps_of_its_file_and_none_of_the_future() -> None:
    stamps = {"created": "2026-12-30T00:00:00Z", "started": "2026-12-31T00:00:00Z", "done": "2099-01-01T00:00:00Z"}
    journey = begin(card("done", **stamps), DAY_1, watched=False)
    assert (journey.created_ms, journey.assigned_ms) == (DAY_1 - 48 * HOUR, DAY_1 - 24 * HOUR)
    assert (journey.done_ms, journey.watched) == (None, False)


def test_a_task_that_goes_back_is_finished_later() -> None:
    journey = begin(card("assigned"), DAY_1, watched=True)
    journey = go_on(journey, card("done"), DAY_1 + HOUR, watched=True)
    journey = go_on(journey, card("assigned"), DAY_1 + 2 * HOUR, watched=True)
    assert (journey.assigned_ms, journey.done_ms) == (DAY_1, None)
    assert go_on(journey, card("done"), DAY_1 + 9 * HOUR, watched=True).done_ms == DAY_1 + 9 * HOUR
    assert go_on(journey, card("inbox"), DAY_1 + 9 * HOUR, watched=True).assigned_ms is None
