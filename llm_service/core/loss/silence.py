"""A training that no step comes from any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from llm_service.core.loss.thresholds import Thresholds
from llm_service.core.loss.verdicts import Cleared, Raised, Verdict, duration

_KEPT = 64
_FEWEST = 3
_LONGER_THAN_EVER = 2.0


class Silence:
    """Compares the time since the last news with the usual pause between two, by our own clock.

    It fires after `stalled_times` the usual pause, at least `stalled_s`, and twice the longest pause of late: an
    evaluation every thousand steps is part of what is usual.
    """

    def __init__(self, limits: Thresholds, state: Mapping[str, Any]) -> None:
        self._limits = limits
        self._pauses_s: list[float] = list(state.get("pauses", ()))
        self._heard_ms: int | None = None
        self._step: int | None = state.get("step")
        self._stands = bool(state.get("stands", False))

    def state(self) -> dict[str, Any]:
        return {"pauses": self._pauses_s, "step": self._step, "stands": self._stands}

    def heard(self, step: int, now_ms: int) -> Iterator[Verdict]:
        """News came at this moment, up to this step."""
        if self._heard_ms is not None and now_ms > self._heard_ms:
            self._pauses_s.append((now_ms - self._heard_ms) / 1000)
            del self._pauses_s[:-_KEPT]
        self._heard_ms = now_ms
        self._step = step
        if self._stands:
            self._stands = False
            yield Cleared("stalled", now_ms)

    def runs(self, now_ms: int) -> None:
        """The job is there, without news: after a start of this program the pause begins here."""
        if self._heard_ms is None:
            self._heard_ms = now_ms

    def settle(self) -> None:
        """What stood is over: if it is still so, it is raised again."""
        self._stands = False

    def tick(self, now_ms: int) -> Iterator[Verdict]:
        """Time has passed."""
        if self._stands or self._heard_ms is None or len(self._pauses_s) < _FEWEST:
            return
        silent_s = (now_ms - self._heard_ms) / 1000
        usual_s = sorted(self._pauses_s)[len(self._pauses_s) // 2]
        limits = self._limits
        limit_s = max(limits.stalled_s, limits.stalled_times * usual_s, _LONGER_THAN_EVER * max(self._pauses_s))
        if silent_s < limit_s:
            return
        self._stands = True
        sentence = (
            f"No new step for {duration(silent_s)}; one usually comes every {duration(usual_s)}."
            f" The last was step {self._step or 0:,}."
        )
        numbers: dict[str, float | int | str | None] = {
            "silent_s": round(silent_s, 1),
            "usual_s": round(usual_s, 3),
            "threshold_s": round(limit_s, 1),
        }
        yield Raised("stalled", self._step, now_ms, sentence, numbers)
