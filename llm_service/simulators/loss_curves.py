"""Loss curves as trainings really draw them: a healthy one, and the ways in which one goes wrong."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Literal, get_args

Curve = Literal["healthy", "spike", "nan", "plateau", "divergence", "slow", "stall"]
CURVES: tuple[Curve, ...] = get_args(Curve)
FIRST_LOSS = 3.4
FLOOR = 0.18
STUCK = 3.2
"""Where a "plateau" stays: nothing is ever learned, which is how it differs from a curve that has converged."""


def curve_named(name: object) -> Curve:
    """The curve of that name; a healthy one where there is none."""
    return next((curve for curve in CURVES if curve == name), "healthy")


def losses(chance: random.Random, steps: int, curve: Curve = "healthy", *, floor: float = FLOOR) -> Iterator[float]:
    """The loss of step 1, 2, … `steps`: 3.4·e^(−step/τ) above a floor, with noise that falls with it; sick after 60 %.

    "slow" and "stall" have a healthy loss: what is sick is the pace (`pause_before`).
    """
    tau, sick_from = max(1.0, steps / 5), max(2, int(steps * 0.6))
    for step in range(1, steps + 1):
        clean = floor + (FIRST_LOSS - floor) * math.exp(-step / tau)
        value = max(0.01, clean * (1 + chance.gauss(0, 0.035)) + chance.gauss(0, 0.01))
        yield _sick(curve, step, sick_from, steps, value, clean)


def _sick(curve: Curve, step: int, sick_from: int, steps: int, value: float, clean: float) -> float:
    late = step - sick_from
    if late < 0:
        return value if curve != "plateau" else max(value, STUCK + (value - clean))
    if curve == "spike" and late % 97 < 2:
        return value * 9
    if curve == "nan" and late % 50 < 3:
        return math.nan if late < 100 else math.inf
    if curve == "divergence":
        return value + 4.0 * math.pow(late / max(1, steps - sick_from), 1.5)
    if curve == "plateau":
        return STUCK + (value - clean)
    return value


def pause_before(curve: Curve, step: int, steps: int, seconds_per_step: float) -> float:
    """Seconds before this step: slower after 60 % of a "slow" one, a stop of 10 minutes in a "stall"."""
    sick_from = max(2, int(steps * 0.6))
    if curve == "slow" and step >= sick_from:
        return seconds_per_step * 6
    if curve == "stall" and step == sick_from:
        return 600.0
    return seconds_per_step


def rate_at(step: int, steps: int, peak: float) -> float:
    """The learning rate: a short linear warm-up, then a cosine to nothing."""
    warm_up = max(1, steps // 20)
    if step <= warm_up:
        return peak * step / warm_up
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up)))
