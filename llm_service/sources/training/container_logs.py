"""The logs that the containers of one server's fine-tunes write: which container is a job's, and which of its lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from llm_service.clients.errors import NotThere
from llm_service.clients.web import segment
from llm_service.core.training import fields
from llm_service.core.training.log_lines import (
    StepCounter,
    lines_of,
    log_report,
    misses_steps,
    progress_of,
    since_last_start,
    until_next_start,
)
from llm_service.core.training.reports import Report

TAIL = 200
"""Lines of a log that are asked for."""
LONG_TAIL = 5_000
"""Where the tail begins after the step that was seen last, so that steps between the two are missing."""
CONTAINER = "donut-finetune"
"""Where fine-tunes run, by the public pages of this system; another name is looked for in the list of containers."""


class Asked(Protocol):
    """The client of a server, as far as it is used here."""

    def get(self, path: str, params: Any = None) -> Any: ...


class Wanted(NamedTuple):
    """A job whose log is asked for. `alone`: no other can be writing now. `over`: another job began after it."""

    id: str
    container: object = None
    step: int = 0
    steps: int | None = None
    alone: bool = True
    over: bool = False


class ContainerLogs:
    """Remembers what was read last in every container: one may hold the lines of several jobs, one after the other."""

    def __init__(self, client: Asked, last_lines: Callable[[], Mapping[str, str]] = dict) -> None:
        self._client = client
        self._last_lines = last_lines
        """The last log lines of jobs by their ids, also those that were read in an earlier life."""
        self._containers: list[fields.Fields] = []
        self._counters: dict[str, StepCounter] = {}
        self._read_last: dict[str, tuple[str, str]] = {}
        """By container: the job whose log was read in it last, and the last line."""
        self._wrote_before: dict[str, tuple[str, str]] = {}
        """By container: the job that writes in it now, and the last line of the one before."""

    def list_containers(self) -> None:
        """Ask which containers there are; a server that has no such list has the usual one."""
        try:
            self._containers = fields.rows(self._client.get("/api/containers/").value, "containers")
        except NotThere:
            self._containers = []

    def read(self, job: Wanted, still_its: Callable[[], bool] = lambda: True) -> Report | None:
        """What the log tells of a job; None where it tells nothing, or no container is the job's.

        `still_its` is asked where the line that was read last is gone: the training went back, or another one began.
        """
        container = self._container_of(job)
        if container is None:
            return None
        lines = self._own_lines(job, container, self._tail(container, TAIL))
        if misses_steps(lines, job.step):
            lines = self._own_lines(job, container, self._tail(container, LONG_TAIL))
        if not lines or (self._lost_track(job, container, lines) and not still_its()):
            return None
        self._read_last[container] = (job.id, lines[-1])
        return log_report(job.id, lines, self._counters.setdefault(job.id, StepCounter(job.steps)))

    def forget(self, job_id: str) -> None:
        """No more of this job's log will be read."""
        self._counters.pop(job_id, None)

    def _container_of(self, job: Wanted) -> str | None:
        """The container of a job: the one that names it; the one for fine-tunes where only one runs."""
        # Where each job has a container of its own, those of earlier ones may still be there.
        by_state = sorted(self._containers, key=lambda row: fields.text(row, "status", "state") != "running")
        named = [(fields.text(row, "id", "container_id", "name"), fields.text(row, "name")) for row in by_state]
        for container, name in named:
            if container and (
                _names(job.id, container, name) or (job.container and job.container in (container, name))
            ):
                return container
        if not job.alone:
            return None
        return next((container for container, name in named if container and _is_for_finetunes(name)), CONTAINER)

    def _tail(self, container: str, lines: int) -> list[str]:
        value = self._client.get(f"/api/containers/{segment(container)}/logs", {"tail": lines}).value
        if isinstance(value, dict):
            value = fields.one_of(value, ("logs", "log", "lines"))
        return lines_of(value)

    def _own_lines(self, job: Wanted, container: str, lines: list[str]) -> list[str]:
        """Without what jobs before and after this one wrote into the same container."""
        reader, last = self._read_last.get(container) or self._known_line(lines)
        if job.over:
            # The newest lines may be the later job's: only those that follow what was read as this one's are its own.
            return until_next_start(lines, last) if reader == job.id and last in lines else []
        if reader not in ("", job.id):
            self._wrote_before[container] = (job.id, last)
        mine, before = self._wrote_before.get(container, ("", ""))
        # Once its own steps are there they begin anew; another line than a step's may come again among them.
        if mine == job.id and before in lines and (not job.step or progress_of(before) is not None):
            lines = lines[len(lines) - lines[::-1].index(before) :]
        return since_last_start(lines)

    def _known_line(self, lines: list[str]) -> tuple[str, str]:
        """The newest line that is known as the last one of a job, with that job: after a restart of ours."""
        places = {line: place for place, line in enumerate(lines)}
        known = [(places[line], job_id, line) for job_id, line in self._last_lines().items() if line in places]
        _, job_id, line = max(known, default=(0, "", ""))
        return job_id, line

    def _lost_track(self, job: Wanted, container: str, lines: list[str]) -> bool:
        reader, last = self._read_last.get(container, ("", ""))
        return reader == job.id and last not in lines


def _names(job_id: str, container: str, name: str | None) -> bool:
    """Whether a container names a job: as a word, for "ft_1" is no part of "ft_10". A bare number names much else."""
    if job_id.isdecimal() and not _is_for_finetunes(name):
        return False
    return re.search(rf"(?<![^\W_]){re.escape(job_id)}(?![^\W_])", f"{container} {name}") is not None


def _is_for_finetunes(name: str | None) -> bool:
    plain = (name or "").lower().replace("-", "").replace("_", "")
    return "finetune" in plain
