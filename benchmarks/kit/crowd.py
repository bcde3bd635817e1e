"""Two hundred browser tabs in one process: one poll loop, each message stamped as it is read and not looked into."""

from __future__ import annotations

import re
import select
import time

from benchmarks.kit.live import LiveClient
from benchmarks.kit.server import Server

_EDITION = re.compile(rb'"title":"[^"]*\[(\d+)\]"')


class Crowd:
    """`count` clients of the board's topic."""

    def __init__(self, server: Server, count: int) -> None:
        self._clients = [LiveClient(server, {"board": {}}) for _ in range(count)]
        self._by_number = {client.ws.fileno(): client for client in self._clients}
        self._poll = select.poll()
        for number in self._by_number:
            self._poll.register(number, select.POLLIN)
        self.listen(0.5)

    def listen(self, for_s: float, until: int | None = None) -> dict[int, list[int]]:
        """Arrival stamps by edition; ends after `for_s`, or when every client has edition `until`."""
        arrivals: dict[int, list[int]] = {}
        end_s = time.monotonic() + for_s
        while (left_s := end_s - time.monotonic()) > 0:
            for number, _ in self._poll.poll(left_s * 1000):
                client = self._by_number[number]
                for message in client.ws.read_available():
                    if message.text == b"2":
                        client.ws.send("3")
                    elif message.text.startswith(b'42/dashboard,["task.') and (found := _EDITION.search(message.text)):
                        arrivals.setdefault(int(found[1]), []).append(message.at_ns)
            if until is not None and len(arrivals.get(until, ())) >= len(self._clients):
                break
        return arrivals

    def close(self) -> None:
        for client in self._clients:
            client.close()
