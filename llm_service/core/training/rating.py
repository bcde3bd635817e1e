"""What a final loss is worth, in the words of the skill trainer's page."""

from __future__ import annotations

import math
from typing import Literal

Rating = Literal["Excellent", "Great", "Good", "Needs more data"]

STEPS: tuple[tuple[float, Rating], ...] = ((0.3, "Excellent"), (0.5, "Great"), (1.0, "Good"))


def rating_of(loss: float | None) -> Rating | None:
    """The rating of a loss; None where no loss is known. NaN and infinity are no good result."""
    if loss is None:
        return None
    if not math.isfinite(loss):
        return "Needs more data"
    return next((word for below, word in STEPS if loss < below), "Needs more data")
