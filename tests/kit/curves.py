"""Recorded training curves, and a watch that lives through them step by step."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from llm_service.core.loss.points import Point
from llm_service.core.loss.thresholds import DEFAULTS, Thresholds
from llm_service.core.loss.verdicts import Cleared, Raised, Verdict
from llm_service.core.loss.watch import Watch

FOLDER = Path(__file__).resolve().parent.parent / "data/curves"
TICK_MS = 1_000


class Said(NamedTuple):
    """A verdict, and the newest step when it was made."""

    step: int
    verdict: Verdict


def recorded(kind: str) -> list[str]:
    """Names of the curves of a kind, healthy or sick."""
    return sorted(path.stem for path in (FOLDER / kind).glob("*.csv"))


def points_of(kind: str, name: str) -> list[Point]:
    """A curve in the order in which it was told."""
    with (FOLDER / kind / f"{name}.csv").open() as file:
        return [
            Point(int(row["step"]), float(row["loss"]), float(row["lr"]), None, int(row["at_ms"]))
            for row in csv.DictReader(file)
        ]


class Life:
    """A watch with what it said; steps are heard of when they are made."""

    def __init__(self, limits: Thresholds = DEFAULTS) -> None:
        self.watch = Watch(limits)
        self.said: list[Said] = []
        self._known: set[int] = set()
        self.now_ms = 0

    def live(self, points: list[Point]) -> Life:
        for point in points:
            while self.now_ms + TICK_MS < point.at_ms:
                self.pass_ms(TICK_MS)
            self.now_ms = max(self.now_ms, point.at_ms)
            rewritten = frozenset({point.step} & self._known)
            self._known.add(point.step)
            self._hear(point.step, self.watch.feed([point], rewritten) + self.watch.heard(point.step, self.now_ms))
        return self

    def pass_ms(self, ms: int) -> None:
        """Nothing comes for so long."""
        for _ in range(0, ms, TICK_MS):
            self.now_ms += TICK_MS
            self._hear(self.watch.last_step or 0, self.watch.tick(self.now_ms))

    def restart(self, limits: Thresholds = DEFAULTS) -> None:
        self.watch = Watch(limits, self.watch.state())

    def raised(self) -> Iterator[tuple[str, int]]:
        """Kinds and the steps they were raised at."""
        return ((said.verdict.kind, said.step) for said in self.said if isinstance(said.verdict, Raised))

    def cleared(self) -> list[tuple[str, int]]:
        return [(said.verdict.kind, said.step) for said in self.said if isinstance(said.verdict, Cleared)]

    def _hear(self, step: int, verdicts: list[Verdict]) -> None:
        self.said += [Said(step, verdict) for verdict in verdicts]
