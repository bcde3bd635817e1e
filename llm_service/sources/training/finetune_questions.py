"""What a BobSpark server is asked about fine-tunes: their list, the process list, and the log of one that runs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol

from llm_service.clients.errors import BadAnswer, ClientError, NotThere
from llm_service.clients.web import segment
from llm_service.core.training import fields
from llm_service.core.training.finetunes import LISTS, finetune_report, finetune_reports, joined, process_reports
from llm_service.core.training.log_lines import StepCounter, lines_of, log_report, misses_steps, since_last_start
from llm_service.core.training.reports import ENDED, Report
from llm_service.core.training.shapes import JobCard
from llm_service.sources.training.job_board import JobBoard
from llm_service.sources.upstream.asked import Question

log = logging.getLogger(__name__)

LIST_S = 8.0
LOG_S = 5.0
TAIL = 200
"""Lines of a log that are asked for."""
LONG_TAIL = 5_000
"""Where the tail begins after the step that was seen last, so that steps between the two are missing."""
CONTAINER = "donut-finetune"
"""Where fine-tunes run, by the public pages of this system; another name is looked for in the list of containers."""
LOOKS_PER_LIST = 12
"""So many looks at the log are made before the containers are listed again."""
MOST_LOOKED_UP = 20


class Asked(Protocol):
    """The client of a server, as far as it is used here."""

    def get(self, path: str, params: Any = None) -> Any: ...


class FinetuneQuestions:
    """One server's fine-tunes and processes. Each question fails alone; what both tell is joined by pid."""

    def __init__(
        self, source: str, client: Asked, board: JobBoard, ask_soon: Callable[[str], None] = lambda _: None
    ) -> None:
        self._source = source
        self._client = client
        self._board = board
        self._ask_soon = ask_soon
        self._tunes: list[Report] | None = None
        self._processes: list[Report] = []
        self._counters: dict[str, StepCounter] = {}
        self._containers: list[fields.Fields] = []
        self._read_last: dict[str, tuple[str, str]] = {}
        """By container: the job whose log was read in it last, and the last line."""
        self._looks = 0
        self._looked_at: set[str] = set()
        self._doubted: set[str] = set()

    def questions(self) -> list[Question]:
        """What to ask, and how often."""
        return [
            Question("fine-tunes", lambda: LIST_S, self.ask_finetunes),
            Question("jobs", lambda: LIST_S, self.ask_processes),
            Question("fine-tune log", lambda: LOG_S if self._running() else None, self.ask_logs),
        ]

    def ask_finetunes(self) -> None:
        """The list of fine-tunes; those that it no longer has are asked for one by one."""
        value = self._client.get("/api/finetune/").value
        self._tunes = finetune_reports(_listing(value, self._source, "/api/finetune/"))
        self._read_logs_of_ended(self._tunes)
        self._board.hear(self._source, joined(self._tunes, self._processes, moving=False)[: len(self._tunes)])
        gone = self._board.missing(self._source, "finetune", [report.id for report in self._tunes])
        for card in gone[:MOST_LOOKED_UP]:
            self._look_up(card)

    def ask_processes(self) -> None:
        """The process list. Before one is taken for a job of its own, the fine-tunes are asked for theirs."""
        value = self._client.get("/api/jobs/").value
        self._processes = process_reports(_listing(value, self._source, "/api/jobs/"))
        if any(self._board.key_of(self._source, "datagen", report.id) is None for report in self._processes):
            try:
                self.ask_finetunes()
            except ClientError as error:
                # That question is asked by itself too and is told there.
                log.debug("fine-tunes of %s were not told: %s", self._source, error)
        tunes = self._tunes or []
        both = joined(tunes, self._processes)
        alone = self._surely_alone(both[len(tunes) :])
        # What the other list told stays told; here it is only news where a process goes with it.
        self._board.hear(
            self._source, [tune for tune in both[: len(tunes)] if "process" in tune.told.get("config", ())]
        )
        self._board.hear(self._source, alone)
        for card in self._board.missing(self._source, "datagen", [report.id for report in alone]):
            self._board.vanished(card["key"])

    def _surely_alone(self, processes: list[Report]) -> list[Report]:
        """Without those that a fine-tune which has just ended may leave in the list for one more look."""
        ended = {tune.pid for tune in self._tunes or [] if tune.told.get("status") in ENDED and tune.pid is not None}
        new = {report.id for report in processes if self._board.key_of(self._source, "datagen", report.id) is None}
        doubted = {report.id for report in processes if report.pid in ended and report.id in new - self._doubted}
        self._doubted = doubted
        return [report for report in processes if report.id not in doubted]

    def ask_logs(self) -> None:
        """The end of the log of each fine-tune that runs."""
        running = self._running()
        keys = {card["key"] for card in running}
        if self._looks % LOOKS_PER_LIST == 0 or keys != self._looked_at:
            self._containers = self._list_containers()
        self._looks += 1
        self._looked_at = keys
        for card in running:
            container = self._container_of(card, alone=len(running) == 1)
            if container is not None:
                self._read_log(card, container)

    def _read_logs_of_ended(self, reports: list[Report]) -> None:
        """The last steps of those that ended since the last look, before anybody is told of the end."""
        ended = {report.id for report in reports if report.told.get("status") in ENDED}
        running = self._running()
        for card in running:
            container = self._container_of(card, alone=len(running) == 1) if card["id"] in ended else None
            if container is not None:
                try:
                    self._read_log(card, container)
                except ClientError as error:
                    log.debug("the last steps of %s were not told: %s", card["key"], error)

    def _look_up(self, card: JobCard) -> None:
        try:
            report = finetune_report(self._client.get(f"/api/finetune/{segment(card['id'])}").value)
        except NotThere:
            self._board.vanished(card["key"])
        except ClientError as error:
            # Asked again with the next list.
            log.debug("%s was not told: %s", card["key"], error)
        else:
            if report is not None and report.id == card["id"]:
                self._board.hear(self._source, [report])
            else:
                self._board.vanished(card["key"])

    def _running(self) -> list[JobCard]:
        return [card for card in self._board.unended(self._source, "finetune") if card["status"] != "queued"]

    def _list_containers(self) -> list[fields.Fields]:
        try:
            return fields.rows(self._client.get("/api/containers/").value, "containers")
        except NotThere:
            return []

    def _container_of(self, card: JobCard, *, alone: bool) -> str | None:
        """The container of a job: the one that names it; the one for fine-tunes where only one runs."""
        named = [(fields.text(row, "id", "container_id", "name"), fields.text(row, "name")) for row in self._containers]
        told = card["config"].get("container")
        for container, name in named:
            if (container and card["id"] in f"{container} {name}") or (told and told in (container, name)):
                return container
        if not alone:
            return None
        return next((container for container, name in named if container and _is_for_finetunes(name)), CONTAINER)

    def _read_log(self, card: JobCard, container: str) -> None:
        lines = self._own_lines(card, container, self._tail(container, TAIL))
        if misses_steps(lines, card["step"] or 0):
            lines = self._own_lines(card, container, self._tail(container, LONG_TAIL))
        if not lines:
            return
        self._read_last[container] = (card["key"], lines[-1])
        counter = self._counters.setdefault(card["key"], StepCounter(card["steps"]))
        report = log_report(card["id"], lines, counter)
        self._board.hear(self._source, [report])
        if report.told.get("step") is not None and report.told["step"] == report.told.get("steps"):
            # All steps are done: the list need not be waited for.
            self._ask_soon("fine-tunes")

    def _tail(self, container: str, lines: int) -> list[str]:
        value = self._client.get(f"/api/containers/{segment(container)}/logs", {"tail": lines}).value
        if isinstance(value, dict):
            value = fields.one_of(value, ("logs", "log", "lines"))
        return lines_of(value)

    def _own_lines(self, card: JobCard, container: str, lines: list[str]) -> list[str]:
        """Without what a job before this one wrote into the same container."""
        key, last = self._read_last.get(container, ("", ""))
        if key not in ("", card["key"]) and last in lines:
            lines = lines[len(lines) - lines[::-1].index(last) :]
        return since_last_start(lines)


def _is_for_finetunes(name: str | None) -> bool:
    plain = (name or "").lower().replace("-", "").replace("_", "")
    return "finetune" in plain


def _listing(value: object, source: str, path: str) -> object:
    if fields.is_listing(value, *LISTS):
        return value
    raise BadAnswer(f"{source}: GET {path} answered with something that is no list")
