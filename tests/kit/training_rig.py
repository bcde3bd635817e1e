"""The parts of training over a real client, without a dashboard: questions are asked when the test says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from llm_service.clients.web import Client
from llm_service.core.loss.points import Point
from llm_service.core.observations import Announced
from llm_service.core.training.shapes import Alarm, JobCard
from llm_service.errors import TelemetryUnavailable
from llm_service.sources.training.training_parts import TrainingParts
from llm_service.telemetry.job_store import JobStore
from llm_service.upstreams import Upstream
from tests.kit.waiting import wait_until


class HeldLosses:
    """Keeps what was appended, in memory."""

    def __init__(self) -> None:
        self.series: dict[str, dict[int, float]] = {}
        self.over: list[str] = []
        self.alarms: dict[str, list[Alarm]] = {}

    def append(
        self, job_key: str, series_key: str, points: Sequence[Point], *, running: bool = True, name: str = ""
    ) -> None:
        del job_key, running, name
        self.series.setdefault(series_key, {}).update({point.step: point.loss for point in points})

    def ended(self, job_key: str) -> None:
        self.over.append(job_key)

    def standing(self, job_key: str) -> list[Alarm]:
        return self.alarms.get(job_key, [])


class NothingKept:
    """An archive without a database."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def refuse(*_: object) -> Any:
            raise TelemetryUnavailable("telemetry is off")

        return refuse


class NoCard:
    """Counts nothing."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.counts: dict[str, int] = {}

    def stream(self, key: str, line: Any) -> None:
        self.lines.append((key, line["state"]))

    def count(self, **numbers: int) -> None:
        for name, number in numbers.items():
            self.counts[name] = self.counts.get(name, 0) + number


class Rig:
    """One watched server, its board, its desk, and all that was announced. `ask` asks one of its questions now."""

    def __init__(
        self,
        url: str,
        kind: str = "bobspark",
        *,
        store: JobStore | None = None,
        name: str = "box",
        now_ms: Callable[[], int] | None = None,
    ) -> None:
        self.name = name
        self.losses = HeldLosses()
        self.card = NoCard()
        self.announced: list[Announced] = []
        self._lock = threading.Lock()
        self._client = Client(Upstream(name, url))
        self.parts = TrainingParts(
            self._announce,
            now_ms=now_ms or (lambda: time.time_ns() // 1_000_000),
            archive=store or NothingKept(),  # type: ignore[arg-type]
            keeper=lambda: store,
            losses=lambda: self.losses,
        )
        questions = self.parts.watch(name, kind, self._client, self.card)
        self.questions = {question.name: question for question in questions}
        self.asked_soon: list[str] = []
        self.parts.asks(name, self.asked_soon.append)
        self.desk = self.parts.desk
        self.parts.teller.start()

    def _announce(self, announced: Announced) -> None:
        with self._lock:
            self.announced.append(announced)

    def ask(self, *names: str) -> None:
        """Ask these questions now, all of them without names."""
        for name in names or tuple(self.questions):
            if self.questions[name].every_s() is not None:
                self.questions[name].ask()

    def job(self, bare_id: str) -> JobCard:
        """The job as it stands now."""
        return self.desk.job(bare_id)

    def ask_until(self, done: Callable[[], Any], what: str, deadline_s: float = 20.0, names: Sequence[str] = ()) -> Any:
        """Ask again and again until something is so."""

        def look() -> Any:
            self.ask(*names)
            return done()

        return wait_until(look, what, deadline_s)

    def told(self, event: str) -> list[dict[str, Any]]:
        """The bodies of an event so far."""
        with self._lock:
            return [dict(one.body) for one in self.announced if one.event == event]

    def lines(self) -> list[str]:
        """The lines of the activity feed so far."""
        return [body["entry"]["text"] for body in self.told("activity.added")]

    def rows(self) -> dict[str, dict[str, Any]]:
        """The list of the topic as a client that joins now gets it."""
        found: dict[str, dict[str, Any]] = {}
        with self._lock:
            for one in self.announced:
                for key, row in one.rows.items() if one.topic == "training" else ():
                    found.pop(key, None) if row is None else found.update({key: dict(row)})
        return found

    def stop(self) -> None:
        """End everything."""
        self.parts.stop_streams(0.0)
        self.parts.teller.stop(2.0)
        self._client.close()
