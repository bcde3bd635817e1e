"""The Socket.IO protocol of the board over the lean WebSocket: what a browser's tab says and hears."""

from __future__ import annotations

import json
import time
from typing import Any, NamedTuple

from benchmarks.kit.server import Server
from benchmarks.kit.wire import Message, WebSocket

_EVENT = b'42/dashboard,["'


class Event(NamedTuple):
    """A Socket.IO event with the nanosecond of its arrival."""

    at_ns: int
    name: str
    data: Any


class LiveClient:
    """A client of the namespace `/dashboard`. `topics` as in `auth.topics`; None joins all from now on."""

    def __init__(self, server: Server, topics: dict[str, Any] | None, receive_buffer: int = 0) -> None:
        headers = {"Authorization": f"Bearer {server.token}"}
        self.ws = WebSocket(server.port, "/socket.io/?EIO=4&transport=websocket", headers, receive_buffer)
        self._expect(b"0")
        auth = json.dumps({"topics": topics}) if topics is not None else ""
        self.ws.send(f"40/dashboard,{auth}")
        self._expect(b"40/dashboard,")
        self._acks = 0

    def event(self, timeout_s: float) -> Event | None:
        """The next event, or None after `timeout_s`; answers pings on the way."""
        end_s = time.monotonic() + timeout_s
        while (message := self.ws.receive(max(0.0, end_s - time.monotonic()))) is not None:
            event = self.understand(message)
            if event is not None:
                return event
        return None

    def available(self) -> list[Event]:
        """Read once without waiting; the events that are complete."""
        return [event for message in self.ws.read_available() if (event := self.understand(message)) is not None]

    def understand(self, message: Message) -> Event | None:
        """The event a message is; None for the protocol's own, which are answered."""
        if message.text == b"2":
            self.ws.send("3")
        if not message.text.startswith(_EVENT):
            return None
        name, data = json.loads(message.text[len(_EVENT) - 2 :])
        return Event(message.at_ns, name, data)

    def subscribe(self, topic: str, **position: Any) -> None:
        """Ask for a topic; the answer and what follows come as events."""
        self._acks += 1
        asked = json.dumps(["subscribe", {"topic": topic, **position}])
        self.ws.send(f"42/dashboard,{self._acks}{asked}")

    def close(self) -> None:
        self.ws.close()

    def _expect(self, start: bytes) -> None:
        while (message := self.ws.receive(30)) is not None:
            if message.text.startswith(start):
                return
        raise TimeoutError(f"the server did not answer with {start!r}")
