"""A listener for each live run of one server. Whoever listens anew reads the server's record first, so that nothing
that can be known is missed: the record, then the stream, then the record again for what fell between them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from llm_service.clients.errors import BadAnswer, ClientError, NotThere, Refused, ServerFailed
from llm_service.core.bobspark.fields import Reading
from llm_service.core.bobspark.run_rows import RunDetailRow
from llm_service.core.bobspark.stream_events import RunNews, stream_news
from llm_service.core.runs.shapes import ENDED
from llm_service.core.source_shapes import Line
from llm_service.core.sse import SseEvent
from llm_service.sources.bobspark.live_runs import LiveRuns
from llm_service.sources.bobspark.run_server import RunServer
from llm_service.sources.upstream.listening import Listener, Stream

log = logging.getLogger(__name__)

PRESSED_S = 0.02
MOST_STREAMS = 64
"""Of one server at a time; further runs are asked for until there is room."""


class Counting(Protocol):
    """The server's card, as far as streams go."""

    def stream(self, key: str, line: Line) -> None: ...
    def stream_gone(self, key: str) -> None: ...
    def count(self, *, events: int = 0, unknown: int = 0, broken: int = 0) -> None: ...


class RunStreams:
    """Used by the threads that ask for the list and that launch; each stream has its own."""

    def __init__(
        self,
        server: RunServer,
        runs: LiveRuns,
        card: Counting,
        *,
        listed: Callable[[str], bool],
        most: int = MOST_STREAMS,
    ) -> None:
        self._server = server
        self._runs = runs
        self._card = card
        self._listed = listed
        self._most = most
        self._lock = threading.Lock()
        self._listeners: dict[str, Listener] = {}

    def listen_to(self, run_ids: Callable[[], Sequence[str]]) -> None:
        """These and no others, as many as there is room for, the first first; the rest is dropped."""
        with self._lock:
            # Asked for in here, so that a run that was just launched is among them, or is not listened to yet.
            wanted = dict.fromkeys(run_ids()[: self._most])
            for run_id in [run_id for run_id in self._listeners if run_id not in wanted]:
                self._drop(run_id)
            for run_id in wanted:
                if run_id not in self._listeners:
                    self._begin(run_id)

    def has(self, run_id: str) -> bool:
        """Whether somebody listens to this run, or tries to."""
        listener = self._listeners.get(run_id)
        return listener is not None and listener.alive

    def begin(self, run_id: str) -> None:
        """Listen to a run that was just started, where there is room."""
        with self._lock:
            if run_id not in self._listeners and len(self._listeners) < self._most:
                self._begin(run_id)

    def try_now(self) -> None:
        """The server is back: cut the pauses short."""
        for listener in list(self._listeners.values()):
            listener.try_now()

    @property
    def failures(self) -> int:
        """Steps of any listener that failed by a fault of this program."""
        return sum(listener.failures for listener in list(self._listeners.values()))

    def stop(self, deadline_s: float) -> None:
        """End them all, at the same time."""
        listeners = list(self._listeners.values())
        for listener in listeners:
            listener.stop(0.0)
        for listener in listeners:
            listener.stop(deadline_s / max(1, len(listeners)))

    def _begin(self, run_id: str) -> None:
        key = f"{self._server.name}:{run_id}"
        one = _RunStream(self._server, self._runs, self._card, key, run_id, self._listed)
        listener = Listener(f"sse-{key}", one.open, one.hear, one.changed, before=one.before)
        self._listeners[run_id] = listener
        listener.start()

    def _drop(self, run_id: str) -> None:
        self._listeners.pop(run_id).stop(0.0)
        self._card.stream_gone(f"{self._server.name}:{run_id}")


class _RunStream:
    """What a listener asks of one run. On the listener's thread."""

    def __init__(
        self,
        server: RunServer,
        runs: LiveRuns,
        card: Counting,
        key: str,
        run_id: str,
        listed: Callable[[str], bool],
    ) -> None:
        self._server, self._runs, self._card = server, runs, card
        self._key, self._id, self._listed = key, run_id, listed
        self._opened = False

    def before(self) -> bool:
        """Read the record; True where there is nothing more to hear."""
        try:
            detail = self._server.detail(self._id)
        except NotThere:
            if self._listed(self._id):
                return False
            self._runs.vanished(self._key)
            return True
        except (ServerFailed, BadAnswer, Refused) as error:
            # The record is one endpoint and the stream another: the one that works is used.
            log.info("%s", error.sentence)
            return False
        self._runs.detail(self._key, detail, ahead_s=self._server.ahead_s)
        return detail.row is not None and detail.row.status in ENDED

    def open(self, last_event_id: str) -> Stream:
        if not self._opened and self.before():
            return _Over()
        self._opened = True
        self._runs.opening(self._key)
        stream = self._server.stream(self._id, last_event_id)
        try:
            record, told = self._record()
            self._runs.resume(self._key, record, told)
        except BaseException:
            stream.close()
            raise
        return stream

    def hear(self, event: SseEvent) -> bool:
        """True for the last event of a run, once its server was asked how it ended."""
        read = Reading()
        news = stream_news(event.name, event.data, read)
        if news is None:
            self._card.count(events=1, broken=1)
            return False
        self._card.count(events=1, unknown=not news.known, broken=read.broken)
        self._runs.hear(self._key, news, event.id if event.own_id else None)
        if self._runs.pressed():
            # What is not read waits at the server: better than to be read and not kept.
            time.sleep(PRESSED_S)
        if news.type != "stream_end":
            return False
        self._ask()
        return True

    def changed(self, line: Line) -> None:
        self._runs.line(self._key, line)
        self._card.stream(self._key, line)

    def _record(self) -> tuple[list[RunNews] | None, int | None]:
        """What the server has now, with the stream already open, and the tokens of its row."""
        detail = self._ask()
        if detail is None or not detail.has_events:
            return None if detail is None else [], detail.row.tokens_out if detail and detail.row else None
        return self._read, detail.row.tokens_out if detail.row else None

    def _ask(self) -> RunDetailRow | None:
        try:
            detail = self._server.detail(self._id)
        except ClientError as error:
            # Whoever asks for the list settles it later.
            log.info("%s", error.sentence)
            return None
        self._read = self._runs.detail(self._key, detail, ahead_s=self._server.ahead_s)
        return detail


class _Over:
    """The stream of a run that had ended before anybody listened."""

    last_event_id = ""
    retry_ms = None

    def __iter__(self) -> Iterator[SseEvent]:
        return iter(())

    def heard(self) -> float:
        return 0.0

    def close(self) -> None:
        """There is nothing to close."""
