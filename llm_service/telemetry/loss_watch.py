"""Watches curves: feeds their detectors, keeps and tells the alarms, and takes all of it up again after a restart.

What detectors hold is put away at most once a second; steps that came after it are judged again from what is kept.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from llm_service.core.loss.alarm_words import alarm_of, cleared_line, over, raised_line
from llm_service.core.loss.thresholds import Thresholds
from llm_service.core.loss.verdicts import Raised, Verdict
from llm_service.core.loss.watch import Watch
from llm_service.core.observations import Announced
from llm_service.core.shapes import ActivityEntry
from llm_service.core.times import iso_seconds
from llm_service.core.training.shapes import Alarm
from llm_service.telemetry import loss_alarms
from llm_service.telemetry.loss_keeping import Batch, LossKeeping
from llm_service.telemetry.loss_store import Changed

log = logging.getLogger(__name__)

SAVED_EVERY_MS = 1_000
NEWEST = 50
"""Alarms that the topic's snapshot tells."""
LINE_AGAIN_MS = 600_000
"""A kind of alarm of one curve is a line of the activity feed at most once in this time: the feed is short."""
WATCHED = 200
"""Curves whose detectors are held; of more the ones heard of last."""


class _Curve:
    """A curve that is watched."""

    def __init__(self, watch: Watch, job: str) -> None:
        self.watch = watch
        self.job = job
        self.name = ""
        self.running = True
        self.unsaved = False
        self.saved_ms = 0


class LossWatch:
    """Belongs to the thread of the loss log, but for `standing` and `on_alarm`."""

    def __init__(self, limits: Thresholds, keeping: LossKeeping, publish: Callable[[Announced], None]) -> None:
        self._limits = limits
        self._keeping = keeping
        self._publish = publish
        self._curves: dict[str, _Curve] = {}
        self._listeners: list[Callable[[Alarm], None]] = []
        self._guard = threading.Lock()
        self._standing: dict[str, dict[tuple[str, str], Alarm]] = {}
        self._newest: list[Alarm] = []
        self._unkept: dict[str, Alarm] = {}
        self._lined_ms: dict[tuple[str, str], int] = {}
        self._lined: set[str] = set()
        self._loaded = False

    def standing(self, job: str) -> list[Alarm]:
        """The alarms of a job that stand now, the oldest first."""
        with self._guard:
            return list(self._standing.get(job, {}).values())

    def on_alarm(self, listener: Callable[[Alarm], None]) -> None:
        """Call `listener` with each alarm that is raised or cleared, and with those that stood before a restart."""
        self._listeners.append(listener)

    def load(self, now_ms: int) -> None:
        """Take up what stood when the program ended, once there is a place to read it from."""
        if self._loaded or (place := self._keeping.place) is None:
            return
        with place.database.reading() as connection:
            stood = loss_alarms.standing(connection)
            over_jobs = loss_alarms.jobs_over(connection)
            newest = loss_alarms.newest(connection, NEWEST)
        self._loaded = True
        for alarm in stood:
            with self._guard:
                self._standing.setdefault(alarm["job"], {}).setdefault((alarm["series"], alarm["kind"]), alarm)
            self._lined.add(alarm["id"])
            self._listen(alarm)
        known = {alarm["id"] for alarm in self._newest}
        self._newest = [*self._newest, *(alarm for alarm in newest if alarm["id"] not in known)][:NEWEST]
        if stood or newest:
            self._publish(Announced("training", "job.advanced", {"jobs": []}, aside={"alarms": list(self._newest)}))
        for job in sorted(over_jobs):
            self._clear_all(job, now_ms)

    def heard(self, batch: Batch, news: Changed) -> None:
        """Judge what was news of a batch, after it was kept."""
        points = sorted((*news.new, *news.rewritten))
        curve = self._curve(batch, {point.step for point in points})
        curve.job, curve.running, curve.name = batch.job, batch.running, batch.name or curve.name
        if not points:
            if batch.running:
                curve.watch.runs(batch.heard_ms)
            return
        rewritten = frozenset(point.step for point in news.rewritten)
        verdicts = curve.watch.feed(points, rewritten)
        verdicts += curve.watch.heard(points[-1].step, batch.heard_ms)
        curve.unsaved = True
        self._take(batch.series, curve, verdicts, batch.heard_ms)

    def ended(self, batch: Batch) -> None:
        """The job is over: what stands is cleared without a line in the feed, and its curves are let go."""
        self._clear_all(batch.job, batch.heard_ms)
        mine = {series: curve for series, curve in self._curves.items() if curve.job == batch.job}
        for curve in mine.values():
            curve.watch.settle()
            curve.unsaved = True
        self.save(batch.heard_ms, everything=True)
        for series in mine:
            del self._curves[series]
            self._keeping.forget(series)

    def tick(self, now_ms: int) -> None:
        """Time has passed: look for curves that have stopped."""
        for series, curve in self._curves.items():
            if curve.running and (verdicts := curve.watch.tick(now_ms)):
                curve.unsaved = True
                self._take(series, curve, verdicts, now_ms)

    def save(self, now_ms: int, *, everything: bool = False) -> None:
        """Put away what changed; what cannot be now, at the next call."""
        due = {
            series: curve
            for series, curve in self._curves.items()
            if curve.unsaved and (everything or now_ms - curve.saved_ms >= SAVED_EVERY_MS)
        }
        if not due and not self._unkept:
            return
        states = {series: curve.watch.state() for series, curve in due.items()}
        alarms = list(self._unkept.values())

        def work(connection: Any) -> bool:
            loss_alarms.keep(connection, alarms)
            loss_alarms.remember(connection, states)
            return True

        if self._keeping.write(work):
            self._unkept.clear()
            for curve in due.values():
                curve.unsaved, curve.saved_ms = False, now_ms

    # -- inside -------------------------------------------------------------------------------------------------

    def _curve(self, batch: Batch, just_kept: set[int]) -> _Curve:
        curve = self._curves.pop(batch.series, None)
        if curve is None:
            curve = _Curve(self._taken_up(batch, just_kept), batch.job)
            while len(self._curves) >= WATCHED:
                self.save(batch.heard_ms, everything=True)
                del self._curves[next(iter(self._curves))]
        self._curves[batch.series] = curve
        return curve

    def _taken_up(self, batch: Batch, just_kept: set[int]) -> Watch:
        """The detectors as they were put away, and after them what was kept since."""
        if (place := self._keeping.place) is None:
            return Watch(self._limits)
        with place.database.reading() as connection:
            state = loss_alarms.remembered(connection, batch.series)
            watch = Watch(self._limits, state)
            last = -1 if watch.last_step is None else watch.last_step
            missed = loss_alarms.steps_after(connection, batch.series, last)
        watch.feed(point for point in missed if point.step not in just_kept)
        return watch

    def _take(self, series: str, curve: _Curve, verdicts: Iterable[Verdict], now_ms: int) -> None:
        for verdict in verdicts:
            stands = self._standing.get(curve.job, {}).get((series, verdict.kind))
            if isinstance(verdict, Raised):
                if stands is None:
                    self._raise(alarm_of(verdict, curve.job, series), curve, now_ms)
            elif stands is not None:
                self._clear(stands, now_ms, name=curve.name or curve.job, sentence=verdict.sentence)

    def _raise(self, alarm: Alarm, curve: _Curve, now_ms: int) -> None:
        at = iso_seconds(now_ms / 1000)
        if not curve.running:
            # What is over needs no attention: it is only shown on the curve.
            alarm["cleared_at"] = at
            self._unkept[alarm["id"]] = alarm
            return
        with self._guard:
            self._standing.setdefault(curve.job, {})[alarm["series"], alarm["kind"]] = alarm
        self._newest = [alarm, *self._newest][:NEWEST]
        self._tell("alarm.raised", alarm)
        if self._worth_a_line(alarm, now_ms):
            self._line(raised_line(alarm, curve.name or curve.job, at))

    def _clear_all(self, job: str, now_ms: int) -> None:
        for alarm in self.standing(job):
            self._clear(alarm, now_ms, name=None)

    def _clear(self, stood: Alarm, now_ms: int, *, name: str | None, sentence: str = "") -> None:
        """`name` None: without a line in the activity feed. `sentence` takes the place of what was said of it."""
        at = iso_seconds(now_ms / 1000)
        alarm = over(stood, at, sentence)
        with self._guard:
            of_job = self._standing.get(alarm["job"], {})
            of_job.pop((alarm["series"], alarm["kind"]), None)
            if not of_job:
                self._standing.pop(alarm["job"], None)
        self._newest = [alarm if one["id"] == alarm["id"] else one for one in self._newest]
        self._tell("alarm.cleared", alarm)
        lined = alarm["id"] in self._lined
        self._lined.discard(alarm["id"])
        if name is not None and lined and (entry := cleared_line(alarm, name, at, sentence)):
            self._line(entry)

    def _worth_a_line(self, alarm: Alarm, now_ms: int) -> bool:
        self._lined_ms = {key: ms for key, ms in self._lined_ms.items() if abs(now_ms - ms) < LINE_AGAIN_MS}
        key = alarm["series"], alarm["kind"]
        if key in self._lined_ms:
            return False
        self._lined_ms[key] = now_ms
        self._lined.add(alarm["id"])
        return True

    def _line(self, entry: ActivityEntry) -> None:
        self._publish(Announced("activity", "activity.added", {"entry": entry}))

    def _tell(self, event: str, alarm: Alarm) -> None:
        self._unkept[alarm["id"]] = alarm
        aside = {"alarms": list(self._newest)}
        self._publish(Announced("training", event, {"alarm": alarm}, aside=aside))
        self._listen(alarm)

    def _listen(self, alarm: Alarm) -> None:
        for listener in self._listeners:
            try:
                listener(alarm)
            except Exception:
                log.exception("loss: a listener to alarms failed, continuing")
