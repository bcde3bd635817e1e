"""One open event stream: bytes as they come, events as they are complete, and a sentence when it ends badly.

Read with `read1`, because everything that waits for a full buffer holds events back on streams without chunks.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from llm_service.clients import answers
from llm_service.clients.answers import Asked
from llm_service.clients.errors import BadAnswer, ClientError, Unreachable
from llm_service.clients.web import Client
from llm_service.core.sse import Decoder, EventTooLarge, SseEvent

QUIET_S = 300.0
"""Silence that a stream may keep which never sent a heartbeat."""
LEAST_S = 45.0
"""Silence that every stream may keep."""
HEARTBEATS = 3
"""Heartbeats that may stay away before a stream counts as dead."""
_WELCOME_S = 1.0
_AT_ONCE = 65_536


class Silent(Unreachable):
    """Nothing came for as long as this stream may be silent."""


def open_stream(
    client: Client, path: str, *, last_event_id: str = "", idle_s: float = QUIET_S, least_s: float = LEAST_S
) -> EventStream:
    """Connect; raises `ClientError`, of which `StreamEnded` (204) says not to come back.

    `idle_s`: the silence allowed while no heartbeat was seen. After that it is three heartbeats, at least `least_s`.
    """
    headers: dict[str, str | bytes] = {"Cache-Control": "no-store"}
    if last_event_id.strip():
        headers["Last-Event-ID"] = last_event_id.strip().encode()
    response, asked = client.open("GET", path, accept="text/event-stream", headers=headers, alone=True)
    try:
        answers.judge(response, asked, time.monotonic() + _WELCOME_S)
        answers.require_event_stream(response, asked)
    except ClientError:
        response.close()
        raise
    return EventStream(response, asked, last_event_id, idle_s, least_s)


class EventStream:
    """Iterate in one thread; `close` from any. The iteration ends at the end of the stream, or raises `ClientError`."""

    def __init__(
        self, response: requests.Response, asked: Asked, last_event_id: str, idle_s: float, least_s: float
    ) -> None:
        self._raw: Any = response.raw
        self._asked = asked
        self._decoder = Decoder(last_event_id)
        self._silence = Silence(idle_s, least_s, time.monotonic())
        self._guard = threading.Lock()
        self._reading = False
        self._closed = False
        connection = getattr(self._raw, "connection", None)
        self._sock = getattr(connection, "judged_sock", None)

    @property
    def retry_ms(self) -> int | None:
        return self._decoder.retry_ms

    @property
    def last_event_id(self) -> str:
        return self._decoder.last_event_id

    def heard(self) -> float:
        """When bytes last came (or the stream was opened), monotonic seconds."""
        return self._silence.heard_s

    def close(self) -> None:
        """End the stream at once; a blocked read returns."""
        with self._guard:
            self._closed = True
            reading = self._reading
            if reading:
                self._shut_down()
        if not reading:
            self._raw.close()

    def __iter__(self) -> Iterator[SseEvent]:
        with self._guard:
            if self._closed:
                return
            self._reading = True
        try:
            yield from self._events()
        finally:
            with self._guard:
                self._reading = False
            self._raw.close()

    def _events(self) -> Iterator[SseEvent]:
        while chunk := self._read():
            comments = self._decoder.comments
            try:
                events = self._decoder.feed(chunk)
            except EventTooLarge as error:
                yield from error.events
                raise BadAnswer(self._asked.said(f"sent {error}"), 200) from error
            self._silence.heard(time.monotonic(), beat=self._decoder.comments > comments)
            yield from events
            if self._closed:
                return

    def _read(self) -> bytes:
        """The next bytes; none at the end, and after `close`."""
        if self._closed:
            return b""
        if self._sock is not None:
            self._sock.settimeout(self._silence.allowed_s)
        try:
            return self._raw.read1(_AT_ONCE, decode_content=True) or b""
        except Exception as error:
            if self._closed:
                return b""
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> Exception:
        if isinstance(error, (ReadTimeoutError, TimeoutError)):
            return Silent(self._asked.said(f"was silent for {self._silence.allowed_s:g} s"))
        if isinstance(error, (HTTPError, OSError, ValueError)):
            return Unreachable(self._asked.said("broke off"))
        return error

    def _shut_down(self) -> None:
        try:
            self._raw.shutdown()
        except (OSError, ValueError, RuntimeError):
            pass  # it has just ended by itself


class Silence:
    """How long a stream may be silent, learned from its heartbeats. Times are monotonic seconds."""

    def __init__(self, quiet_s: float, least_s: float, now_s: float) -> None:
        self.heard_s = now_s
        self._quiet_s = quiet_s
        self._least_s = least_s
        self._opened_s = now_s
        self._beat_s: float | None = None
        self._gaps_s: deque[float] = deque(maxlen=3)

    @property
    def allowed_s(self) -> float:
        """Three of the longest of the last gaps between heartbeats; never more than without any."""
        if not self._gaps_s:
            return self._quiet_s
        return min(self._quiet_s, max(self._least_s, HEARTBEATS * max(self._gaps_s)))

    def heard(self, now_s: float, *, beat: bool) -> None:
        """Bytes came; `beat`: a comment was among them. One that greets right after the opening is no heartbeat."""
        self.heard_s = now_s
        if not beat or now_s - self._opened_s < min(_WELCOME_S, self._least_s / 10):
            return
        if self._beat_s is not None:
            self._gaps_s.append(now_s - self._beat_s)
        self._beat_s = now_s
