"""The last look at fine-tunes that have ended: their logs once more, and the loss that a report of the server keeps."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

from llm_service.clients.errors import ClientError, Unreachable
from llm_service.core.times import parse_ms
from llm_service.core.training.adapters import final_losses
from llm_service.core.training.reports import ENDED, Report
from llm_service.core.training.shapes import JobCard
from llm_service.sources.training.container_logs import Asked, ContainerLogs, Wanted
from llm_service.sources.training.job_board import JobBoard

log = logging.getLogger(__name__)

TRIES = 3
"""Lists in a row with which the log of a job that has ended is asked for, where it cannot be read."""
RECENT_MS = 24 * 3_600_000
"""A job that had ended when it was first seen is looked at where it would still be listed."""
MOST_LOOKS = 20
"""With one list, of the jobs that ended last: the list itself is not heard before."""


class FinetuneEnds:
    """What is still owed to fine-tunes that have ended, a list of them at a time."""

    def __init__(
        self, source: str, client: Asked, board: JobBoard, logs: ContainerLogs, now_ms: Callable[[], int]
    ) -> None:
        self._source = source
        self._client = client
        self._board = board
        self._logs = logs
        self._now_ms = now_ms
        self._guard = threading.Lock()
        self._owed: dict[str, int] = {}
        self._ran: set[str] = set()
        """Jobs that had not ended by the last list: somebody here may have ended them since."""
        self._over: set[str] = set()
        """Jobs that had: also of those that nobody keeps the end is looked at once."""

    def look(self, reports: Sequence[Report]) -> None:
        """Hear the last steps of those that ended since the last list, before anybody is told of the end."""
        owed = self._claim(reports)
        if not owed:
            return
        try:
            self._logs.list_containers()
        except ClientError as error:
            log.debug("the containers of %s were not told: %s", self._source, error)
        kept_losses, silent = cache(self._kept_losses), False
        for report, tries in owed:
            try:
                if not silent:
                    self._last_look(report, reports, kept_losses)
                    continue
            except ClientError as error:
                log.debug("the last steps of %s on %s were not told: %s", report.id, self._source, error)
                # The list waits: a server that does not answer is not waited for once for each job.
                silent = isinstance(error, Unreachable)
            if tries > 1:
                with self._guard:
                    self._owed[report.id] = tries - 1

    def _claim(self, reports: Sequence[Report]) -> list[tuple[Report, int]]:
        """Take what is owed: lists may come on two threads at once, and each log is read by one."""
        ended = {report.id: report for report in reports if report.told.get("status") in ENDED}
        with self._guard:
            fresh = (job_id for job_id in ended if job_id not in self._over)
            news = {job_id: TRIES for job_id in fresh if self._is_news(ended[job_id])}
            owed = {**news, **{job_id: tries for job_id, tries in self._owed.items() if job_id in ended}}
            self._owed = {}
            self._over, self._ran = set(ended), {report.id for report in reports if report.id not in ended}
        newest = sorted(owed, key=lambda job_id: _moment(ended[job_id], "finished_at") or 0, reverse=True)
        return [(ended[job_id], owed[job_id]) for job_id in newest[:MOST_LOOKS]]

    def _is_news(self, report: Report) -> bool:
        key = self._board.key_of(self._source, "finetune", report.id)
        card = self._board.card(key) if key else None
        if card is not None:
            return card["status"] not in ENDED or report.id in self._ran
        ended_ms = _moment(report, "finished_at") or _moment(report, "started_at")
        return ended_ms is not None and self._now_ms() - ended_ms < RECENT_MS

    def _last_look(
        self, report: Report, reports: Sequence[Report], kept_losses: Callable[[], dict[str, float]]
    ) -> None:
        """Hear all that can be heard; of a job whose first word is its end, as one report with that word."""
        key = self._board.key_of(self._source, "finetune", report.id)
        card = self._board.card(key) if key else None
        found = self._logs.read(self._wanted(report, reports, card), lambda: not _later(report, reports))
        self._logs.forget(report.id)
        known = (card or {}).get("loss") is not None or report.told.get("loss") is not None
        told = dict(found.told) if found is not None else {}
        if not known and (found is None or not found.losses):
            told.update(_kept_loss(report, kept_losses))
        if found is None and not told:
            return
        last = found or Report("finetune", report.id)
        if card is None:
            self._board.hear(self._source, [replace(last, told={**report.told, **told}, pid=report.pid)])
        else:
            self._board.hear(self._source, [replace(last, told=told)])

    def _wanted(self, report: Report, reports: Sequence[Report], card: JobCard | None) -> Wanted:
        told = {**report.told.get("config", {}), **(card["config"] if card else {})}
        step, steps = (card["step"], card["steps"]) if card else (None, None)
        return Wanted(
            report.id,
            told.get("container"),
            step or 0,
            steps,
            self._was_alone(report, reports),
            _later(report, reports),
        )

    def _was_alone(self, report: Report, reports: Sequence[Report]) -> bool:
        """Whether no other job wrote while this one ran: by their times, else by what was seen running here."""
        unended = {card["id"] for card in self._board.unended(self._source, "finetune")}
        for other in reports:
            overlap = False if other.id == report.id else _overlap(report, other)
            if overlap or (overlap is None and (other.id in unended or report.id not in unended)):
                return False
        return True

    def _kept_losses(self) -> dict[str, float]:
        """The final losses by the server's report of fine-tunes."""
        try:
            return final_losses(self._client.get("/api/reports/finetune-history").value)
        except ClientError as error:
            log.debug("the report of fine-tunes of %s was not told: %s", self._source, error)
            return {}


def _kept_loss(report: Report, kept_losses: Callable[[], dict[str, float]]) -> dict[str, Any]:
    if report.told.get("status") != "completed":
        return {}
    losses = kept_losses()
    return {"loss": losses[report.id]} if report.id in losses else {}


def _later(report: Report, reports: Sequence[Report]) -> bool:
    """Whether the list has a job that began after this one."""
    began = _moment(report, "started_at")
    return began is not None and any((_moment(other, "started_at") or 0) > began for other in reports)


def _overlap(one: Report, other: Report) -> bool | None:
    """Whether two jobs ran at the same time; None where nobody tells when they began."""
    began, other_began = _moment(one, "started_at"), _moment(other, "started_at")
    if began is None or other_began is None:
        return None
    ended, other_ended = _moment(one, "finished_at") or math.inf, _moment(other, "finished_at") or math.inf
    return other_began < ended and began < other_ended


def _moment(report: Report, name: str) -> int | None:
    told = report.told.get(name)
    return _ms(told) if told else None


_ms = lru_cache(maxsize=16_384)(parse_ms)
"""Each of a long list is held against every one that ended."""
