"""The queue of one server with its counts, its depth over time and the coordinator's active job; topic `queue`."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from llm_service.clients.errors import BadAnswer, ClientError, NotThere
from llm_service.core.bobspark.run_rows import RunRow, run_rows
from llm_service.core.bobspark_ops.active_job import active_job
from llm_service.core.observations import Announced
from llm_service.core.operations.node_shapes import ActiveJob, QueueCard, QueueChanged, QueueItem, QueueSample
from llm_service.core.runs.figures import RunCounts
from llm_service.core.times import iso_seconds
from llm_service.core.zones import Zone
from llm_service.errors import LlmServiceError
from llm_service.sources.bobspark_ops.site import Client, KeptRuns, Loads
from llm_service.sources.upstream.asking import Question

log = logging.getLogger(__name__)

QUEUE = "/api/runs/queue"
ACTIVE = "/api/coordinator/jobs/active"
QUEUE_S, ACTIVE_S = 6.0, 5.0
BEGINNING_S, BEGINNING = 2.0, 3
"""The first times are close together: how many runs there are is known only once the list of runs has come too."""
MINUTE_MS = 60_000
MOST_SAMPLES = 120
MOST_ITEMS = 500
"""Runs of a queue that are shown; its depth counts all."""
MOST_TASK = 300


class LiveRuns(Protocol):
    """How many runs of a source go on just now, as the pages show it."""

    def __call__(self, source: str) -> int | None: ...


class QueueHeard(Protocol):
    """Who is told of a queue as it was read: the cards of its runs show their places."""

    def __call__(self, source: str, rows: Sequence[RunRow], /) -> None: ...


class QueueWatch:
    """Gives the questions for `Asking`. Something is told only when it changed."""

    def __init__(
        self,
        client: Client,
        publish: Callable[[Announced], None],
        loads: Loads,
        runs: KeptRuns,
        *,
        running: LiveRuns,
        seen: Callable[[], bool],
        zone: Zone,
        now_ms: Callable[[], int],
        heard: QueueHeard = lambda _source, _rows: None,
    ) -> None:
        self._heard = heard
        self._client = client
        self._source = client.name
        self._publish = publish
        self._loads = loads
        self._runs = runs
        self._running = running
        self._seen = seen
        self._zone = zone
        self._now_ms = now_ms
        self._guard = threading.Lock()
        self._asked = 0
        self._rows: list[RunRow] | None = None
        self._told_at: str | None = None
        self._reason = ""
        self._counts: RunCounts | None = None
        self._history: deque[QueueSample] = deque(maxlen=MOST_SAMPLES)
        self._remembered = False
        self._sampled_minute: int | None = None
        self._job: ActiveJob | None = None
        self._last: QueueCard | None = None

    def questions(self) -> list[Question]:
        """The queue, which history needs, and the active job while somebody looks."""
        return [
            Question("queue", lambda: QUEUE_S if self._asked >= BEGINNING else BEGINNING_S, self._ask_queue),
            Question("active-job", lambda: ACTIVE_S if self._seen() else None, self._ask_job),
        ]

    def _ask_queue(self) -> None:
        try:
            rows = waiting_rows(self._client)
        except ClientError as error:
            with self._guard:
                self._reason = error.sentence
            self._tell()
            raise
        self._heard(self._source, rows)
        now_ms = self._now_ms()
        counts = self._counted(now_ms)
        with self._guard:
            self._asked += 1
            self._rows, self._reason, self._told_at = rows, "", iso_seconds(now_ms / 1000)
            self._counts = counts
        self._sample(len(rows), now_ms)
        self._tell()

    def _ask_job(self) -> None:
        try:
            job = active_job(self._client.get(ACTIVE).value)
        except NotThere:
            # The usual answer while nothing runs: no failure, and asked again in time.
            job = None
        with self._guard:
            self._job = job
        self._tell()

    def _counted(self, now_ms: int) -> RunCounts | None:
        """None where nothing is kept, and before the first runs of a server can have been."""
        try:
            counts = self._runs.counts(self._source, self._zone.day_start_ms(now_ms))
        except LlmServiceError as error:
            log.debug("the runs of %s cannot be counted: %s", self._source, error)
            return None
        return None if counts.known == 0 and self._asked < BEGINNING else counts

    def _sample(self, depth: int, now_ms: int) -> None:
        """Once a minute; a minute in which nobody could ask has none."""
        minute = now_ms // MINUTE_MS
        if minute == self._sampled_minute:
            return
        self._sampled_minute = minute
        sample: QueueSample = {"at": iso_seconds(now_ms / 1000), "depth": depth, "finished": None}
        try:
            self._remember(now_ms)
            sample["finished"] = self._runs.finished_between(self._source, now_ms - MINUTE_MS, now_ms)
            self._loads.keep_depth(self._source, sample)
        except LlmServiceError as error:
            log.debug("the depth of %s is not kept: %s", self._source, error)
        with self._guard:
            self._history.append(sample)

    def _remember(self, now_ms: int) -> None:
        """Take up what a process before this one kept; tried again until it can be read."""
        if not self._remembered:
            kept = self._loads.depths(self._source, now_ms - MOST_SAMPLES * MINUTE_MS)
            with self._guard:
                self._history = deque([*kept, *self._history], maxlen=MOST_SAMPLES)
            self._remembered = True

    def _tell(self) -> None:
        running = self._running(self._source)
        with self._guard:
            card = self._card(running)
            if self._last is not None and _apart_from_waiting(card) == _apart_from_waiting(self._last):
                return
            self._last = card
            # Under the guard: two answers at the same time must not overtake each other.
            body: QueueChanged = {"queues": [card]}
            self._publish(Announced("queue", "queue.changed", body, rows={card["key"]: dict(card)}))

    def _card(self, running: int | None) -> QueueCard:
        counts, rows = self._counts, self._rows
        since = iso_seconds(self._now_ms() / 1000 - MOST_SAMPLES * MINUTE_MS / 1000)
        return {
            "key": self._source,
            "source": self._source,
            "told_at": self._told_at,
            "reason": self._reason,
            "depth": None if rows is None else len(rows),
            "running": running if running is not None else None if counts is None else counts.running,
            "completed_today": None if counts is None else counts.completed_today,
            "failed_today": None if counts is None else counts.failed_today,
            "tokens_out_total": None if counts is None else counts.tokens_out_total,
            "items": [_item(row, self._source) for row in (rows or ())[:MOST_ITEMS]],
            "history": [sample for sample in self._history if sample["at"] >= since],
            # While nobody looks it is not asked for, and what was seen then is not true now.
            "active_job": self._job if self._seen() else None,
        }


def waiting_rows(client: Client) -> list[RunRow]:
    """The runs that wait at a server, in their order. Raises `ClientError`."""
    found = run_rows(client.get(QUEUE).value)
    if found is None:
        raise BadAnswer(f"{client.name}: GET {QUEUE} answered 200 without a list of runs", 200)
    # Some servers list there what has already begun.
    return [row for row in found.rows if row.status in ("queued", "unknown")]


def _item(row: RunRow, source: str) -> QueueItem:
    return {
        "key": f"{source}:{row.id}",
        "id": row.id,
        "task": (row.task or "")[:MOST_TASK],
        "model": row.model,
        "position": row.queue_position,
        "wait_s": row.wait_s,
    }


def _apart_from_waiting(card: QueueCard) -> tuple[QueueCard, Sequence[QueueItem]]:
    """A card without what goes on by itself."""
    items: list[QueueItem] = [{**item, "wait_s": None} for item in card["items"]]
    return {**card, "told_at": None, "items": []}, items
