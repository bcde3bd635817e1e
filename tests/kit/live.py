"""A real Socket.IO client that keeps everything it was sent, in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from tests.kit.follower import InOrderClient
from tests.kit.waiting import DEADLINE_S

NAMESPACE = "/dashboard"
Event = tuple[str, Any]


class Live:
    """Connects to a server's /dashboard; `wait_for` looks at what came so far, then waits for more."""

    def __init__(
        self, url: str, token: str | None, topics: dict[str, dict] | None = None, *, reconnect: bool = False
    ) -> None:
        self.events: list[Event] = []
        self._more = threading.Condition()
        self.client = InOrderClient(
            reconnection=reconnect, reconnection_delay=0.1, reconnection_delay_max=0.5, handle_sigint=False
        )
        self.client.on("*", self._keep, namespace=NAMESPACE)
        self.client.on("disconnect", lambda *reason: self._keep("disconnect", *reason), namespace=NAMESPACE)
        self.client.connect(
            url,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            auth={"topics": topics} if topics is not None else None,
            namespaces=[NAMESPACE],
            transports=["websocket"],
            wait_timeout=DEADLINE_S,
        )

    def _keep(self, name: str, *data: Any) -> None:
        with self._more:
            self.events.append((name, data[0] if data else None))
            self._more.notify_all()

    def wait_for(
        self,
        name: str,
        predicate: Callable[[Any], object] = lambda data: True,
        deadline_s: float = DEADLINE_S,
        *,
        after: int = 0,
    ) -> Any:
        """The data of the first event `name`, from number `after` on, that fits; fails with what did come."""
        end_s = time.monotonic() + deadline_s
        with self._more:
            while True:
                for seen, data in self.events[after:]:
                    if seen == name and predicate(data):
                        return data
                left_s = end_s - time.monotonic()
                if left_s <= 0 or not self._more.wait(left_s):
                    came = [seen for seen, _ in self.events[after:]]
                    raise AssertionError(f"{name} did not come within {deadline_s:g} s; what came: {came[-40:]}")

    def seen(self, name: str) -> list[Any]:
        """The data of every event `name` so far."""
        with self._more:
            return [data for seen, data in self.events if seen == name]

    def count(self) -> int:
        """How many events came so far; to be given to `wait_for` as `after`."""
        with self._more:
            return len(self.events)

    def call(self, name: str, data: object = None, timeout_s: float = DEADLINE_S) -> Any:
        """Send an event and return its ack."""
        return self.client.call(name, data, namespace=NAMESPACE, timeout=timeout_s)

    def close(self) -> None:
        """Disconnect; no longer than needed.

        The client's own `wait` adds a second of sleep, and its reader outlives a server that went away first.
        """
        line = self.client.eio.ws
        self.client.disconnect()
        if line is not None:
            line.shutdown()  # the client forgets it where the server went away first
        reader = self.client.eio.read_loop_task
        if reader is not None:
            reader.join(0.2)
