"""What a BobSpark server is asked about fine-tunes: their list, the process list, and the logs of those that run."""

from __future__ import annotations

import logging
from collections.abc import Callable

from llm_service.clients.errors import BadAnswer, ClientError, NotThere
from llm_service.clients.web import segment
from llm_service.core.training import fields
from llm_service.core.training.finetunes import LISTS, finetune_report, finetune_reports, joined, process_reports
from llm_service.core.training.reports import ENDED, Report
from llm_service.core.training.shapes import JobCard
from llm_service.sources.training.container_logs import Asked, ContainerLogs, Wanted
from llm_service.sources.training.finetune_ends import FinetuneEnds
from llm_service.sources.training.job_board import JobBoard
from llm_service.sources.upstream.asked import Question

log = logging.getLogger(__name__)

LIST_S = 8.0
LOG_S = 5.0
LOOKS_PER_LIST = 12
"""So many looks at the log are made before the containers are listed again."""
MOST_LOOKED_UP = 20


class FinetuneQuestions:
    """One server's fine-tunes and processes. Each question fails alone; what both tell is joined by pid."""

    def __init__(
        self,
        source: str,
        client: Asked,
        board: JobBoard,
        *,
        now_ms: Callable[[], int],
        ask_soon: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._source = source
        self._client = client
        self._board = board
        self._ask_soon = ask_soon
        self._tunes: list[Report] | None = None
        self._processes: list[Report] = []
        self._logs = ContainerLogs(client, lambda: board.last_lines(source, "finetune"))
        self._ends = FinetuneEnds(source, client, board, self._logs, now_ms)
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
        self._ends.look(self._tunes)
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
            self._logs.list_containers()
        self._looks += 1
        self._looked_at = keys
        for card in running:
            self._read_log(card, alone=len(running) == 1)

    def _read_log(self, card: JobCard, *, alone: bool) -> None:
        wanted = Wanted(card["id"], card["config"].get("container"), card["step"] or 0, card["steps"], alone)
        report = self._logs.read(wanted, lambda: self._still_runs(card))
        if report is None:
            return
        self._board.hear(self._source, [report])
        if report.told.get("step") is not None and report.told["step"] == report.told.get("steps"):
            # All steps are done: the list need not be waited for.
            self._ask_soon("fine-tunes")

    def _still_runs(self, card: JobCard) -> bool:
        """By the list as it is now: what was just read may be of a job that began since."""
        self.ask_finetunes()
        return any(one["key"] == card["key"] for one in self._running())

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
                self._ends.look([*(self._tunes or []), report])
                self._board.hear(self._source, [report])
            else:
                self._board.vanished(card["key"])

    def _running(self) -> list[JobCard]:
        return [card for card in self._board.unended(self._source, "finetune") if card["status"] != "queued"]


def _listing(value: object, source: str, path: str) -> object:
    if fields.is_listing(value, *LISTS):
        return value
    raise BadAnswer(f"{source}: GET {path} answered with something that is no list")
