"""A WebSocket client of a hundred lines: no threads, no buffers in between, stamps each message as it is complete."""

from __future__ import annotations

import base64
import os
import select
import socket
import struct
import time
from typing import NamedTuple


class Message(NamedTuple):
    """A whole text message and the CLOCK_MONOTONIC nanosecond at which its last byte was here."""

    at_ns: int
    text: bytes


class Closed(ConnectionError):
    """The other side ended the connection."""


class WebSocket:
    """One connection to 127.0.0.1. `receive` is for one thread."""

    def __init__(self, port: int, path: str, headers: dict[str, str] | None = None, receive_buffer: int = 0) -> None:
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(30)
        self.sock.connect(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray()
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}", "Sec-WebSocket-Version: 13"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.sock.sendall("\r\n".join([*lines, "", ""]).encode())
        while b"\r\n\r\n" not in self._buffer:
            self._fill()
        head, _, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise Closed(head.decode(errors="replace"))
        self._buffer = bytearray(rest)
        self.sock.setblocking(False)

    def send(self, text: str) -> None:
        """Send one text message, masked as the standard wants it from clients."""
        data = text.encode()
        size = len(data)
        head = struct.pack("!BB", 0x81, 0x80 | size) if size < 126 else struct.pack("!BBH", 0x81, 0xFE, size)
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index & 3] for index, byte in enumerate(data))
        self.sock.sendall(head + mask + masked)

    def receive(self, timeout_s: float) -> Message | None:
        """The next message, or None after `timeout_s`."""
        end_s = time.monotonic() + timeout_s
        while (message := self.take()) is None:
            left_s = end_s - time.monotonic()
            if left_s <= 0 or not select.select([self.sock], [], [], left_s)[0]:
                return None
            self._fill()
        return message

    def read_available(self) -> list[Message]:
        """Read once without waiting and return the messages that are complete now."""
        self._fill()
        messages = []
        while (message := self.take()) is not None:
            messages.append(message)
        return messages

    def take(self) -> Message | None:
        """A message that is already here."""
        while True:
            buffer = self._buffer
            if len(buffer) < 2:
                return None
            size, start = buffer[1] & 0x7F, 2
            if size == 126:
                size, start = int.from_bytes(buffer[2:4], "big"), 4
            elif size == 127:
                size, start = int.from_bytes(buffer[2:10], "big"), 10
            if len(buffer) < start or len(buffer) < start + size:
                return None
            at_ns = time.monotonic_ns()
            kind, text = buffer[0], bytes(buffer[start : start + size])
            del buffer[: start + size]
            if kind == 0x81:
                return Message(at_ns, text)
            if kind == 0x88:
                raise Closed(text[2:].decode(errors="replace"))

    def fileno(self) -> int:
        return self.sock.fileno()

    def close(self) -> None:
        self.sock.close()

    def _fill(self) -> None:
        data = self.sock.recv(262_144)
        if not data:
            raise Closed("the connection has ended")
        self._buffer += data
