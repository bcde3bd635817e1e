"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

DEADLINE_S = 30.0
"""Nobody waits so long but a machine that does ten other things; how fast we are is measured in benchmarks/."""
T = TypeVar("T")


def wait_until(
    ask: Callable[[], T], what: str = "the condition", deadline_s: float = DEADLINE_S, *, pause_s: float = 0.01
) -> T:
    """Return the first true answer of `ask`; fail with what it answered last."""
    end_s = time.monotonic() + deadline_s
    while not (answer := ask()):
        if time.monotonic() > end_s:
            raise AssertionError(f"{what} did not come within {deadline_s:g} s; the last answer was {answer!r}")
        time.sleep(pause_s)
    return answer
