"""One training job as a pure fold: reports in, the card and new points of its loss series out.

- News is a figure that moved: step, loss, epoch, progress, log, status. That it is still listed as running is news only
  of a job that never told such a figure. Running without news for half an hour is stale.
- Progress is 100 only at the end. The time left comes from steps that were seen, else from the server's own words.
- What is told again is told once: a point goes out when its step is new or has another loss.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from llm_service.core.loss.points import Point
from llm_service.core.times import iso_seconds, parse_ms
from llm_service.core.training.blank_card import blank_card
from llm_service.core.training.pace import Pace
from llm_service.core.training.pipeline_fold import folded_pipeline, with_iteration
from llm_service.core.training.rating import rating_of
from llm_service.core.training.reports import ENDED, Kind, Report
from llm_service.core.training.seen_steps import SeenSteps, Span
from llm_service.core.training.shapes import Alarm, JobCard, JobStatus

STALE_MS = 30 * 60_000
LATER_MS = 60_000
"""A start that is told so much later is another start."""
UNDER_WAY_MS = 30_000
MOST_PROGRESS = 99.0
LOG_LINES = 50
_MOVES = ("status", "step", "loss", "epoch", "progress", "pipeline", "error")
_FIGURES = frozenset({"step", "loss", "progress"})
_OF_STEPS = frozenset({"epoch", "learning_rate"})
_TOLD = (
    *("name", "base_model", "node", "step", "steps", "epoch", "epochs", "learning_rate", "loss", "first_loss"),
    *("started_at", "error", "examples", "preview_in", "preview_out", "gpu"),
)


class Job:
    """What is known of one job; `key` is its key everywhere in this house."""

    def __init__(self, key: str, source: str, kind: Kind, job_id: str, now_ms: int) -> None:
        self.again = 0
        """How many jobs had this id before: servers that restart may count from one again."""
        self._identity = (key, source, kind, job_id)
        self._begin(now_ms)

    def _begin(self, now_ms: int) -> None:
        self.card: JobCard = blank_card(*self._identity)
        self.seen_ms = now_ms
        """When it was first heard of."""
        self.news_ms = now_ms
        self.ended_ms: int | None = None
        self.pid: str | None = None
        self._steps_ms: int | None = None
        """When its steps were looked for last: a list that tells none is no such look."""
        self._before: tuple[int | None, int | None] = None, None
        """When they were before that, and the step that was known then. Answers of one moment are one look."""
        self._found_ms: int | None = None
        """When a step was found last."""
        self._end_heard_ms: int | None = None
        self._moving = False
        self._pace = Pace()
        self._progress: float | None = None
        self._told_eta_s: float | None = None
        self._elapsed: tuple[float, int] | None = None
        self._seen = SeenSteps()
        self._told_by_steps: set[str] = set()
        """Fields that steps tell: what a list says of them is older or only what the job was started with."""
        self._log: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        return self.card["status"] in ENDED

    @property
    def order_ms(self) -> int:
        """Where it stands among others: its start, or where that is not told when it was first seen."""
        started = self.card["started_at"]
        return (parse_ms(started) if started else None) or self.seen_ms

    def is_another(self, report: Report) -> bool:
        """Whether a report is about another job that got the same id: it began later than this one, which is over."""
        before, now = self.card["started_at"], report.told.get("started_at")
        if before is None or now is None or self.card["status"] in ("queued", "unknown"):
            return False
        if (parse_ms(now) or 0) - (parse_ms(before) or 0) < LATER_MS:
            return False
        return self.ended or (report.told.get("step") or 0) < (self.card["step"] or 0)

    def begin_again(self, now_ms: int) -> None:
        """Know nothing of the job before; its loss series stays as it is, and this one gets its own."""
        self.again += 1
        self._begin(now_ms)

    # -- hearing ------------------------------------------------------------------------------------------------

    def hear(self, report: Report, now_ms: int) -> dict[str, list[Point]]:
        """Take over what a report tells. Returns the new points by series, "" for the job's own."""
        before = self._moving_part()
        self.pid = report.pid or self.pid
        if (report.losses or report.log_lines) and self._steps_ms != now_ms:
            self._before, self._steps_ms = (self._steps_ms, self.card["step"]), now_ms
        self._take(report)
        points = self._points(report, now_ms)
        self._best(points)
        self._moving = self._moving or bool(points) or bool(_FIGURES & set(report.told))
        moved = self._moving_part() != before or bool(points)
        news = self._log_grew(report.log_lines) or moved or not self._moving
        if news:
            self.news_ms = now_ms
            self.card["heard_at"] = iso_seconds(now_ms / 1000)
        if report.told.get("step") is not None:
            # Not the step that is known: from a list that tells none it would seem to stand, then to leap.
            self._pace.saw(report.told["step"], now_ms)
        if report.told.get("elapsed_s") is not None:
            self._elapsed = (report.told["elapsed_s"], now_ms)
        self._told_eta_s = report.told.get("eta_s", self._told_eta_s)
        if points:
            self._found_ms = now_ms
        if self.card["status"] == "stale" and news:
            self.card["status"] = "running"
        self._set_status(report.told.get("status"), report.told.get("finished_at"), now_ms, news=news)
        self._figures(now_ms)
        return points

    def look(self, now_ms: int) -> None:
        """Time passed: what depends on it is brought up to date."""
        if self.card["status"] == "running" and now_ms - self.news_ms >= STALE_MS:
            self.card["status"] = "stale"
        self._figures(now_ms)

    def vanished(self, now_ms: int) -> None:
        """Its server no longer knows it; a job whose last word was that all is done has completed."""
        if not self.ended:
            self._set_status("completed" if self._progress == 100 else "vanished", None, now_ms, news=True)
            self._figures(now_ms)

    def blocks(self, now_ms: int) -> bool:
        """Whether it keeps another from being started in its place: not one without news for half an hour.

        Of a job that never told a figure nobody knows; after half an hour its server has the last word.
        """
        since_ms = self.news_ms if self._moving else max(self.order_ms, self.seen_ms)
        return self.card["status"] in ("queued", "running") and now_ms - since_ms < STALE_MS

    def _take(self, report: Report) -> None:
        told, card = report.told, self.card
        if report.losses or report.log_lines:
            self._told_by_steps.update(_OF_STEPS & set(told))
        of_list = not report.losses and not report.log_lines
        for name in _TOLD:
            if name in told and not (of_list and name in self._told_by_steps):
                card[name] = told[name]  # type: ignore[literal-required]
        if "config" in told:
            card["config"] = {**card["config"], **told["config"]}
        if "pipeline" in told or report.kind == "pipeline":
            card["pipeline"] = folded_pipeline(card["pipeline"], told.get("pipeline") or {}, listed=report.listed)
        if "progress" in told:
            self._progress = told["progress"]
        if report.log_lines:
            card["log"] = list(report.log_lines[-LOG_LINES:])

    def _set_status(self, told: JobStatus | None, finished_at: str | None, now_ms: int, *, news: bool) -> None:
        card = self.card
        if told is None or (self.ended and told == "unknown"):
            return
        if card["status"] == "stale" and told == "running" and not news:
            return
        if self._just_ended(now_ms) and told not in ENDED:
            return
        if told in ENDED:
            card["finished_at"] = finished_at or card["finished_at"] or iso_seconds(now_ms / 1000)
            if not self.ended or self.ended_ms is None:
                self.ended_ms = parse_ms(card["finished_at"] or "") or now_ms
            if not self.ended:
                self._end_heard_ms = now_ms
        else:
            card["finished_at"], self.ended_ms = None, None
        card["status"] = told

    def _just_ended(self, now_ms: int) -> bool:
        """Whether an answer that was on its way while the end was told may still say otherwise."""
        return (
            self.card["status"] in ("completed", "failed", "cancelled")
            and self._end_heard_ms is not None
            and now_ms - self._end_heard_ms < UNDER_WAY_MS
        )

    # -- loss ---------------------------------------------------------------------------------------------------

    def _points(self, report: Report, now_ms: int) -> dict[str, list[Point]]:
        found = {}
        span = self._span(report, now_ms)
        looked_ms, known_step = self._before
        for plain, steps in report.losses.items():
            series = "-".join(part for part in (f"run-{self.again + 1}" if self.again else "", plain) if part)
            # A pipeline counts its steps anew in each series; a list may tell a step before its log was looked at.
            known = -1 if plain or known_step is None or looked_ms is None else known_step
            if points := self._seen.news(series, steps, span, known):
                found[series] = points
                self._name_series(series, plain, points)
        return found

    def _span(self, report: Report, now_ms: int) -> Span:
        """When steps that are found now were made: since the look before, the first ones since the job began."""
        ended = parse_ms(report.told.get("finished_at") or self.card["finished_at"] or "")
        since_ms, rate = self._before[0], self._pace.per_s()
        if since_ms is not None:
            # A server whose clock is behind ours ended it, by that clock, before it was looked at.
            until_ms = now_ms if ended is None else min(now_ms, max(ended, since_ms))
            return Span(since_ms, until_ms, self._found_ms or since_ms, int(1000 / rate) if rate else 0)
        until_ms = now_ms if ended is None else min(now_ms, ended)
        started = parse_ms(self.card["started_at"] or "")
        # By its own clock a server may have begun it in our future, or hours ago; the time it took has no clock.
        took = self._elapsed if ended is None else None
        since_ms = now_ms - int(1000 * took[0]) if took else self.seen_ms if started is None else started
        return Span(min(since_ms, until_ms), until_ms)

    def _name_series(self, series: str, plain: str, points: Sequence[Point]) -> None:
        key = f"{self.card['key']}/{series}" if series else self.card["key"]
        if key not in self.card["series"]:
            self.card["series"] = [*self.card["series"], key]
        pipeline = self.card["pipeline"]
        if pipeline is not None and plain.startswith("iter-"):
            loss = points[-1].loss if math.isfinite(points[-1].loss) else None
            number = int(plain.removeprefix("iter-"))
            self.card["pipeline"] = with_iteration(pipeline, number, series=key, loss=loss, cut=False)

    def broke(self) -> None:
        """Its stream is not heard: what a pipeline trains meanwhile is not known, until a step is heard again."""
        pipeline = self.card["pipeline"]
        if pipeline is not None and not self.ended and pipeline["stage"] == "FINE-TUNE" and pipeline["iteration"]:
            self.card["pipeline"] = with_iteration(pipeline, pipeline["iteration"], cut=True)

    def _best(self, found: dict[str, list[Point]]) -> None:
        card = self.card
        points = [point for series in found.values() for point in series]
        if not points:
            return
        last = points[-1]
        if card["kind"] == "pipeline" or card["loss"] is None or last.step >= (card["step"] or 0):
            card["loss"] = last.loss if math.isfinite(last.loss) else None
            card["learning_rate"] = last.lr if last.lr is not None else card["learning_rate"]
            card["epoch"] = last.epoch if last.epoch is not None else card["epoch"]
        if card["step"] is None:
            card["step"] = last.step
        finite = [point.loss for point in points if math.isfinite(point.loss)]
        if finite:
            if card["first_loss"] is None:
                card["first_loss"] = finite[0]
            card["best_loss"] = min(finite if card["best_loss"] is None else [*finite, card["best_loss"]])

    # -- figures ------------------------------------------------------------------------------------------------

    def _figures(self, now_ms: int) -> None:
        card = self.card
        running = card["status"] in ("running", "stale")
        rate = self._pace.per_s() if running else None
        card["elapsed_s"] = self._elapsed_s(now_ms)
        card["steps_per_s"] = None if rate is None or rate <= 0 else round(rate, 3)
        card["progress"] = self._shown_progress()
        card["eta_s"] = self._eta_s(rate) if card["status"] == "running" else None
        card["rating"] = rating_of(card["loss"]) if card["status"] == "completed" else None
        card["actions"] = self._actions()

    def _shown_progress(self) -> float | None:
        card = self.card
        if card["status"] == "completed":
            return 100.0
        found = self._progress
        if card["step"] is not None and card["steps"] and card["kind"] != "pipeline":
            found = 100 * card["step"] / card["steps"]
        return None if found is None else round(min(MOST_PROGRESS, max(0.0, found)), 1)

    def _elapsed_s(self, now_ms: int) -> float | None:
        card = self.card
        started = parse_ms(card["started_at"]) if card["started_at"] else None
        if self.ended:
            ended = parse_ms(card["finished_at"]) if card["finished_at"] else None
            if started is not None and ended is not None and ended >= started:
                return (ended - started) / 1000
            return self._elapsed[0] if self._elapsed else None
        if self._elapsed is not None:
            told_s, at_ms = self._elapsed
            return round(told_s + max(0, now_ms - at_ms) / 1000, 1)
        return max(0, now_ms - started) / 1000 if started is not None and card["status"] != "queued" else None

    def _eta_s(self, rate: float | None) -> float | None:
        card = self.card
        left = None if card["steps"] is None or card["step"] is None else card["steps"] - card["step"]
        if left is not None and rate:
            return round(max(0, left) / rate, 1)
        if self._told_eta_s is not None:
            return self._told_eta_s
        shown, elapsed = card["progress"], card["elapsed_s"]
        if shown and elapsed and shown >= 1:
            return round(elapsed * (100 - shown) / shown, 1)
        return None

    def _actions(self) -> list[Any]:
        card = self.card
        if self.ended:
            return []
        if card["kind"] == "pipeline":
            return ["cancel", "advance"]
        return ["cancel"] if card["kind"] == "datagen" or "process" in card["config"] else []

    def _moving_part(self) -> tuple[object, ...]:
        told = (self.card[name] for name in _MOVES)  # type: ignore[literal-required]
        return (*told, self._progress)

    def _log_grew(self, lines: tuple[str, ...]) -> bool:
        grew = bool(lines) and lines[-LOG_LINES:] != self._log
        self._log = lines[-LOG_LINES:] or self._log
        return grew

    # -- keeping ------------------------------------------------------------------------------------------------

    def shown(self, alarms: Sequence[Alarm] = ()) -> JobCard:
        """The card as it leaves the house; nothing in it changes later."""
        return {**self.card, "log": list(self.card["log"]), "alarms": list(alarms)}

    def kept(self) -> dict[str, Any]:
        """All that a restart must not lose, beside the card."""
        return {
            "again": self.again,
            "seen_ms": self.seen_ms,
            "news_ms": self.news_ms,
            "steps_ms": self._steps_ms,
            "ended_ms": self.ended_ms,
            "pid": self.pid,
            "moving": self._moving,
            "progress": self._progress,
            "elapsed": self._elapsed,
        }

    @classmethod
    def restored(cls, card: JobCard, kept: dict[str, Any]) -> Job:
        """A job as it was kept; a card of an earlier release gets what it did not have."""
        job = cls(card["key"], card["source"], card["kind"], card["id"], kept.get("seen_ms") or 0)
        job.card = {**job.card, **card}
        job.card["alarms"] = []
        job.again = kept.get("again") or 0
        job.news_ms = kept.get("news_ms") or job.seen_ms
        job._steps_ms = kept.get("steps_ms") or kept.get("heard_ms")
        job.ended_ms = kept.get("ended_ms")
        job.pid = kept.get("pid")
        job._moving = bool(kept.get("moving"))
        job._progress = kept.get("progress")
        elapsed = kept.get("elapsed")
        job._elapsed = (elapsed[0], elapsed[1]) if elapsed else None
        job.broke()
        return job
