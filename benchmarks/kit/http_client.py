"""One connection to the server that stays open, as a browser's or a program's does; each answer with its time."""

from __future__ import annotations

import http.client
import json
import socket
import time
from typing import Any, NamedTuple

from benchmarks.kit.server import Server


class Answer(NamedTuple):
    """`took_ms` runs from the first byte sent to the last byte read."""

    took_ms: float
    body: bytes


class HttpClient:
    """Requests one after the other; a context that closes the connection."""

    def __init__(self, server: Server) -> None:
        self._headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"}
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None)

    def post(self, path: str, value: Any) -> Answer:
        """Send `value` as JSON; writing it is not in the time."""
        return self._ask("POST", path, json.dumps(value).encode())

    def _ask(self, method: str, path: str, body: bytes | None) -> Answer:
        began_ns = time.monotonic_ns()
        self._connection.request(method, path, body, self._headers)
        response = self._connection.getresponse()
        read = response.read()
        took_ms = (time.monotonic_ns() - began_ns) / 1e6
        if response.status != 200:
            raise RuntimeError(f"{method} {path}: {response.status} {read[:200]!r}")
        return Answer(took_ms, read)
