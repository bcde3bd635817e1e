"""All training jobs of all watched servers by their keys: what sources heard goes in, from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from llm_service.core.loss.points import Point
from llm_service.core.training.job import Job
from llm_service.core.training.reports import ENDED, Kind, Report
from llm_service.core.training.shapes import Alarm, JobCard

MOST_JOBS = 2_000
LOADING_S = 8.0
"""How long what is heard waits for the jobs that an earlier life kept, so that none of them seems new."""
MISSES = 2
"""Lists in a row that must lack a job before it counts as gone: a server that restarts lists nothing for a moment."""

Kept = tuple[JobCard, dict[str, Any]]
"""A job as it is kept: its card, and what the fold knows beside it."""


class Losses(Protocol):
    """Where loss steps are kept. Nothing here waits or raises."""

    def append(
        self, job_key: str, series_key: str, points: Sequence[Point], *, running: bool = True, name: str = ""
    ) -> None: ...
    def ended(self, job_key: str) -> None: ...
    def standing(self, job_key: str) -> list[Alarm]: ...


class Changed(NamedTuple):
    """A job that may have changed: its card, and when it ended."""

    card: JobCard
    ended_ms: int | None


class JobBoard:
    """Safe on any thread. `losses` is asked for when it is needed; None where nothing is kept."""

    def __init__(self, *, now_ms: Callable[[], int], losses: Callable[[], Losses | None] = lambda: None) -> None:
        self._now_ms = now_ms
        self._losses = losses
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._keys: dict[tuple[str, Kind, str], str] = {}
        self._dirty: set[str] = set()
        self._misses: dict[str, int] = {}
        self._settled: dict[str, Report] = {}
        """What was heard last of jobs that have ended: lists tell it again and again."""
        self.changed = threading.Event()
        """Set when there is something to tell."""
        self.loaded = threading.Event()

    # -- from sources -------------------------------------------------------------------------------------------

    def hear(self, source: str, reports: Iterable[Report]) -> list[str]:
        """Take over what a source heard of its jobs; returns their keys."""
        self.loaded.wait(LOADING_S)
        now_ms = self._now_ms()
        heard: list[tuple[Job, dict[str, list[Point]]]] = []
        keys: list[str] = []
        with self._lock:
            for report in reports:
                key = self._keys.get((source, report.kind, report.id), "")
                known = self._jobs.get(key)
                if known is None and self._no_room_for(report):
                    continue
                if known is None or not known.ended or self._settled.get(key) != report:
                    known = self._job(source, report, now_ms)
                    heard.append((known, self._hear(known, report, now_ms)))
                keys.append(known.card["key"])
        for job, points in heard:
            self._append(job, points)
        self.changed.set()
        return keys

    def _hear(self, job: Job, report: Report, now_ms: int) -> dict[str, list[Point]]:
        key = job.card["key"]
        if job.is_another(report):
            job.begin_again(now_ms)
        points = job.hear(report, now_ms)
        self._dirty.add(key)
        if points or not report.log_lines:
            # A log that says nothing new may be there long after its job.
            self._misses.pop(key, None)
        if job.ended and not report.losses:
            self._settled[key] = report
        return points

    def begin_again(self, source: str, kind: Kind, job_id: str) -> None:
        """What is heard of this id from now on is another job, where the one that is known has ended."""
        with self._lock:
            key = self._keys.get((source, kind, job_id))
            if key in self._jobs and self._jobs[key].ended:
                self._jobs[key].begin_again(self._now_ms())

    def missing(self, source: str, kind: Kind, listed_ids: Iterable[str]) -> list[JobCard]:
        """After a whole list: jobs of this kind that have not ended and that it has lacked several times."""
        listed = set(listed_ids)
        gone = []
        with self._lock:
            for job in self._of(source, kind):
                key = job.card["key"]
                if job.ended or job.card["id"] in listed:
                    continue
                self._misses[key] = self._misses.get(key, 0) + 1
                if self._misses[key] >= MISSES:
                    gone.append(job.shown())
        return gone

    def vanished(self, key: str) -> None:
        """The server knows this job no longer."""
        with self._lock:
            if key in self._jobs:
                self._jobs[key].vanished(self._now_ms())
                self._dirty.add(key)
        self.changed.set()

    def broke(self, source: str, kind: Kind, job_id: str) -> None:
        """The stream of this job is not heard any more."""
        with self._lock:
            if (job := self._jobs.get(self._keys.get((source, kind, job_id), ""))) is not None:
                job.broke()
                self._dirty.add(job.card["key"])
        self.changed.set()

    def look_again(self, key: str) -> None:
        """Something beside the job itself changed what its card shows: an alarm."""
        with self._lock:
            self._dirty.add(key)
        self.changed.set()

    def _no_room_for(self, report: Report) -> bool:
        return report.told.get("status") in ENDED and len(self._jobs) >= MOST_JOBS

    def _job(self, source: str, report: Report, now_ms: int) -> Job:
        known = self._keys.get((source, report.kind, report.id))
        if known is not None and known in self._jobs:
            return self._jobs[known]
        # Two kinds of jobs of one server may count their ids alike: the later one's kind gets into its key.
        plain = f"{source}:{report.id}"
        key = known or (plain if plain not in self._jobs else f"{source}:{report.kind}.{report.id}")
        self._keys[(source, report.kind, report.id)] = key
        self._jobs[key] = Job(key, source, report.kind, report.id, now_ms)
        return self._jobs[key]

    def _append(self, job: Job, points: dict[str, list[Point]]) -> None:
        losses = self._losses() if points else None
        if losses is None:
            return
        key = job.card["key"]
        for series, some in points.items():
            name = series.replace("-", " ") if series else job.card["name"] or job.card["id"]
            losses.append(key, f"{key}/{series}" if series else key, some, running=not job.ended, name=name)

    # -- questions ----------------------------------------------------------------------------------------------

    def card(self, key: str) -> JobCard | None:
        """The job as it stands; None where it is not known now."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None:
                return None
            job.look(self._now_ms())
            shown = job.shown()
        return self.with_alarms(shown)

    def cards(self) -> list[tuple[JobCard, int]]:
        """All jobs that are known now, each with the moment that orders it."""
        with self._lock:
            found = [(job.shown(), job.order_ms) for job in self._jobs.values()]
        return [(self.with_alarms(card), at_ms) for card, at_ms in found]

    def key_of(self, source: str, kind: Kind, job_id: str) -> str | None:
        """The key of a job that is known."""
        with self._lock:
            return self._keys.get((source, kind, job_id))

    def keys_of(self, bare_id: str) -> list[str]:
        """Keys of all known jobs with this id."""
        with self._lock:
            return sorted(key for (_, _, job_id), key in self._keys.items() if job_id == bare_id)

    def unended(self, source: str, kind: Kind) -> list[JobCard]:
        """Jobs of a source that have not ended."""
        with self._lock:
            return [job.shown() for job in self._of(source, kind) if not job.ended]

    def blocking(self, source: str, kind: Kind) -> list[JobCard]:
        """Jobs that keep another of the kind from being started: running or queued, and not stale."""
        now_ms = self._now_ms()
        with self._lock:
            return [job.shown() for job in self._of(source, kind) if job.blocks(now_ms)]

    def last_lines(self, source: str, kind: Kind) -> dict[str, str]:
        """The last line of each job's log, by its id; an id that is used again is the newest job's."""
        with self._lock:
            jobs = sorted(self._of(source, kind), key=lambda job: job.order_ms)
            return {job.card["id"]: job.card["log"][-1] for job in jobs if job.card["log"]}

    def with_alarms(self, card: JobCard) -> JobCard:
        """The card with the alarms that stand now."""
        losses = self._losses()
        return {**card, "alarms": losses.standing(card["key"])} if losses is not None else card

    def end_losses(self, key: str) -> None:
        """No more steps will come of this job."""
        if (losses := self._losses()) is not None:
            losses.ended(key)

    def _of(self, source: str, kind: Kind) -> Iterator[Job]:
        return (job for job in self._jobs.values() if job.card["source"] == source and job.card["kind"] == kind)

    # -- for who tells and keeps --------------------------------------------------------------------------------

    def restore(self, kept: Iterable[Kept]) -> list[Changed]:
        """Take over the jobs of an earlier life; returns them."""
        found = []
        with self._lock:
            for card, more in kept:
                job = Job.restored(card, more)
                self._jobs[card["key"]] = job
                self._keys[(card["source"], card["kind"], card["id"])] = card["key"]
                found.append(Changed(job.shown(), job.ended_ms))
        return [Changed(self.with_alarms(card), ended_ms) for card, ended_ms in found]

    def take_changes(self, *, whoever_runs: bool) -> list[Changed]:
        """Jobs that changed since the last call, oldest first; with `whoever_runs` also those that time may change."""
        now_ms = self._now_ms()
        with self._lock:
            if whoever_runs:
                self._dirty.update(key for key, job in self._jobs.items() if not job.ended)
            jobs = sorted((self._jobs[key] for key in self._dirty if key in self._jobs), key=lambda job: job.order_ms)
            self._dirty = set()
            for job in jobs:
                job.look(now_ms)
            found = [Changed(job.shown(), job.ended_ms) for job in jobs]
        return [Changed(self.with_alarms(card), ended_ms) for card, ended_ms in found]

    def kept(self, keys: Iterable[str]) -> list[Kept]:
        """These jobs as they are kept."""
        with self._lock:
            return [(self._jobs[key].shown(), self._jobs[key].kept()) for key in keys if key in self._jobs]

    def forget(self, key: str) -> None:
        """Know nothing of this job any more."""
        with self._lock:
            if (job := self._jobs.pop(key, None)) is not None:
                self._keys.pop((job.card["source"], job.card["kind"], job.card["id"]), None)
            self._misses.pop(key, None)
            self._settled.pop(key, None)

    def forget_oldest(self) -> None:
        """Where there are very many, forget those that ended and began first: they are kept elsewhere."""
        with self._lock:
            over = len(self._jobs) - MOST_JOBS
            if over > 0:
                ended = sorted((job.order_ms, key) for key, job in self._jobs.items() if job.ended)
                for _, key in ended[:over]:
                    del self._jobs[key]
                    self._settled.pop(key, None)
