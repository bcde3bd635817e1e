"""Curves in the database against the same worked out with numpy from the bare steps, however they came in."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm_service.core.loss.points import Point, sound
from llm_service.core.loss.smoothing import STOPS, nearest
from llm_service.telemetry import loss_series, loss_store
from llm_service.telemetry.loss_tables import m0004_loss

KEY = "s:job"


class Curve:
    """A series in a database of its own, and beside it the steps as a plain mapping."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.row_factory = sqlite3.Row
        m0004_loss(self.connection)
        self.steps: dict[int, Point] = {}

    def tell(self, points: Sequence[Point]) -> loss_store.Changed:
        good, _ = sound(points)
        self.steps.update({point.step: point for point in good})
        return loss_store.append(self.connection, KEY, good, job=KEY, name="a job", running=True, now_ms=1)

    def read(self, points: int = 1000, begin: int | None = None, end: int | None = None, weight: float = 0.0) -> Any:
        return loss_series.read(self.connection, KEY, from_step=begin, to_step=end, points=points, weight=weight)

    def catch_up(self) -> None:
        while loss_store.catch_up(self.connection, KEY):
            pass


@pytest.fixture
def curve() -> Iterator[Curve]:
    made = Curve()
    with closing(made.connection):
        yield made


def told(steps: Sequence[int], seed: int = 0, bad: float = 0.02) -> list[Point]:
    rng = np.random.default_rng(seed)
    losses = 3 * np.exp(-np.asarray(steps) / 3000) + rng.normal(size=len(steps)) * 0.1
    losses[rng.random(len(steps)) < bad] = np.nan
    return [
        Point(step, float(loss), 1e-3, step / 100, 1_000_000 + step) for step, loss in zip(steps, losses, strict=True)
    ]


def expected_smooth(steps: dict[int, Point], weight: float) -> dict[int, float | None]:
    """The debiased average as a sum over all finite losses before: sum of w^(n-i) x_i over the sum of w^(n-i)."""
    order = sorted(steps)
    losses = np.array([steps[step].loss for step in order])
    finite = np.isfinite(losses)
    good = losses[finite]
    powers = weight ** np.arange(len(good), dtype=float)
    total = np.cumsum(powers)
    found: dict[int, float | None] = {}
    for step, count in zip(order, np.cumsum(finite), strict=True):
        found[step] = float(good[:count] @ powers[count - 1 :: -1][:count] / total[count - 1]) if count else None
    return found


def check(curve: Curve, points: int, begin: int | None, end: int | None, weight: float) -> None:
    """A window as it is answered against numpy over the bare steps."""
    answer = curve.read(points, begin, end, weight)
    columns, width = answer["buckets"], answer["width"]
    assert len(columns["step"]) <= points
    low = max(min(curve.steps), begin or 0)
    high = min(max(curve.steps), max(curve.steps) if end is None else end)
    if width > 1:
        low, high = low - low % width, high - high % width + width - 1
    places: dict[int, list[int]] = {}
    for step in sorted(curve.steps):
        if low <= step <= high:
            places.setdefault(step // width, []).append(step)
    assert columns["step"] == [inside[0] for inside in places.values()]
    smooth = expected_smooth(curve.steps, weight)
    for number, inside in enumerate(places.values()):
        losses = np.array([curve.steps[step].loss for step in inside])
        finite = losses[np.isfinite(losses)]
        row = {name: column[number] for name, column in columns.items()}
        assert (row["last_step"], row["count"]) == (inside[-1], len(inside))
        assert row["bad"] == len(inside) - len(finite)
        if len(finite):
            assert (row["first"], row["last"]) == (finite[0], finite[-1])
            assert (row["min"], row["max"]) == (finite.min(), finite.max())
            assert curve.steps[row["min_step"]].loss == finite.min()
            assert curve.steps[row["max_step"]].loss == finite.max()
        else:
            assert row["min"] is row["max"] is row["min_step"] is None
        if smooth[inside[-1]] is None:
            assert row["smooth"] is None
        else:
            assert row["smooth"] == pytest.approx(smooth[inside[-1]], rel=1e-9, abs=1e-12)


def check_facts(curve: Curve) -> None:
    losses = np.array([curve.steps[step].loss for step in sorted(curve.steps)])
    finite = losses[np.isfinite(losses)]
    facts = curve.read()["facts"]
    assert (facts["count"], facts["bad"]) == (len(losses), len(losses) - len(finite))
    assert (facts["first_step"], facts["last_step"]) == (min(curve.steps), max(curve.steps))
    if len(finite):
        assert (facts["min"], facts["max"], facts["last"]) == (finite.min(), finite.max(), finite[-1])
        assert curve.steps[facts["best_step"]].loss == finite.min()


@pytest.mark.parametrize("weight", STOPS)
def test_every_window_is_what_numpy_finds_in_the_bare_steps(curve: Curve, weight: float) -> None:
    points = told(range(6000))
    for start in range(0, 6000, 700):
        curve.tell(points[start : start + 700])
    for budget, begin, end in [
        (10, None, None),
        (500, None, None),
        (2000, None, None),
        (50, 17, 5017),
        (100, 900, 980),
    ]:
        check(curve, budget, begin, end, weight)
    check_facts(curve)


@pytest.mark.parametrize("stride", [1, 3, 10, 1000])
def test_steps_may_lie_any_distance_apart(curve: Curve, stride: int) -> None:
    points = told(range(5, 3000 * stride, stride))
    for start in range(0, len(points), 250):
        curve.tell(points[start : start + 250])
    for budget in (10, 300, 2000):
        check(curve, budget, None, None, 0.9)
        check(curve, budget, 400 * stride, 900 * stride, 0.99)
    check_facts(curve)
    stored = curve.connection.execute("SELECT count(*) FROM loss_buckets").fetchone()[0]
    assert stored < 0.7 * len(points)


def test_late_steps_and_rewritten_ones_change_every_width_above_them(curve: Curve) -> None:
    rng = np.random.default_rng(3)
    points = told(range(0, 8000, 2))
    curve.tell(points)
    for round_ in range(20):
        some = sorted(rng.integers(0, 8000, size=30).tolist())
        curve.tell([Point(int(step), float(rng.normal() * 5), None, None, 5_000_000 + round_) for step in set(some)])
        check(curve, 100, None, None, 0.98)
    check(curve, 2000, 1000, 2500, 0.999)
    check_facts(curve)


def test_a_return_to_a_checkpoint_rewrites_step_by_step_and_the_average_follows(curve: Curve) -> None:
    curve.tell(told(range(5000)))
    for step in range(3000, 3400):
        curve.tell([Point(step, 7.0 + step / 1000, None, None, 9_000_000 + step)])
    check(curve, 200, None, None, 0.99)
    assert curve.connection.execute("SELECT smooth_from FROM loss_series").fetchone()[0] == 3400
    curve.catch_up()
    assert curve.connection.execute("SELECT smooth_from FROM loss_series").fetchone()[0] == 5000
    check(curve, 200, None, None, 0.99)
    check(curve, 2000, None, None, 0.999)


def test_a_jump_of_the_steps_keeps_what_was_before_it(curve: Curve) -> None:
    curve.tell(told(range(300)))
    curve.tell(told(range(5_000_000, 5_000_300), seed=1))
    check(curve, 50, None, None, 0.9)
    check(curve, 100, None, 250, 0.9)
    check_facts(curve)
    assert curve.read(1000)["gaps"] == [(299, 5_000_000)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.integers(0, 3000),
            st.integers(1, 400),
            st.sampled_from([1, 2, 7, 50]),
            st.integers(0, 10**6),
        ),
        min_size=1,
        max_size=8,
    ),
    st.integers(10, 400),
    st.sampled_from(STOPS),
)
def test_whatever_order_steps_come_in_the_answer_is_that_of_the_bare_steps(
    batches: list[tuple[int, int, int, int]], budget: int, weight: float
) -> None:
    curve = Curve()
    with closing(curve.connection):
        for first, count, stride, seed in batches:
            curve.tell(told(range(first, first + count * stride, stride), seed=seed, bad=0.1))
        check(curve, budget, None, None, weight)
        check(curve, budget, 100, 1500, weight)
        curve.catch_up()
        check(curve, budget, None, None, weight)
        check_facts(curve)


def test_buckets_stand_still_while_steps_are_appended(curve: Curve) -> None:
    curve.tell(told(range(4000)))
    before = curve.read(100)
    for step in range(4000, 4060):
        curve.tell(told([step], seed=step))
    after = curve.read(100)
    assert after["width"] == before["width"] == 64
    assert after["buckets"]["max"][:62] == before["buckets"]["max"][:62]
    assert after["buckets"]["step"][:62] == before["buckets"]["step"][:62]


def test_no_spike_is_lost_at_any_width(curve: Curve) -> None:
    points = told(range(20_000), bad=0)
    spikes = {777: 90.0, 5003: -40.0, 12_345: 55.5, 19_999: 61.0}
    curve.tell([point._replace(loss=spikes.get(point.step, point.loss)) for point in points])
    for budget in (10, 33, 250, 2000):
        columns = curve.read(budget)["buckets"]
        assert {777, 12_345, 19_999} <= set(columns["max_step"])
        assert 5003 in columns["min_step"]
        assert max(columns["max"]) == 90.0


def test_what_is_told_again_is_no_news_and_another_loss_is(curve: Curve) -> None:
    points = [Point(1, 0.5, None, None, 10), Point(2, math.nan, None, None, 11), Point(3, math.inf, 1e-3, 0.1, 12)]
    assert len(curve.tell(points).new) == 3
    assert curve.tell(points)[:2] == ((), ())
    again = curve.tell(
        [points[0]._replace(lr=2e-4, at_ms=99), points[1]._replace(loss=0.4), points[2]._replace(loss=-math.inf)]
    )
    assert [point.step for point in again.rewritten] == [2, 3]
    rows = curve.connection.execute("SELECT step, loss, bad, lr, at_ms FROM loss_steps ORDER BY step").fetchall()
    assert [tuple(row) for row in rows] == [
        (1, 0.5, None, 2e-4, 10),
        (2, 0.4, None, None, 11),
        (3, None, "-inf", 1e-3, 12),
    ]


def test_what_is_no_step_is_refused_and_the_others_are_kept() -> None:
    odd: list[Any] = [
        *(Point(-1, 1.0), Point(True, 1.0), Point(2**54, 1.0), Point(1.5, 1.0)),  # type: ignore[arg-type]
        *(Point(3, "1"), Point(4, None), Point(5, 10**400), Point(6, 1.0, at_ms=-5)),  # type: ignore[arg-type]
    ]
    good, refused = sound([*odd, Point(7, 1, math.nan, math.inf, 3), Point(7, 2.0, at_ms=4)])
    assert good == [Point(7, 2.0, None, None, 4)]
    assert refused == len(odd)


def test_a_weight_is_the_nearest_stop() -> None:
    assert [nearest(weight) for weight in (0, 0.24, 0.26, 0.6, 0.97, 0.996, 0.999)] == [
        0,
        0,
        0.5,
        0.5,
        0.98,
        0.995,
        0.999,
    ]


def test_gaps_are_told_by_the_series_own_stride(curve: Curve) -> None:
    regular = [step for step in range(0, 2000, 10) if step not in (500, 510, 1230)]
    curve.tell(told(regular, bad=0))
    assert curve.read()["gaps"] == [(490, 520), (1220, 1240)]


def test_a_training_that_logs_more_seldom_after_its_beginning_has_no_gaps() -> None:
    for points in (50, 2000):
        made = Curve()
        with closing(made.connection):
            made.tell(told([*range(1, 1001), *range(1010, 3001, 10)]))
            assert made.read(points)["gaps"] == []
            made.tell(told([*range(3050, 3400, 10)]))
            assert made.read(2000)["gaps"] == [(3000, 3050)]


def test_an_irregular_series_has_a_gap_only_where_it_jumps_far() -> None:
    made = Curve()
    rng = np.random.default_rng(5)
    steps = np.cumsum(rng.integers(2, 9, size=300))
    steps[200:] += 100
    with closing(made.connection):
        made.tell(told(steps.tolist()))
        assert made.read()["gaps"] == [(int(steps[199]), int(steps[200]))]


def test_an_empty_window_and_an_unknown_series(curve: Curve) -> None:
    assert curve.read() is None
    curve.tell(told(range(100, 200)))
    empty = curve.read(1000, 5000, 6000, 0.9)
    assert (empty["buckets"]["step"], empty["gaps"], empty["facts"]["count"]) == ([], [], 100)


def test_only_bad_values_are_a_curve_too(curve: Curve) -> None:
    curve.tell([Point(step, math.nan, at_ms=1) for step in range(400)])
    answer = curve.read(10, weight=0.9)
    assert set(answer["buckets"]["smooth"]) == {None}
    assert answer["facts"]["best"] is None
    assert sum(answer["buckets"]["bad"]) == 400


def test_the_column_of_each_folder_is_private_to_its_series(tmp_path: Path) -> None:
    curve = Curve()
    with closing(curve.connection):
        curve.tell(told(range(500)))
        loss_store.append(
            curve.connection,
            "s:other",
            sound(told(range(500), seed=9))[0],
            job="s:other",
            name="",
            running=True,
            now_ms=1,
        )
        check(curve, 20, None, None, 0.5)
        assert loss_series.keys_of(curve.connection, "s:other") == ["s:other"]


def test_a_window_that_begins_in_a_gap_begins_with_the_average_before_it(curve: Curve) -> None:
    points = told(range(3000), bad=0)
    curve.tell([point._replace(loss=math.nan) if 1600 <= point.step < 1620 else point for point in points])
    for begin in (1600, 1607, 1608, 1619):
        check(curve, 100, begin, 1690, 0.9)
        assert curve.read(100, begin, 1690, 0.9)["buckets"]["smooth"][0] is not None
