"""Pipelines of a BobSpark server: their list, and the live events of each that runs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from llm_service.clients.errors import BadAnswer, ClientError
from llm_service.clients.web import segment
from llm_service.core.sse import SseEvent
from llm_service.core.training import fields
from llm_service.core.training.adapters import final_losses
from llm_service.core.training.pipeline_events import heard
from llm_service.core.training.pipeline_fold import is_past_training
from llm_service.core.training.pipelines import LISTS, pipeline_reports
from llm_service.core.training.reports import ENDED, Report
from llm_service.sources.training.job_board import JobBoard
from llm_service.sources.upstream.asked import Question

log = logging.getLogger(__name__)

LIST_S = 15.0
MOST_STREAMS = 20
TRIES = 3
"""Lists with which the report of fine-tunes is asked for an iteration whose last loss was not heard."""


class Asked(Protocol):
    """The client of a server, as far as it is used here."""

    def get(self, path: str, params: Any = None) -> Any: ...


class Stream(Protocol):
    """Listens to one pipeline until it has ended or `stop` is called."""

    def start(self) -> None: ...
    def stop(self, deadline_s: float = ...) -> None: ...


MakeStream = Callable[[str, str, Callable[[SseEvent], bool], Callable[[], bool]], Stream]
"""Name, path, `hear` and `before`, as a `Listener` takes them."""


class Count(Protocol):
    """Counts events of a server's streams."""

    def __call__(self, *, unknown: int = 0, broken: int = 0) -> None: ...


class PipelineQuestions:
    """One server's pipelines, and the streams of those that run. `count` is told of events nobody can read."""

    def __init__(self, source: str, client: Asked, board: JobBoard, make_stream: MakeStream, count: Count) -> None:
        self._source = source
        self._client = client
        self._board = board
        self._make_stream = make_stream
        self._count = count
        self._lock = threading.Lock()
        self._streams: dict[str, Stream] = {}
        self._stopped = False
        self._tries: dict[tuple[str, int], int] = {}

    def questions(self) -> list[Question]:
        """What to ask, and how often."""
        return [Question("pipelines", lambda: LIST_S, self.ask)]

    def ask(self) -> None:
        """The list; then every pipeline that runs is listened to, and no other."""
        listed = self._refresh()
        # Only here: after a cut every stream looks at once, and one moment without a list would count many times.
        for card in self._board.missing(self._source, "pipeline", listed):
            self._board.vanished(card["key"])
        self.listen()

    def _refresh(self) -> list[str]:
        """Hear the list; the ids in it."""
        value = self._client.get("/api/pipeline/").value
        if not fields.is_listing(value, *LISTS):
            raise BadAnswer(f"{self._source}: GET /api/pipeline/ answered with something that is no list")
        reports = pipeline_reports(value)
        jobs = {report.id: _finetune_jobs(report) for report in reports}
        self._board.hear(self._source, [self._linked(report) for report in reports])
        self._fill_losses(jobs)
        return [report.id for report in reports]

    def _linked(self, report: Report) -> Report:
        """Fine-tunes of its iterations by their keys, where they are known here."""
        for entry in report.told["pipeline"].get("iterations", ()):
            if entry["finetune_job"] is not None:
                key = self._board.key_of(self._source, "finetune", entry["finetune_job"])
                entry["finetune_job"] = key or entry["finetune_job"]
        return report

    def _fill_losses(self, jobs: dict[str, dict[int, str]]) -> None:
        """What iterations came to whose last steps nobody heard: a stream has no past, a report of the server has."""
        wanted = [place for place in self._unheard(jobs) if self._tries.get(place, 0) < TRIES]
        if not wanted:
            return
        self._tries.update({place: self._tries.get(place, 0) + 1 for place in wanted})
        try:
            losses = final_losses(self._client.get("/api/reports/finetune-history").value)
        except ClientError as error:
            log.debug("the report of fine-tunes of %s was not told: %s", self._source, error)
            return
        for pipeline_id, number in wanted:
            loss = losses.get(jobs[pipeline_id][number])
            if loss is not None:
                self._tries[pipeline_id, number] = TRIES
                told = {"pipeline": {"iterations": [{"n": number, "loss": loss}]}}
                self._board.hear(self._source, [Report("pipeline", pipeline_id, told)])

    def _unheard(self, jobs: dict[str, dict[int, str]]) -> Iterator[tuple[str, int]]:
        """Iterations that have a fine-tune, are past it, and of which the last loss was not heard."""
        for pipeline_id, by_number in jobs.items():
            key = self._board.key_of(self._source, "pipeline", pipeline_id) if by_number else None
            card = self._board.card(key) if key else None
            if card is None or card["pipeline"] is None:
                continue
            ended = card["status"] in ENDED
            for entry in card["pipeline"]["iterations"]:
                past = is_past_training(card["pipeline"], entry["n"], ended=ended)
                if entry["n"] in by_number and past and (entry["loss"] is None or entry["cut"]):
                    yield pipeline_id, entry["n"]

    def listen(self) -> None:
        """Bring the streams in line with the pipelines that run."""
        wanted = [card["id"] for card in self._board.unended(self._source, "pipeline") if card["status"] != "queued"]
        with self._lock:
            if self._stopped:
                return
            over = [self._streams.pop(name) for name in list(self._streams) if name not in wanted]
            fresh = [name for name in wanted if name not in self._streams][: MOST_STREAMS - len(self._streams)]
            begun = [self._begin(name) for name in fresh]
        for stream in over:
            stream.stop(0.0)
        for stream in begun:
            stream.start()

    def _begin(self, pipeline_id: str) -> Stream:
        stream = self._make_stream(
            f"pipeline-{self._source}-{pipeline_id}"[:60],
            f"/api/pipeline/{segment(pipeline_id)}/events",
            lambda event: self._hear(pipeline_id, event),
            lambda: self._look_first(pipeline_id),
        )
        self._streams[pipeline_id] = stream
        return stream

    def _hear(self, pipeline_id: str, event: SseEvent) -> bool:
        """Take over an event; True where nothing more will come."""
        found = heard(pipeline_id, event.name, event.data)
        if found is None:
            self._count(broken=1)
            return False
        # What an event of an unknown name tells is taken all the same.
        self._count(unknown=int(not found.known))
        self._board.hear(self._source, [found.report])
        if found.ended and "status" not in found.report.told:
            # The end without a word on how: the list knows.
            self._refresh()
        return found.ended

    def _look_first(self, pipeline_id: str) -> bool:
        """Before a stream is opened again: what the list says now; True where the pipeline has ended."""
        self._board.broke(self._source, "pipeline", pipeline_id)
        self._refresh()
        key = self._board.key_of(self._source, "pipeline", pipeline_id)
        card = self._board.card(key) if key else None
        return card is None or card["status"] in ENDED

    def stop(self, deadline_s: float) -> None:
        """End all streams."""
        end_s = time.monotonic() + deadline_s
        with self._lock:
            self._stopped = True
            streams = list(self._streams.values())
        for stream in streams:
            stream.stop(0.0)
        for stream in streams:
            stream.stop(max(0.0, end_s - time.monotonic()))


def _finetune_jobs(report: Report) -> dict[int, str]:
    """The fine-tunes of a pipeline's iterations, by what the server calls them."""
    entries = report.told["pipeline"].get("iterations", ())
    return {entry["n"]: entry["finetune_job"] for entry in entries if entry["finetune_job"] is not None}
