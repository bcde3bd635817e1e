"""The runs of one server: its list every few seconds, a stream for each that runs, and the rest asked one by one."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable

from llm_service.clients.errors import ClientError, NotThere, Unreachable
from llm_service.core.bobspark.run_rows import RunDetailRow, RunRow
from llm_service.core.runs.launch_form import Launching
from llm_service.core.runs.run import LOST_STATES, RunFold
from llm_service.core.runs.shapes import ENDED, RunEvent
from llm_service.errors import TelemetryUnavailable
from llm_service.sources.bobspark.batches import launched_row
from llm_service.sources.bobspark.ended_runs import LISTED_AFTER_END_MS, MOST_ENDED
from llm_service.sources.bobspark.live_runs import LiveRuns
from llm_service.sources.bobspark.run_history import RunHistory
from llm_service.sources.bobspark.run_server import RunServer
from llm_service.sources.bobspark.run_streams import Counting, RunStreams
from llm_service.sources.bobspark.stored_runs import StoredRuns
from llm_service.sources.upstream.asking import Question

log = logging.getLogger(__name__)

EVERY_S = 6.0
DETAILS_EVERY_S = 1.0
LOST_EVERY_S = 10.0
"""How often a run whose stream is not open is asked for."""
FIRST_LIMIT = 500
LIMIT = 100
MOST_A_ROUND = 20
MOST_TRIES = 5
MOST_LIVE = 2_000
"""Unended runs of one server that are shown live; of a longer list the newest."""
_PAGE = 5_000
_OPENING_TRIES = 4


class RunWatch:
    """Its questions go to the server's `Asking`. `kept` gives the store, None where nothing is kept."""

    def __init__(
        self,
        server: RunServer,
        runs: LiveRuns,
        card: Counting,
        history: RunHistory,
        kept: Callable[[], StoredRuns | None],
    ) -> None:
        self.server = server
        self._runs = runs
        self._card = card
        self._history = history
        self._kept = kept
        self._seeded = False
        self._seen: dict[str, int] = {}
        self._listed_s = float("-inf")
        self._limit = FIRST_LIMIT
        self._asked_s: dict[str, float] = {}
        self._tries: dict[str, int] = {}
        self._old: deque[RunRow] = deque(maxlen=FIRST_LIMIT)
        self.streams = RunStreams(server, runs, card, listed=self._may_be_listed)

    def questions(self) -> list[Question]:
        """What is asked of the server: always, as history and alarms need it."""
        return [
            Question("runs", lambda: EVERY_S, self.poll),
            Question("run-details", lambda: DETAILS_EVERY_S if self._wanted() else None, self.ask_details),
        ]

    def stop(self, deadline_s: float) -> None:
        """Hang up on every run."""
        self.streams.stop(deadline_s)

    # -- the list -----------------------------------------------------------------------------------------------

    def poll(self) -> None:
        """Read the list, listen to what runs. Raises `ClientError`."""
        if not self._seeded:
            self._seed()
        asked_s = time.monotonic()
        listed = self.server.list(self._limit)
        if listed.refused or listed.broken:
            self._card.count(broken=listed.refused + listed.broken)
        seen = {row.id: _standing(row) for row in listed.rows}
        fresh = [row for row in listed.rows if self._seen.get(row.id) != seen[row.id]]
        self._limit = FIRST_LIMIT if len(fresh) >= min(LIMIT, len(listed.rows)) > 0 and self._seen else LIMIT
        self._seen, self._listed_s = seen, asked_s
        self._take(fresh)
        self.streams.listen_to(self._worth_streams)

    def _take(self, rows: list[RunRow]) -> None:
        """Oldest first, as they came about."""
        unended = sum(row.status not in ENDED for row in rows)
        passed_over = max(0, unended - MOST_LIVE)
        if passed_over:
            log.warning("%s: %d unended runs are listed; the newest %d are shown", self.server.name, unended, MOST_LIVE)
        old = []
        for row in reversed(rows):
            if row.status not in ENDED and passed_over > 0:
                passed_over -= 1
            elif not self._runs.row(self.server.name, row):
                old.append(row)
        try:
            self._old.extend(self._history.keep(self.server.name, old))
        except TelemetryUnavailable as error:
            # The next list brings them again, as if for the first time.
            log.debug("%s: %s", self.server.name, error)
            for row in old:
                self._seen.pop(row.id, None)
            self._limit = FIRST_LIMIT

    def _worth_streams(self) -> list[str]:
        """Every run that runs, the newest first; waiting ones only where they were launched here."""
        with self._runs.lock:
            folds = [fold for fold in self._runs.folds.values() if self._ours(fold) and _is_worth_a_stream(fold)]
            folds.sort(key=lambda fold: (fold.status == "running", fold.begun_ms), reverse=True)
            return [fold.id for fold in folds]

    def _seed(self) -> None:
        """Go on with what an earlier process kept: before anything new is numbered."""
        # A database may take longer to be opened than one waits for it at a time.
        kept = next((found for _ in range(_OPENING_TRIES) if (found := self._kept()) is not None), None)
        try:
            if kept is not None:
                self._take_up(kept)
        except TelemetryUnavailable as error:
            log.warning("%s: runs that were kept cannot be read: %s", self.server.name, error)
        self._seeded = True

    def _take_up(self, kept: StoredRuns) -> None:
        for card in kept.unended():
            if card["source"] == self.server.name:
                self._runs.seed(card, _all_events(kept, card["key"]))
        lately_ms = self._runs.now().ms - LISTED_AFTER_END_MS
        for card in kept.ended_after(lately_ms, MOST_ENDED):
            if card["source"] == self.server.name:
                self._runs.seed(card, ())
        self._runs.count(kept.figures(self.server.name, lately_ms))
        if kept.has_any(self.server.name):
            self._runs.known_before(self.server.name)

    # -- single runs --------------------------------------------------------------------------------------------

    def start_run(self, launching: Launching) -> str:
        """Start a run at the server and listen to it at once; its key. Raises `ClientError`."""
        run_id, status = self.server.submit(launching.body)
        key = self._runs.launched(self.server.name, launched_row(run_id, status, launching), launching.batch)
        self.streams.begin(run_id)
        return key

    def cancel(self, run_id: str) -> None:
        """Ask for a run to be cancelled and look at once what became of it. Raises `ClientError`."""
        self.server.cancel(run_id)
        try:
            self._ask(run_id)
        except ClientError as error:
            log.info("%s", error.sentence)

    def ask_details(self) -> None:
        """Ask for those runs whose state the list and the streams leave open. Raises the `ClientError` of the last
        where none could be asked.
        """
        wanted = self._wanted()[:MOST_A_ROUND]
        failed: ClientError | None = None
        answered = 0
        for run_id in wanted:
            try:
                self._ask(run_id)
                answered += 1
            except Unreachable:
                raise
            except ClientError as error:
                failed = error
        while self._old and answered < MOST_A_ROUND:
            self._ask_old(self._old.popleft())
            answered += 1
        if failed is not None and not answered:
            raise failed

    def _wanted(self) -> list[str]:
        """Runs to ask for now, the newest first: ended and not settled, not listed any more, or not heard."""
        now_s = time.monotonic()
        with self._runs.lock:
            folds = [fold for fold in self._runs.folds.values() if self._ours(fold) and self._is_open(fold)]
            due = [fold for fold in folds if now_s - self._asked_s.get(fold.id, float("-inf")) >= self._pause_s(fold)]
            due.sort(key=lambda fold: fold.begun_ms, reverse=True)
            found = [fold.id for fold in due]
        return found or [row.id for row in self._old][:1]

    def _is_open(self, fold: RunFold) -> bool:
        if fold.over:
            return not fold.settled and self._tries.get(fold.id, 0) < MOST_TRIES
        if fold.status == "running":
            return fold.line["state"] in LOST_STATES or not self.streams.has(fold.id)
        return not self._may_be_listed(fold.id)

    def _pause_s(self, fold: RunFold) -> float:
        return DETAILS_EVERY_S * 2 ** self._tries.get(fold.id, 0) if fold.over else LOST_EVERY_S

    def _ask(self, run_id: str) -> None:
        key = f"{self.server.name}:{run_id}"
        self._asked_s[run_id] = time.monotonic()
        self._count_try(run_id)
        try:
            detail = self.server.detail(run_id)
        except NotThere:
            if self._may_be_listed(run_id):
                raise
            self._runs.vanished(key)
            return
        self._runs.detail(key, detail, ahead_s=self.server.ahead_s)
        self._forget_settled()

    def _count_try(self, run_id: str) -> None:
        """Of a run that is over: however often one that goes on was asked for, its end is asked for too."""
        with self._runs.lock:
            fold = self._runs.folds.get(f"{self.server.name}:{run_id}")
            if fold is not None and fold.over:
                self._tries[run_id] = self._tries.get(run_id, 0) + 1

    def _may_be_listed(self, run_id: str) -> bool:
        """Whether the last list had this run, or was asked for before the run was known."""
        with self._runs.lock:
            fold = self._runs.folds.get(f"{self.server.name}:{run_id}")
            return run_id in self._seen or fold is None or fold.seen.s >= self._listed_s

    def _ask_old(self, row: RunRow) -> None:
        """The events of a run that ended before anybody watched: once, for the feed."""
        try:
            detail: RunDetailRow = self.server.detail(row.id)
        except ClientError as error:
            log.info("%s", error.sentence)
            return
        self._history.keep_detail(self.server.name, row, detail, self.server.ahead_s)

    def _forget_settled(self) -> None:
        if len(self._asked_s) > 2 * FIRST_LIMIT:
            with self._runs.lock:
                known = {fold.id for fold in self._runs.folds.values() if self._ours(fold)}
            for remembered in (self._asked_s, self._tries):
                for run_id in [run_id for run_id in remembered if run_id not in known]:
                    del remembered[run_id]

    def _ours(self, fold: RunFold) -> bool:
        return fold.source == self.server.name


def _is_worth_a_stream(fold: RunFold) -> bool:
    return fold.status == "running" or (fold.batch is not None and not fold.over)


def _standing(row: RunRow) -> int:
    """What of a row tells that it changed; a number, as a list may be long."""
    return hash((row.status, row.tokens_in, row.tokens_out, row.duration_s, row.finished_at, row.queue_position))


def _all_events(kept: StoredRuns, key: str) -> list[RunEvent]:
    found: list[RunEvent] = []
    after_n = 0
    while True:
        page = kept.events(key, after_n, _PAGE)
        found += page["events"]
        after_n = page["next_n"]
        if page["complete"] or not page["events"]:
            return found
