"""Requests as an attacker writes them: byte by byte, with no library that tidies them up."""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

DEADLINE_S = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    def json(self) -> dict:
        return json.loads(self.body)


def connect(port: int, host: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection((host, port), timeout=DEADLINE_S)


def head(method: str, path: str, headers: Iterable[tuple[str, str]]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def read_answer(connection: socket.socket, method: str = "GET") -> Answer:
    response = http.client.HTTPResponse(connection, method=method)
    try:
        response.begin()
        return Answer(response.status, response.getheaders(), response.read())
    finally:
        response.close()


def ask(
    port: int,
    path: str = "/",
    *,
    method: str = "GET",
    host: str | None = "default",
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
) -> Answer:
    """Send one request; without a given host the right one is sent, with None none at all."""
    lines = [] if host is None else [("Host", f"127.0.0.1:{port}" if host == "default" else host)]
    lines += headers
    if body or method == "POST":
        lines.append(("Content-Length", str(len(body))))
    with connect(port) as connection:
        connection.sendall(head(method, path, lines) + body)
        return read_answer(connection, method)


def upgrade_headers(port: int) -> list[tuple[str, str]]:
    return [
        ("Host", f"127.0.0.1:{port}"),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", base64.b64encode(os.urandom(16)).decode()),
    ]


def open_websocket(port: int, headers: Iterable[tuple[str, str]]) -> tuple[socket.socket, bytes]:
    """Return the connection after the handshake and the head of the answer; the caller closes it."""
    connection = connect(port)
    path = "/socket.io/?EIO=4&transport=websocket"
    connection.sendall(head("GET", path, [*upgrade_headers(port), *headers]))
    answer = b""
    while b"\r\n\r\n" not in answer:
        data = connection.recv(1)
        if not data:
            break
        answer += data
    return connection, answer


def frame(payload: bytes, *, opcode: int = 1, final: bool = True, announced: int | None = None) -> bytes:
    """One masked WebSocket frame (masked with zeros, which changes nothing)."""
    length = len(payload) if announced is None else announced
    first = (0x80 if final else 0) | opcode
    if length < 126:
        start = struct.pack("!BB", first, 0x80 | length)
    elif length < 65536:
        start = struct.pack("!BBH", first, 0x80 | 126, length)
    else:
        start = struct.pack("!BBQ", first, 0x80 | 127, length)
    return start + bytes(4) + payload


def eventually(condition: Callable[[], bool], what: str, deadline_s: float = DEADLINE_S) -> None:
    """Return as soon as the condition holds; fail with the sentence when it does not in time."""
    end_s = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end_s, what
        time.sleep(0.01)  # the pause between two looks, not the wait
