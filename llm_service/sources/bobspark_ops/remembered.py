"""What was read from a server stays good for a moment: ten pages that look at the same thing ask once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

from llm_service.errors import LlmServiceError

T = TypeVar("T")

FAILED_S = 2.0
"""How long a failure is told again without asking again."""
MOST = 500


class Remembered:
    """Answers by name, each with its time. Those who ask for the same at once wait for one reading."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._guard = threading.Lock()
        self._kept: dict[object, _Kept] = {}

    def get(self, name: object, good_s: float | Callable[[T], float], read: Callable[[], T]) -> T:
        """The answer of this name, not older than `good_s`; else read now. A failure is raised to all who asked.

        `good_s` may depend on the answer.
        """
        with self._guard:
            if len(self._kept) > MOST:
                self._forget()
            kept = self._kept.setdefault(name, _Kept())
        with kept.guard:
            if self._monotonic() >= kept.until_s:
                self._read(kept, good_s, read)
            if kept.error is not None:
                raise kept.error
            return cast(T, kept.value)

    def _read(self, kept: _Kept, good_s: float | Callable[[T], float], read: Callable[[], T]) -> None:
        try:
            value = read()
            kept.value, kept.error = value, None
            lasts_s = good_s(value) if callable(good_s) else good_s
        except LlmServiceError as error:
            # Without its traceback, which would hold what was read on the way.
            kept.value, kept.error, lasts_s = None, error.with_traceback(None), FAILED_S
        kept.until_s = self._monotonic() + lasts_s

    def _forget(self) -> None:
        now_s = self._monotonic()
        self._kept = {name: kept for name, kept in self._kept.items() if kept.until_s > now_s}


class _Kept:
    def __init__(self) -> None:
        self.guard = threading.Lock()
        self.value: Any = None
        self.error: LlmServiceError | None = None
        self.until_s = float("-inf")
