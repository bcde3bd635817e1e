"""Listens to one event stream while it has something to say: connects again, with pauses, and tells how it stands.

The pauses are full jitter up to 30 s, never under half a second even where the server hung up in all politeness. They
begin anew once events came or a minute went well. 204, 401 and 403 end it; 429 and 503 may name the pause themselves.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Protocol

from llm_service.background import Background
from llm_service.clients.errors import ClientError
from llm_service.clients.event_stream import Silent
from llm_service.core.backoff import Backoff
from llm_service.core.source_shapes import Line, StreamState
from llm_service.core.sse import SseEvent
from llm_service.sources.upstream.moments import REAL, Moments
from llm_service.sources.upstream.repeats import Repeats
from llm_service.sources.upstream.trying import asked_for_s, in_words, is_final, sentence

log = logging.getLogger(__name__)

HEALTHY_S = 60.0
"""A stream that stood so long begins with the shortest pause again."""


class Stream(Protocol):
    """What is listened to; `clients.event_stream.EventStream` is one."""

    @property
    def last_event_id(self) -> str: ...
    @property
    def retry_ms(self) -> int | None: ...
    def __iter__(self) -> Iterator[SseEvent]: ...
    def heard(self) -> float: ...
    def close(self) -> None: ...


class Listener(Background):
    """One thread on one stream.

    `open` connects, given the last event id. `hear` takes each event; True says that this was the last. `changed` is
    told of every new state, on this thread or the one that stops it. `before` is called before each reconnection, to
    rebuild what was missed; True says that nothing more will come, and a `ClientError` is a failed try.
    """

    def __init__(
        self,
        name: str,
        open: Callable[[str], Stream],  # noqa: A002 - what it does
        hear: Callable[[SseEvent], bool],
        changed: Callable[[Line], None],
        *,
        before: Callable[[], bool] | None = None,
        moments: Moments = REAL,
        backoff: Backoff | None = None,
    ) -> None:
        super().__init__(name)
        self.name = name
        self._open = open
        self._hear = hear
        self._changed = changed
        self._before = before
        self._moments = moments
        self._backoff = backoff or Backoff()
        self._guard = threading.Lock()
        self._hurry = threading.Event()
        self._stream: Stream | None = None
        self._last_event_id = ""
        self._trouble = ""
        self._repeats = Repeats()
        self.connections = 0
        """Tries to connect so far."""
        self.finished = False
        self.line: Line = _line("none", moments.iso())

    def try_now(self) -> None:
        """Cut a pause short: the server was just heard by other means."""
        self._hurry.set()

    def _wake_up(self) -> None:
        self._hurry.set()
        with self._guard:
            stream = self._stream
        if stream is not None:
            stream.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                wait_s = self._listen()
            except ClientError as error:
                wait_s = self._failed(error)
            except Exception:
                self.failures += 1
                log.exception("%s: listening failed, connecting again", self.name)
                wait_s = self._again(self._backoff.next_s(self._moments.chance()), "An error in this program")
            if wait_s is None:
                return
            self._pause(wait_s)
        self._show("stopped", "")

    def _listen(self) -> float | None:
        """One connection, from opening to end; the wait before the next one, None where there shall be none."""
        if self.connections and self._before is not None and self._before():
            self._finish()
            return None
        if self.line["state"] != "stale":
            self._show("connecting", f"{self._trouble}; it is being opened again." if self._trouble else "")
        self.connections += 1
        stream = self._open(self._last_event_id)
        with self._guard:
            self._stream = stream
        began_s = self._moments.monotonic()
        self._repeats.connected()
        heard = 0
        try:
            if self._stopping.is_set():
                return None
            self._show("live", "")
            for event in stream:
                heard += 1
                if not self._repeats.is_one(event) and self._heard(event):
                    self._finish()
                    return None
        finally:
            self._left(stream, healthy=heard > 0 or self._moments.monotonic() - began_s >= HEALTHY_S)
        return self._again(self._pause_s(stream), "The stream ended")

    def _heard(self, event: SseEvent) -> bool:
        """Hand an event on; one that cannot be taken in is counted and costs nothing else."""
        try:
            return self._hear(event)
        except Exception:
            self.failures += 1
            log.exception("%s: an event could not be taken in, going on with the next", self.name)
            return False

    def _left(self, stream: Stream, *, healthy: bool) -> None:
        with self._guard:
            self._stream = None
        stream.close()
        self._last_event_id = stream.last_event_id
        if stream.retry_ms is not None:
            self._backoff.first_s = min(self._backoff.cap_s, max(self._backoff.floor_s, stream.retry_ms / 1000))
        if healthy:
            self._backoff.reset()

    def _pause_s(self, stream: Stream) -> float:
        """After a clean end; a server's own `retry` is the least."""
        least_s = min(self._backoff.cap_s, (stream.retry_ms or 0) / 1000)
        return self._backoff.next_s(self._moments.chance(), least_s=least_s)

    def _failed(self, error: ClientError) -> float | None:
        if self._stopping.is_set():
            return 0.0
        if is_final(error):
            self._show("stopped", sentence(error, "it is not opened again"))
            return None
        wait_s = self._backoff.next_s(self._moments.chance(), least_s=asked_for_s(error))
        if isinstance(error, Silent):
            self._show("stale", sentence(error, "it is opened again"))
            return wait_s
        return self._again(wait_s, error.sentence)

    def _again(self, wait_s: float, what: str) -> float:
        self._trouble = what
        self._show("backing-off", f"{what}; it is opened again in {in_words(wait_s)}.", next_in_s=wait_s)
        return wait_s

    def _finish(self) -> None:
        self.finished = True
        self._show("stopped", "")

    def _pause(self, wait_s: float) -> None:
        """Wait; whoever calls `try_now` ends it, though never before the floor."""
        self._hurry.clear()
        if not self._stopping.wait(min(wait_s, self._backoff.floor_s)):
            self._hurry.wait(max(0.0, wait_s - self._backoff.floor_s))

    def _show(self, state: StreamState, reason: str, *, next_in_s: float | None = None) -> None:
        moments = self._moments
        stood = self.line["state"] == state
        line = _line(state, self.line["since"] if stood else moments.iso(), reason)
        line["last_heard_at"] = moments.iso() if state == "live" else self.heard_at()
        line["next_try_at"] = None if next_in_s is None else moments.iso(next_in_s)
        self.line = line
        self._changed(line)

    def heard_at(self) -> str | None:
        """When anything was last heard, heartbeats too."""
        with self._guard:
            stream = self._stream
        if stream is None:
            return self.line["last_heard_at"]
        return self._moments.iso(stream.heard() - self._moments.monotonic())


def _line(state: StreamState, since: str, reason: str = "") -> Line:
    return {"state": state, "since": since, "last_heard_at": None, "next_try_at": None, "reason": reason}
