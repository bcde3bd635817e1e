"""Launches of several workers: one POST each, 300 ms apart, on a thread of their own, each batch sent once."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from llm_service.background import Background
from llm_service.clients.errors import ClientError, Unreachable
from llm_service.core.bobspark.run_rows import RunRow
from llm_service.core.runs.launch_form import Launching
from llm_service.core.runs.refusals import NoSuchRun, TooManyBatches
from llm_service.core.runs.sent_batch import SentBatch
from llm_service.core.runs.shapes import Batch, RunStatus
from llm_service.core.times import parse_ms
from llm_service.errors import TelemetryUnavailable

log = logging.getLogger(__name__)

APART_S = 0.3
MOST_BATCHES = 200
MOST_SENDING = 8
KEPT_WITHIN_S = 1.0
"""How long a worker waits for its launch to be kept before it is sent."""
SHOWN = 10
"""The last batches that pages are told of."""


class Starts(Protocol):
    """Who starts a run at a server: posts the body, lists the run, listens to it; its key. Raises `ClientError`."""

    def __call__(self, launching: Launching) -> str: ...


class KeptBatches(Protocol):
    """Where launches are kept. `keep` returns after the commit; all raise `TelemetryUnavailable`, and what could not be
    kept in time is kept later."""

    def keep(self, batch_id: str, at_ms: int, batch: Mapping[str, Any], *, timeout_s: float) -> None: ...
    def one(self, batch_id: str) -> Mapping[str, Any] | None: ...
    def begun_after(self, at_ms: int, limit: int) -> list[Mapping[str, Any]]: ...


class Batches:
    """Safe on any thread. `changed` is called whenever a batch stands differently.

    `kept` gives where they are kept, None where nothing is: then a batch is forgotten with the process.
    """

    def __init__(
        self,
        start: Starts,
        changed: Callable[[], None],
        *,
        now_iso: Callable[[], str],
        kept: Callable[[], KeptBatches | None],
        apart_s: float = APART_S,
    ) -> None:
        self._start = start
        self._changed = changed
        self._now_iso = now_iso
        self._kept = kept
        self._apart_s = apart_s
        self._lock = threading.Lock()
        self._all: OrderedDict[str, SentBatch] = OrderedDict()
        self._threads: list[_Sending] = []
        self.failures = 0

    def launch(self, launching: Launching) -> Batch:
        """Begin to send; of a batch that is known, how it stands. Raises `TooManyBatches`."""
        self._find(launching.batch)
        with self._lock:
            sent = self._all.get(launching.batch)
            if sent is None:
                self._refuse_too_many()
                sent = self._all[launching.batch] = SentBatch(launching, self._now_iso())
                self._forget_old()
                self._send(sent)
            told = sent.told()
        self._changed()
        return told

    def rest(self, batch_id: str) -> Batch:
        """Send what a batch that was stopped has left. Raises `NoSuchRun`, `TooManyBatches`."""
        self._find(batch_id)
        with self._lock:
            sent = self._of(batch_id)
            if sent.state == "stopped" and sent.left:
                self._refuse_too_many()
                sent.resumed()
                self._send(sent)
            told = sent.told()
        self._changed()
        return told

    def one(self, batch_id: str) -> Batch:
        """How a batch stands. Raises `NoSuchRun`."""
        self._find(batch_id)
        with self._lock:
            return self._of(batch_id).told()

    def newest(self) -> list[Batch]:
        """The last ones, the newest first."""
        with self._lock:
            told = [sent.told() for sent in self._all.values()]
        return sorted(told, key=lambda batch: batch["at"], reverse=True)[:SHOWN]

    def take_up(self, since_ms: int) -> None:
        """Show those that an earlier process sent since then."""
        try:
            kept = self._kept()
            found = [] if kept is None else kept.begun_after(since_ms, SHOWN)
        except TelemetryUnavailable as error:
            log.warning("launches that were kept cannot be read: %s", error)
            return
        for one in found:
            self._take_up(one)
        if found:
            self._changed()

    def stop(self, deadline_s: float) -> None:
        """Send nothing more."""
        for thread in self._threads:
            thread.stop(0.0)
        for thread in self._threads:
            thread.stop(deadline_s)

    def _find(self, batch_id: str) -> None:
        """Take up a batch that is only kept."""
        with self._lock:
            known = batch_id in self._all
        if known:
            return
        try:
            kept = self._kept()
            found = None if kept is None else kept.one(batch_id)
        except TelemetryUnavailable as error:
            log.warning("a launch that may be kept cannot be read: %s", error)
            return
        if found is not None:
            self._take_up(found)

    def _take_up(self, kept: Mapping[str, Any]) -> None:
        try:
            batch = SentBatch.taken_up(kept)
        except (KeyError, TypeError, ValueError):
            log.warning("a launch that another release kept cannot be read", exc_info=True)
            return
        with self._lock:
            # Whoever was quicker may send it already.
            self._all.setdefault(batch.launching.batch, batch)
            self._forget_old()

    def _forget_old(self) -> None:
        for batch_id in [name for name, sent in self._all.items() if sent.state != "sending"]:
            if len(self._all) <= MOST_BATCHES:
                return
            del self._all[batch_id]

    def _of(self, batch_id: str) -> SentBatch:
        sent = self._all.get(batch_id)
        if sent is None:
            raise NoSuchRun(f"there is no batch {batch_id[:60]}; only the last few hundred are known")
        return sent

    def _refuse_too_many(self) -> None:
        self._threads = [thread for thread in self._threads if thread.alive]
        if len(self._threads) >= MOST_SENDING:
            raise TooManyBatches(f"{MOST_SENDING} batches are being sent; try again when one of them is through")

    def _send(self, sent: SentBatch) -> None:
        thread = _Sending(sent, self._start, self._lock, self._changed, self._keep, self._apart_s)
        self._threads.append(thread)
        thread.start()

    def _keep(self, sent: SentBatch) -> None:
        """A launch that cannot be kept now is sent all the same."""
        with self._lock:
            kept = sent.kept()
        try:
            store = self._kept()
            if store is not None:
                store.keep(sent.launching.batch, parse_ms(sent.at) or 0, kept, timeout_s=KEPT_WITHIN_S)
        except TelemetryUnavailable as error:
            log.warning("a launch is not kept yet, and forgotten where this process ends before it is: %s", error)


class _Failed(NamedTuple):
    error: str
    maybe: bool


class _Sending(Background):
    """Sends what one batch has left. The first failure stops it: the next would most likely fail too."""

    def __init__(
        self,
        sent: SentBatch,
        start: Starts,
        lock: threading.Lock,
        changed: Callable[[], None],
        keep: Callable[[SentBatch], None],
        apart_s: float,
    ) -> None:
        super().__init__(f"batch-{sent.launching.batch[:20]}")
        self._sent, self._start, self._lock, self._changed = sent, start, lock, changed
        self._keep, self._apart_s = keep, apart_s

    def _run(self) -> None:
        sent = self._sent
        while sent.left and not self._stopping.is_set():
            failed = self._one()
            if failed is not None or not sent.left or self._stopping.wait(self._apart_s):
                break
        with self._lock:
            sent.rested()
        self._changed()
        self._keep(sent)

    def _one(self) -> _Failed | None:
        with self._lock:
            self._sent.sending()
        # Before it is sent as well: after a kill in between it is known that it may have begun.
        self._keep(self._sent)
        key, failed = "", None
        try:
            key = self._start(self._sent.launching)
        except Unreachable as error:
            failed = _Failed(error.sentence, error.maybe_done)
        except ClientError as error:
            # A 2xx that named no run has most likely started one.
            failed = _Failed(error.sentence, error.status is not None and 200 <= error.status < 300)
        except Exception:
            self.failures += 1
            log.exception("a worker of a batch could not be started")
            failed = _Failed("an error in this program; its log says why", maybe=True)
        with self._lock:
            if failed is None:
                self._sent.began(key)
            else:
                self._sent.broke(failed.error, maybe=failed.maybe)
        self._changed()
        self._keep(self._sent)
        return failed


def launched_row(run_id: str, status: RunStatus, launching: Launching) -> RunRow:
    """What is known of a run that was just started, until its server tells more."""
    if status == "unknown":
        status = "queued" if launching.queued else "running"
    return RunRow(
        id=run_id,
        status=status,
        task=launching.task,
        type=launching.type,
        domain=launching.domain,
        model=launching.model,
        node=launching.node,
        max_iter=launching.max_iter,
        config=launching.config,
    )
