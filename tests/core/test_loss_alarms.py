"""Alarms against curves that real models made: every sick one is caught in time, none of the healthy ones is."""

from __future__ import annotations

import json
import math
import random

import pytest

from llm_service.core.loss.points import Point
from llm_service.core.loss.thresholds import Thresholds
from llm_service.core.loss.verdicts import Cleared, Raised
from tests.kit.curves import Life, points_of, recorded

HEALTHY = recorded("healthy")
SICK = {
    # name: what is wrong, the step it begins at, and how many steps later it must be known
    "rate_too_high": ("divergence", 300, 32),
    "rate_raised_by_mistake": ("divergence", 600, 32),
    "slow_divergence": ("divergence", 648, 64),
    "dead_half_way": ("divergence", 501, 32),
    "wrong_labels": ("spike", 700, 0),
    "broken_input": ("spike", 600, 0),
    "dead_from_the_start": ("plateau", 0, 480),
    "half_precision_overflow": ("nan", 244, 0),
    "rate_far_too_high": ("nan", 306, 0),
    "one_bad_batch_is_nan": ("nan", 400, 0),
    "slowed_down": ("throughput", 700, 32),
    "stopped": ("stalled", 400, 0),
}


def test_every_recorded_curve_is_judged():
    assert recorded("sick") == sorted(SICK)
    assert len(HEALTHY) >= 15


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_curve_raises_nothing(name):
    assert list(Life().live(points_of("healthy", name)).raised()) == []


@pytest.mark.parametrize("name", SICK)
def test_a_sick_curve_is_caught_within_the_stated_steps(name):
    kind, begins, within = SICK[name]
    life = Life().live(points_of("sick", name))
    if kind == "stalled":
        life.pass_ms(10 * 60_000)
    raised = list(life.raised())
    first = next(step for said, step in raised if said == kind)
    assert begins <= first <= begins + within, raised
    assert min(step for _, step in raised) >= begins, "nothing is said before it begins"


@pytest.mark.parametrize("name", ["one_bad_batch_is_nan", "slow_divergence", "slowed_down", "wrong_labels"])
def test_a_watch_that_is_put_away_as_json_goes_on_where_it_was(name):
    points = points_of("sick", name)
    whole = Life().live(points)
    cut = Life()
    for start in range(0, len(points), 97):
        cut.live(points[start : start + 97])
        state = json.loads(json.dumps(cut.watch.state()))
        heard = cut.watch._silence._heard_ms
        cut.watch = type(cut.watch)(Thresholds(), state)
        cut.watch._silence._heard_ms = heard
    assert cut.said == whole.said


def test_a_spike_is_over_after_ten_usual_steps():
    life = Life().live(points_of("sick", "broken_input"))
    assert life.cleared() == [("spike", 610)]


def stepped(back_at: int | None = None, seed: int = 3) -> list[Point]:
    """A curve that has come down to 0.5 and goes to 2 at step 300, for good or for a while."""
    dice = random.Random(seed)
    level = [0.5 + 2.9 * math.exp(-step / 60) + (1.5 if 300 <= step < (back_at or 900) else 0) for step in range(600)]
    return [
        Point(step, value * math.exp(dice.gauss(0, 0.06)), None, None, step * 500) for step, value in enumerate(level)
    ]


@pytest.mark.parametrize("seed", range(6))
def test_a_jump_whose_level_holds_is_called_a_new_level_when_it_clears(seed):
    life = Life().live(stepped(seed=seed))
    assert [step for kind, step in life.raised() if kind == "spike"] == [300]
    (cleared,) = [one.verdict for one in life.said if isinstance(one.verdict, Cleared) and one.verdict.kind == "spike"]
    assert cleared.sentence.startswith("The loss went to another level at step 300: from about 0.5")
    assert cleared.sentence.endswith("where it still was 73 logged steps later.")


@pytest.mark.parametrize("curve", [stepped(back_at=303), stepped(back_at=320), points_of("sick", "wrong_labels")])
def test_a_jump_that_comes_back_stays_a_spike(curve):
    life = Life().live(curve)
    cleared = [one.verdict for one in life.said if isinstance(one.verdict, Cleared) and one.verdict.kind == "spike"]
    assert [one.sentence for one in cleared] == [""] * len(cleared)
    assert cleared


def test_nan_is_over_after_twenty_finite_steps_and_not_before():
    points = [Point(step, math.nan if step in (50, 60) else 1.0) for step in range(200)]
    life = Life().live(points)
    assert list(life.raised()) == [("nan", 50)]
    assert life.cleared() == [("nan", 80)]


def test_infinity_is_told_with_its_name_and_the_value_before():
    verdict = Life().live([Point(0, 0.5), Point(1, -math.inf)]).said[0].verdict
    assert isinstance(verdict, Raised)
    assert verdict.sentence == "The loss is infinite at step 1; the last finite value was 0.5 at step 0."
    assert verdict.numbers == {"value": "-inf", "last": 0.5, "last_step": 0}


def test_divergence_is_over_when_the_loss_is_half_way_back():
    up = [Point(step, 3.0 - min(step, 200) * 0.01 + 0.01 * (step % 3)) for step in range(300)]
    away = [Point(step, 2.5 + 0.01 * (step % 3)) for step in range(300, 400)]
    back = [Point(step, 1.05 + 0.01 * (step % 3)) for step in range(400, 500)]
    life = Life().live([*up, *away, *back])
    assert [kind for kind, _ in life.raised() if kind == "divergence"] == ["divergence"]
    assert ("divergence", 416) in life.cleared()


def test_a_plateau_is_over_when_the_loss_falls():
    flat = [Point(step, 2.3 + 0.02 * (step % 5)) for step in range(700)]
    falling = [Point(step, 2.3 - 0.005 * (step - 700)) for step in range(700, 900)]
    life = Life().live([*flat, *falling])
    assert [kind for kind, _ in life.raised()] == ["plateau"]
    assert [kind for kind, _ in life.cleared()] == ["plateau"]


def test_a_curve_that_is_good_from_its_start_has_no_plateau():
    assert list(Life().live([Point(step, 0.2 + 0.01 * (step % 7)) for step in range(1500)]).raised()) == []


def test_a_warm_up_is_no_plateau_however_long():
    points = [Point(step, 2.3 + 0.01 * (step % 7), 1e-7 * (step + 1)) for step in range(2000)]
    assert list(Life().live(points).raised()) == []
    assert [kind for kind, _ in Life().live([point._replace(lr=None) for point in points]).raised()] == ["plateau"]


def test_a_jump_that_comes_with_a_higher_learning_rate_is_the_schedules():
    points = [Point(step, 0.5 + 0.01 * (step % 7), 1e-3) for step in range(100)]
    restart = [Point(step, 1.6 + 0.01 * (step % 7), 1e-2) for step in range(100, 110)]
    assert list(Life().live([*points, *restart]).raised()) == []
    constant = [point._replace(lr=1e-3) for point in restart]
    assert [kind for kind, _ in Life().live([*points, *constant]).raised()] == ["spike"]


def test_training_that_is_fast_again_clears_the_slow_down():
    points = points_of("sick", "slowed_down")
    last = points[-1]
    again = [Point(last.step + n, last.loss, last.lr, None, last.at_ms + n * 500) for n in range(1, 400)]
    life = Life().live([*points, *again])
    assert [kind for kind, _ in life.raised()] == ["throughput"]
    assert [kind for kind, _ in life.cleared()] == ["throughput"]


def test_silence_is_measured_against_the_longest_pause_of_late():
    life = Life()
    at_ms = 0
    for step in range(200):
        at_ms += 100_000 if step % 50 == 49 else 1_000
        life.live([Point(step, 1.0, None, None, at_ms)])
    life.pass_ms(190_000)
    assert list(life.raised()) == []
    life.pass_ms(15_000)
    assert [kind for kind, _ in life.raised()] == ["stalled"]
    said = life.said[-1].verdict
    assert isinstance(said, Raised)
    assert said.sentence == "No new step for 3 minutes; one usually comes every 1 s. The last was step 199."
    life.live([Point(200, 1.0, None, None, life.now_ms)])
    assert life.cleared() == [("stalled", 200)]


def test_steps_that_fill_a_gap_later_are_not_judged():
    life = Life().live([Point(step, 0.5 + 0.01 * (step % 7), None, None, step) for step in range(0, 200, 2)])
    for step in range(1, 199, 2):
        life.watch.feed([Point(step, 100.0, None, None, 150)])
    assert life.said == []
    assert life.watch.last_step == 198


def test_a_kind_that_is_off_is_not_raised():
    points = points_of("sick", "one_bad_batch_is_nan")
    assert list(Life(Thresholds(off=("nan",))).live(points).raised()) == []


def test_thresholds_are_those_of_the_settings():
    points = points_of("sick", "wrong_labels")
    assert list(Life(Thresholds(spike_times=16.0)).live(points).raised()) == []
    short = Life(Thresholds(plateau_window=80)).live(points_of("sick", "dead_from_the_start"))
    assert next(iter(short.raised())) == ("plateau", 79)


def test_negative_losses_are_judged_by_distance():
    points = [Point(step, -5.0 + 0.02 * (step % 5)) for step in range(100)]
    life = Life().live([*points, Point(100, 3.0), Point(101, -5.0)])
    assert list(life.raised()) == [("spike", 100)]


def test_a_return_to_an_early_checkpoint_is_neither_a_spike_nor_a_divergence():
    losses = [3 * math.exp(-step / 60) + 0.02 * (step % 3) for step in range(400)]
    once = [Point(step, loss, None, None, 1_000 * step) for step, loss in enumerate(losses)]
    again = [Point(step, losses[step], None, None, 400_000 + 1_000 * step) for step in range(30, 400)]
    changed = [point._replace(loss=point.loss + 0.001) for point in again]
    assert list(Life().live([*once, *changed]).raised()) == []


def beginning_then(usual: float) -> list[Point]:
    """Sixteen losses of about 2, then a hundred that scatter widely around `usual`."""
    scatter = (0.0, 0.6, -0.5, 0.2, -1.0, 1.1, -0.2, 0.4, -0.7, 0.9)
    first = [Point(step, 2.0) for step in range(16)]
    return [*first, *(Point(16 + n, usual * math.exp(scatter[n % 10])) for n in range(100))]


def test_near_zero_a_jump_by_a_large_factor_is_no_spike():
    usual = [Point(step, 2.0) for step in range(16)] + [
        Point(step, 0.001 + 1e-5 * (step % 7)) for step in range(16, 150)
    ]
    assert list(Life().live([*usual, Point(150, 0.2), Point(151, 0.001)]).raised()) == []
    assert list(Life().live([*usual, Point(150, 0.9), Point(151, 0.001)]).raised()) == [("spike", 150)]


def test_above_three_times_the_beginning_half_the_deviations_are_a_spike():
    usual = beginning_then(0.1)
    assert list(Life().live([*usual, Point(116, 5.0)]).raised()) == []
    assert list(Life().live([*usual, Point(116, 7.0)]).raised()) == [("spike", 116)]


def test_a_curve_around_zero_is_judged_by_its_scatter_alone():
    for seed in range(4):
        dice = random.Random(seed)
        noise = [Point(step, dice.gauss(0, 0.02), at_ms=step * 1000) for step in range(3000)]
        assert list(Life().live(noise).raised()) == []
        jump = [*noise, Point(3000, 0.6, at_ms=3_000_000)]
        assert list(Life().live(jump).raised()) == [("spike", 3000)]


def test_a_jump_early_in_a_steep_fall_is_a_spike():
    for seed in range(8):
        dice = random.Random(seed)
        losses = [3.2 * math.exp(-i / 25) + 0.6 + dice.gauss(0, 0.03) for i in range(100)]
        losses[60] *= 8
        points = [Point(50 * i, loss, at_ms=50_000 * i) for i, loss in enumerate(losses)]
        assert list(Life().live(points).raised()) == [("spike", 3000)]


def test_a_model_that_has_little_left_to_learn_is_no_plateau():
    dice = random.Random(2)
    losses = [1.22 + 0.08 * math.exp(-i / 800) + dice.gauss(0, 0.04) for i in range(4000)]
    points = [Point(i, loss, at_ms=1000 * i) for i, loss in enumerate(losses)]
    assert list(Life().live(points).raised()) == []
    dead = [Point(i, 1.22 + dice.gauss(0, 0.04), at_ms=1000 * i) for i in range(600)]
    assert [kind for kind, _ in Life().live(dead).raised()] == ["plateau"]


def test_a_log_of_uneven_steps_has_not_slowed_down():
    dice = random.Random(3)
    step = at_ms = 0
    points = []
    for i in range(1200):
        step += dice.randint(1, 40)
        at_ms += dice.randint(100, 30_000)
        points.append(Point(step, 2 / (1 + i), at_ms=at_ms))
    assert [kind for kind, _ in Life().live(points).raised() if kind == "throughput"] == []
