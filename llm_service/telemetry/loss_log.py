"""Takes the steps of training jobs in, without ever making the caller wait: kept, told, and watched for alarms.

One thread, "loss". It writes through the recorder and tells after the commit. While nothing can be kept, live steps
and alarms are told all the same.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence

from llm_service.background import Background
from llm_service.core.loss.points import Point, bad_word, sound
from llm_service.core.loss.thresholds import DEFAULTS, Thresholds
from llm_service.core.observations import Announced
from llm_service.core.times import iso_seconds
from llm_service.core.training.shapes import Alarm, LossAppended, LossPoint
from llm_service.telemetry.loss_keeping import AT_ONCE, Batch, LossKeeping, Place
from llm_service.telemetry.loss_store import Changed
from llm_service.telemetry.loss_watch import LossWatch

log = logging.getLogger(__name__)

WAITING = 200_000
"""Points that wait at most; what finds no room is counted."""
TOLD = 200
"""Points in one `loss.appended`; more are only counted."""
TICK_S = 1.0


class LossLog(Background):
    """`opened` gives where things are kept or raises `TelemetryUnavailable`; `publish` takes events."""

    def __init__(
        self,
        opened: Callable[[], Place],
        publish: Callable[[Announced], None],
        *,
        now_ms: Callable[[], int],
        limits: Thresholds = DEFAULTS,
    ) -> None:
        super().__init__("loss")
        self._keeping = LossKeeping(opened)
        self._watch = LossWatch(limits, self._keeping, publish)
        self._publish = publish
        self._now_ms = now_ms
        self._guard = threading.Lock()
        self._queue: deque[Batch] = deque()
        self._waiting = 0
        self._wake = threading.Event()
        self._dropped = 0
        self._refused = 0

    # -- what others call, from any thread ----------------------------------------------------------------------

    def append(
        self, job_key: str, series_key: str, points: Sequence[Point], *, running: bool = True, name: str = ""
    ) -> None:
        """Take steps of a series in. Telling the same again is harmless; another loss for a known step replaces it."""
        good, refused = sound(points)
        now_ms = self._now_ms()
        with self._guard:
            if refused and not self._refused:
                log.warning(
                    "loss: %d steps of %s have no step number or no loss and were left out", refused, series_key
                )
            self._refused += refused
            if self._waiting + len(good) > WAITING:
                self._dropped += len(good)
                return
            self._waiting += len(good)
            for start in range(0, max(1, len(good)), AT_ONCE):
                piece = tuple(good[start : start + AT_ONCE])
                self._queue.append(Batch(job_key, series_key, piece, running, name, now_ms))
        self._wake.set()

    def ended(self, job_key: str) -> None:
        """The job is over: its alarms are cleared, quietly."""
        with self._guard:
            self._queue.append(Batch(job_key, "", None, False, "", self._now_ms()))
        self._wake.set()

    def standing(self, job_key: str) -> list[Alarm]:
        """The alarms of a job that stand now."""
        return self._watch.standing(job_key)

    def on_alarm(self, listener: Callable[[Alarm], None]) -> None:
        """Call `listener` with each alarm that is raised or cleared, on this log's thread: it must be quick."""
        self._watch.on_alarm(listener)

    @property
    def condition(self) -> tuple[str, ...]:
        """What the user should know; empty when all is well."""
        found = []
        if dropped := self._dropped + self._keeping.dropped:
            found.append(f"{dropped:,} steps of training curves could not be kept since the start.")
        if self._refused:
            found.append(f"{self._refused:,} steps of training curves had no step number or no loss and were left out.")
        return tuple(found)

    @property
    def behind(self) -> bool:
        """Whether averages of some curve are still to be brought on after steps were rewritten."""
        return self._keeping.behind

    # -- the thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self._safely():
                self._wake.wait(TICK_S)
            self._wake.clear()
        while self._queue and self._safely():
            pass
        self._watch.save(self._now_ms(), everything=True)

    def _wake_up(self) -> None:
        self._wake.set()

    def _safely(self) -> bool:
        try:
            return self._step()
        except Exception:
            self.failures += 1
            log.exception("loss: a step failed, continuing")
            return False

    def _step(self) -> bool:
        """Work on what waits, or on what can be done while nothing does; whether there may be more."""
        self._watch.load(self._now_ms())
        batches = self._take()
        for batch, news in zip(batches, self._keeping.keep(batches), strict=True):
            if batch.points is None:
                self._watch.ended(batch)
            else:
                self._tell(batch, news)
                self._watch.heard(batch, news)
        self._watch.tick(self._now_ms())
        self._watch.save(self._now_ms())
        return bool(batches) or self._keeping.catch_up()

    def _take(self) -> list[Batch]:
        """The next batches, those of one series joined while their steps go on, as many as make one transaction."""
        taken: list[Batch] = []
        size = 0
        with self._guard:
            while self._queue and size < AT_ONCE:
                batch = self._queue.popleft()
                size += len(batch.points or ())
                if taken and _goes_on(taken[-1], batch):
                    batch = batch._replace(points=(taken.pop().points or ()) + (batch.points or ()))
                taken.append(batch)
            self._waiting -= size
        return taken

    def _tell(self, batch: Batch, news: Changed) -> None:
        points = sorted((*news.new, *news.rewritten))
        if not points:
            return
        body: LossAppended = {
            "job": batch.job,
            "series": batch.series,
            "points": [_point(point) for point in points] if len(points) <= TOLD else [],
            "count": len(points),
            "rewritten": bool(news.rewritten),
        }
        self._publish(Announced(f"job:{batch.job}", "loss.appended", body))


def _goes_on(before: Batch, batch: Batch) -> bool:
    """Whether two batches are one series told further, with later steps only."""
    if not before.points or not batch.points or batch.job != before.job or batch.series != before.series:
        return False
    return batch.running == before.running and batch.points[0].step > before.points[-1].step


def _point(point: Point) -> LossPoint:
    word = bad_word(point.loss)
    told: LossPoint = {
        "step": point.step,
        "loss": None if word else point.loss,
        "lr": point.lr,
        "epoch": point.epoch,
        "at": iso_seconds(point.at_ms / 1000),
    }
    if word:
        told["word"] = word
    return told
