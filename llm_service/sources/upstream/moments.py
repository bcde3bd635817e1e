"""Both clocks and chance, handed in together so that tests can hold them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import NamedTuple

from llm_service.core.times import iso_seconds


class Moments(NamedTuple):
    """`wall` and `monotonic` are seconds; `chance` is from 0 to 1."""

    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random

    def iso(self, in_s: float = 0.0) -> str:
        """The present moment, or one so many seconds later."""
        return iso_seconds(self.wall() + in_s)


REAL = Moments()
