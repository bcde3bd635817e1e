"""A loss log over a real database and recorder, with everything it publishes in order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from llm_service.core.loss.points import Point
from llm_service.core.loss.thresholds import DEFAULTS, Thresholds
from llm_service.core.observations import Announced
from llm_service.core.training.shapes import Alarm
from llm_service.telemetry.database import Database
from llm_service.telemetry.loss_log import LossLog
from llm_service.telemetry.recorder import Recorder
from tests.kit.store import Clock
from tests.kit.waiting import wait_until

JOB = "spark:ft_01"


class Place(NamedTuple):
    """Where things are kept."""

    database: Database
    recorder: Recorder


class Heard:
    """What was published, and what listeners were told."""

    def __init__(self) -> None:
        self.all: list[Announced] = []
        self.alarms: list[Alarm] = []
        self._guard = threading.Lock()

    def publish(self, announced: Announced) -> None:
        with self._guard:
            self.all.append(announced)

    def of(self, event: str) -> list[Any]:
        """The bodies of an event so far."""
        with self._guard:
            return [one.body for one in self.all if one.event == event]

    def steps(self) -> list[int]:
        return [point["step"] for body in self.of("loss.appended") for point in body["points"]]

    def wait_for(self, event: str, count: int = 1) -> Any:
        wait_until(lambda: len(self.of(event)) >= count, f"{count} {event}")
        return self.of(event)[count - 1]


@contextmanager
def logging(
    opened: Callable[[], Any], now_ms: Clock | None = None, limits: Thresholds = DEFAULTS
) -> Iterator[tuple[LossLog, Heard]]:
    """A started log, stopped at the end."""
    heard = Heard()
    log = LossLog(opened, heard.publish, now_ms=now_ms or Clock(), limits=limits)
    log.on_alarm(heard.alarms.append)
    log.start()
    try:
        yield log, heard
    finally:
        log.stop(5.0)
        assert not log.alive
        assert log.failures == 0


def points(losses: Sequence[float], first: int = 0, at_ms: int = 1_000_000) -> list[Point]:
    """Steps one after another, a second apart."""
    return [Point(first + n, loss, 1e-3, None, at_ms + 1000 * (first + n)) for n, loss in enumerate(losses)]
