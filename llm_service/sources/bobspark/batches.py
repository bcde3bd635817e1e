"""Launches of several workers: one POST each, 300 ms apart, on a thread of their own, each batch sent once."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple, Protocol

from llm_service.background import Background
from llm_service.clients.errors import ClientError, Unreachable
from llm_service.core.bobspark.run_rows import RunRow
from llm_service.core.runs.launch_form import Launching
from llm_service.core.runs.refusals import NoSuchRun, TooManyBatches
from llm_service.core.runs.shapes import Batch, BatchFailure, RunStatus

log = logging.getLogger(__name__)

APART_S = 0.3
MOST_BATCHES = 200
MOST_SENDING = 8
SHOWN = 10
"""The last batches that pages are told of."""


class Starts(Protocol):
    """Who starts a run at a server: posts the body, lists the run, listens to it; its key. Raises `ClientError`."""

    def __call__(self, launching: Launching) -> str: ...


class Batches:
    """Safe on any thread. `changed` is called whenever a batch stands differently."""

    def __init__(
        self, start: Starts, changed: Callable[[], None], *, now_iso: Callable[[], str], apart_s: float = APART_S
    ) -> None:
        self._start = start
        self._changed = changed
        self._now_iso = now_iso
        self._apart_s = apart_s
        self._lock = threading.Lock()
        self._all: OrderedDict[str, _Sent] = OrderedDict()
        self._threads: list[_Sending] = []
        self.failures = 0

    def launch(self, launching: Launching) -> Batch:
        """Begin to send; of a batch that is known, how it stands. Raises `TooManyBatches`."""
        with self._lock:
            sent = self._all.get(launching.batch)
            if sent is None:
                self._refuse_too_many()
                sent = self._all[launching.batch] = _Sent(launching, self._now_iso())
                while len(self._all) > MOST_BATCHES:
                    self._all.popitem(last=False)
                self._send(sent)
            told = sent.told()
        self._changed()
        return told

    def rest(self, batch_id: str) -> Batch:
        """Send what a batch that was stopped has left. Raises `NoSuchRun`, `TooManyBatches`."""
        with self._lock:
            sent = self._of(batch_id)
            if sent.state == "stopped" and sent.left:
                self._refuse_too_many()
                sent.failed = [failure for failure in sent.failed if failure["maybe"]]
                self._send(sent)
            told = sent.told()
        self._changed()
        return told

    def one(self, batch_id: str) -> Batch:
        """How a batch stands. Raises `NoSuchRun`."""
        with self._lock:
            return self._of(batch_id).told()

    def newest(self) -> list[Batch]:
        """The last ones, the newest first."""
        with self._lock:
            return [sent.told() for sent in list(self._all.values())[: -SHOWN - 1 : -1]]

    def stop(self, deadline_s: float) -> None:
        """Send nothing more."""
        for thread in self._threads:
            thread.stop(0.0)
        for thread in self._threads:
            thread.stop(deadline_s)

    def _of(self, batch_id: str) -> _Sent:
        sent = self._all.get(batch_id)
        if sent is None:
            raise NoSuchRun(f"there is no batch {batch_id[:60]}; the last {MOST_BATCHES} since the start are known")
        return sent

    def _refuse_too_many(self) -> None:
        self._threads = [thread for thread in self._threads if thread.alive]
        if len(self._threads) >= MOST_SENDING:
            raise TooManyBatches(f"{MOST_SENDING} batches are being sent; try again when one of them is through")

    def _send(self, sent: _Sent) -> None:
        sent.state = "sending"
        thread = _Sending(sent, self._start, self._lock, self._changed, self._apart_s)
        self._threads.append(thread)
        thread.start()


class _Failed(NamedTuple):
    error: str
    maybe: bool


class _Sent:
    """One batch. Touched under the lock of `Batches`."""

    def __init__(self, launching: Launching, at: str) -> None:
        self.launching = launching
        self.at = at
        self.state = "sending"
        self.started: list[str] = []
        self.failed: list[BatchFailure] = []
        self.left = list(range(1, launching.workers + 1))
        """Workers that were surely not started, by number."""

    def told(self) -> Batch:
        return {
            "id": self.launching.batch,
            "source": self.launching.source,
            "state": self.state,  # type: ignore[typeddict-item]
            "wanted": self.launching.workers,
            "started": list(self.started),
            "failed": [failure.copy() for failure in self.failed],
            "rest": len(self.left),
            "at": self.at,
        }


class _Sending(Background):
    """Sends what one batch has left. The first failure stops it: the next would most likely fail too."""

    def __init__(
        self,
        sent: _Sent,
        start: Starts,
        lock: threading.Lock,
        changed: Callable[[], None],
        apart_s: float,
    ) -> None:
        super().__init__(f"batch-{sent.launching.batch[:20]}")
        self._sent, self._start, self._lock, self._changed, self._apart_s = sent, start, lock, changed, apart_s

    def _run(self) -> None:
        sent = self._sent
        while sent.left and not self._stopping.is_set():
            failed = self._one(sent.left[0])
            if failed is not None or not sent.left or self._stopping.wait(self._apart_s):
                break
        with self._lock:
            sent.state = "stopped" if sent.left or sent.failed else "done"
        self._changed()

    def _one(self, index: int) -> _Failed | None:
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
                self._sent.started.append(key)
            else:
                self._sent.failed.append({"index": index, "error": failed.error, "maybe": failed.maybe})
            if failed is None or failed.maybe:
                # Sent again it might be there twice; whoever launched it sees in the list whether it is.
                self._sent.left.remove(index)
        self._changed()
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
