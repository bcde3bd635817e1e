"""The bare path, the least that could be done: raw inotify, read, parse with libyaml, one plain WebSocket send.

No numbering, no state, no limits, one thread, one client. What the product adds to this is the price of being right.
Run as a process of its own: `python -m benchmarks.kit.bare ROOT` prints its port.
"""

from __future__ import annotations

import base64
import ctypes
import hashlib
import json
import os
import select
import socket
import struct
import sys

import yaml

_CLOSE_WRITE, _MOVED_FROM, _MOVED_TO, _DELETE = 0x8, 0x40, 0x80, 0x200
_HEAD = struct.Struct("iIII")
_SHOWN = ("id", "title", "agent", "status", "priority", "created", "tags")


class Watched:
    """inotify over every folder below `root`; `changed` yields the paths that were written or moved in."""

    def __init__(self, root: str) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_CLOEXEC)
        self._root = root
        self._folders: dict[int, str] = {}
        for folder, _, _ in os.walk(root):
            mask = _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _DELETE
            number = libc.inotify_add_watch(self.fd, os.fsencode(folder), mask)
            if number < 0:
                raise OSError(ctypes.get_errno(), "inotify_add_watch failed", folder)
            self._folders[number] = folder

    def changed(self) -> list[str]:
        """Read what the kernel has; absolute paths of task files."""
        data = os.read(self.fd, 262_144)
        paths, at = [], 0
        while at < len(data):
            number, mask, _, length = _HEAD.unpack_from(data, at)
            name = data[at + 16 : at + 16 + length].rstrip(b"\0")
            at += 16 + length
            if mask & (_CLOSE_WRITE | _MOVED_TO) and name.endswith(b".yaml") and not name.startswith(b"."):
                paths.append(f"{self._folders[number]}/{os.fsdecode(name)}")
        return paths


def accept_websocket(listener: socket.socket) -> socket.socket:
    """Accept one client and shake hands."""
    client, _ = listener.accept()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    request = b""
    while b"\r\n\r\n" not in request:
        request += client.recv(65_536)
    key = request.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    client.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    return client


def frame(text: bytes) -> bytes:
    """One unmasked text message."""
    size = len(text)
    if size < 126:
        return struct.pack("!BB", 0x81, size) + text
    return struct.pack("!BBH", 0x81, 126, size) + text


def main() -> None:
    root = sys.argv[1]
    watched = Watched(root)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    client = accept_websocket(listener)
    waiting = select.poll()
    waiting.register(watched.fd, select.POLLIN)
    waiting.register(client, select.POLLIN)
    while True:
        if any(ready == client.fileno() for ready, _ in waiting.poll()):
            return
        for path in watched.changed():
            with open(path, "rb") as file:
                task = yaml.load(file.read(), Loader=yaml.CSafeLoader)
            shown = {"path": path[len(root) + 1 :], **{name: task.get(name) for name in _SHOWN}}
            client.sendall(frame(json.dumps(shown, default=str).encode()))


if __name__ == "__main__":
    main()
