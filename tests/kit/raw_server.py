"""A server whose every byte a test decides, over real sockets: for what no well-behaved server would answer."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import NamedTuple


class Exchange:
    """One request and the socket it came over. The connection is closed when the answering function returns."""

    def __init__(self, sock: socket.socket, number: int, head: str, stopped: threading.Event) -> None:
        self._sock = sock
        self.number = number
        self.stopped = stopped
        line, *rest = head.split("\r\n")
        self.method, self.path = line.split(" ")[:2]
        self.headers = {name.strip().lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}

    def send(self, data: bytes | str) -> None:
        self._sock.sendall(data.encode() if isinstance(data, str) else data)

    def answer(
        self, body: bytes | str, *, status: str = "200 OK", kind: str = "application/json", more: str = ""
    ) -> None:
        """A whole answer; the connection is closed after it."""
        data = body.encode() if isinstance(body, str) else body
        head = f"Content-Type: {kind}\r\nContent-Length: {len(data)}\r\nConnection: close\r\n{more}"
        self.send(f"HTTP/1.1 {status}\r\n{head}\r\n")
        self.send(data)

    def stream(self, *parts: bytes | str, kind: str = "text/event-stream", chunked: bool = False) -> None:
        """Begin an event stream and send these; without chunks it ends with the connection."""
        self.chunked = chunked
        coding = "Transfer-Encoding: chunked\r\n" if chunked else ""
        self.send(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{coding}\r\n")
        for part in parts:
            self.part(part)

    def part(self, data: bytes | str) -> None:
        """One more piece of a stream."""
        raw = data.encode() if isinstance(data, str) else data
        self.send(b"%x\r\n%s\r\n" % (len(raw), raw) if self.chunked else raw)

    def wait_until_left(self) -> None:
        """Say nothing until the other side closes, or the test ends."""
        self._sock.settimeout(0.2)
        while not self.stopped.is_set():
            try:
                if not self._sock.recv(4096):
                    return
            except TimeoutError:
                continue
            except OSError:
                return

    def next_request(self) -> bool:
        """Whether another request came over this connection."""
        try:
            _request(self._sock)
        except (OSError, ValueError):
            return False
        return True

    def reset(self) -> None:
        """Cut the connection the hard way."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


class Seen(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class RawServer:
    """Calls `answer` with each exchange in a thread of its own; `seen` are the requests."""

    def __init__(
        self, answer: Callable[[Exchange], None], host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
    ) -> None:
        self._answer = answer
        self._tls = tls
        self.seen: list[Seen] = []
        self.connections = 0
        self._stopped = threading.Event()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((host, 0))
        self._listener.listen(128)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http{'s' if tls else ''}://{f'[{host}]' if ':' in host else host}:{self.port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        self._thread.join(5)

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock, self.connections), daemon=True).start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        with ExitStack() as open_until_the_end:
            try:
                open_until_the_end.enter_context(sock)
                sock.settimeout(20)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._tls is not None:
                    sock = open_until_the_end.enter_context(self._tls.wrap_socket(sock, server_side=True))
                head, body = _request(sock)
                exchange = Exchange(sock, number, head, self._stopped)
                self.seen.append(Seen(exchange.method, exchange.path, exchange.headers, body))
                self._answer(exchange)
            except (OSError, ValueError):
                pass  # the other side left: most tests are about that


def _request(sock: socket.socket) -> tuple[str, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := sock.recv(65536)):
            raise ValueError("no request")
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    text = head.decode("latin-1")
    length = next((int(line[15:]) for line in text.lower().split("\r\n") if line.startswith("content-length:")), 0)
    while len(body) < length:
        body += sock.recv(65536)
    return text, body
