"""A TCP proxy before the board that misbehaves on demand: cuts, refuses, loses WebSocket frames."""

from __future__ import annotations

import contextlib
import socket
import threading
import time


class Proxy:
    """Hands everything on to the port `target`. Of the events that come from there, every `lose`-th is lost."""

    def __init__(self, target: int, *, lose: int = 0) -> None:
        self.lose = lose
        self.lost = 0
        self._target = target
        self._seen = 0
        self._refusing_until_s = 0.0
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.cut()

    def cut(self, refuse_s: float = 0.0) -> None:
        """End every connection without a word; refuse new ones for so long."""
        self._refusing_until_s = time.monotonic() + refuse_s
        connections, self._open = self._open, []
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if time.monotonic() < self._refusing_until_s:
                client.close()
                continue
            try:
                board = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                client.close()
                continue
            self._open += [client, board]
            for pump, source, target in ((_pump, client, board), (self._pump_frames, board, client)):
                threading.Thread(target=pump, args=(source, target), name="proxy", daemon=True).start()

    def _pump_frames(self, board: socket.socket, client: socket.socket) -> None:
        """From the board to the client: after the upgrade, frame by frame."""
        with _ending(board, client), board.makefile("rb") as stream:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                line = stream.readline()
                if not line:
                    return
                head += line
            client.sendall(head)
            if not head.startswith(b"HTTP/1.1 101"):
                while data := stream.read1():
                    client.sendall(data)
                return
            while frame := _frame(stream):
                if not self._loses(frame):
                    client.sendall(frame)

    def _loses(self, frame: bytes) -> bool:
        if not self.lose or b"42/dashboard," not in frame[:40]:
            return False
        self._seen += 1
        if self._seen % self.lose:
            return False
        self.lost += 1
        return True


def _frame(stream) -> bytes:
    """One whole WebSocket frame as a server sends it, unmasked; empty at the end."""
    head = stream.read(2)
    if len(head) < 2:
        return b""
    length = head[1] & 127
    more = {126: 2, 127: 8}.get(length, 0)
    size = stream.read(more)
    return head + size + stream.read(int.from_bytes(size) if more else length)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with _ending(source, target):
        while data := source.recv(65_536):
            target.sendall(data)


@contextlib.contextmanager
def _ending(*connections: socket.socket):
    try:
        yield
    except (OSError, ValueError):
        pass
    finally:
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
