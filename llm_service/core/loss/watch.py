"""All detectors over one curve, as a fold that can be put away and taken up: steps and time in, verdicts out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from llm_service.core.loss.bad_values import BadValues
from llm_service.core.loss.divergence import Divergence
from llm_service.core.loss.pace import Pace
from llm_service.core.loss.plateau import Plateau
from llm_service.core.loss.points import Point
from llm_service.core.loss.silence import Silence
from llm_service.core.loss.spike import Spike
from llm_service.core.loss.thresholds import Thresholds
from llm_service.core.loss.verdicts import Raised, Verdict

_FORM = 1
"""Of the state that is put away; one of another form is begun anew."""


class Watch:
    """Steps are judged in the order they come. One at or before the newest says that the training went back there."""

    def __init__(self, limits: Thresholds, state: Mapping[str, Any] | None = None) -> None:
        if state is None or state.get("form") != _FORM:
            state = {}
        self._off = frozenset(limits.off)
        self.last_step: int | None = state.get("last_step")
        self._last_ms = int(state.get("last_ms", 0))
        self._detectors: dict[str, BadValues | Spike | Divergence | Plateau] = {
            "nan": BadValues(limits, state.get("nan", {})),
            "spike": Spike(limits, state.get("spike", {})),
            "divergence": Divergence(limits, state.get("divergence", {})),
            "plateau": Plateau(limits, state.get("plateau", {})),
        }
        self._pace = Pace(limits, state.get("pace", {}))
        self._silence = Silence(limits, state.get("silence", {}))

    def state(self) -> dict[str, Any]:
        """What JSON can hold; a watch made from it goes on where this one stands."""
        states = {name: detector.state() for name, detector in self._detectors.items()}
        more = {"pace": self._pace.state(), "silence": self._silence.state()}
        return {"form": _FORM, "last_step": self.last_step, "last_ms": self._last_ms, **states, **more}

    def feed(self, points: Iterable[Point], rewritten: frozenset[int] = frozenset()) -> list[Verdict]:
        """Judge further steps; `rewritten` are those that had another loss before."""
        return [verdict for point in points for verdict in self._feed(point, rewritten) if self._wanted(verdict)]

    def heard(self, step: int, now_ms: int) -> list[Verdict]:
        """News came at this moment of our clock, up to this step."""
        return [verdict for verdict in self._silence.heard(step, now_ms) if self._wanted(verdict)]

    def runs(self, now_ms: int) -> None:
        """The job is known to run, though nothing is news."""
        self._silence.runs(now_ms)

    def tick(self, now_ms: int) -> list[Verdict]:
        """Time has passed."""
        return [verdict for verdict in self._silence.tick(now_ms) if self._wanted(verdict)]

    def settle(self) -> None:
        """What stands is over, because the job is: a job that goes on under its name begins without."""
        for detector in (*self._detectors.values(), self._pace, self._silence):
            detector.settle()

    def _feed(self, point: Point, rewritten: frozenset[int]) -> Iterator[Verdict]:
        if self.last_step is not None and point.step <= self.last_step:
            if point.step not in rewritten and point.at_ms <= self._last_ms:
                # It fills a gap: the curve is not there any more.
                return
            for detector in self._detectors.values():
                detector.back_to(point.step)
        self.last_step, self._last_ms = point.step, point.at_ms
        for detector in self._detectors.values():
            yield from detector.feed(point)
        yield from self._pace.feed(point)

    def _wanted(self, verdict: Verdict) -> bool:
        return not (isinstance(verdict, Raised) and verdict.kind in self._off)
