"""Connections only to addresses that may be asked: resolved once for each, judged, and the judged one connected to.

A name is looked up for every new connection, and no second look-up can answer differently from the one that was
judged. How an address is written (127.2, 0x7f.2, 2852039166, ::ffff:169.254.169.254) makes no difference, because
what is judged is what the resolver made of it.
"""

from __future__ import annotations

import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from llm_service.upstreams import is_forbidden

POOLED = 16
"""Idle connections kept for one server."""


class ForbiddenAddress(Exception):
    """The name leads to an address that is never asked."""


class OpenSockets:
    """The sockets of one client, so that all that waits on them can be ended from another thread.

    A read has a timeout, but a server that sends one byte of its headers every second never lets it pass. Whoever asks
    next therefore ends what has waited for its headers longer than `headers_s`.
    """

    def __init__(self, headers_s: float) -> None:
        self._headers_s = headers_s
        self._guard = threading.Lock()
        self._open: set[socket.socket] = set()
        self._due_s: dict[socket.socket, float] = {}
        self._closed = False

    @contextmanager
    def awaiting_headers(self, sock: socket.socket) -> Iterator[None]:
        """While this socket waits for the headers of an answer."""
        now_s = time.monotonic()
        with self._guard:
            overdue = [known for known, due_s in self._due_s.items() if due_s < now_s]
            for known in overdue:
                del self._due_s[known]
            self._due_s[sock] = now_s + self._headers_s
        for known in overdue:
            end(known)
        try:
            yield
        finally:
            with self._guard:
                ended = self._due_s.pop(sock, None) is None
        if ended:
            # Headers that break off look complete to Python's parser.
            raise TimeoutError(f"headers took more than {self._headers_s:g} s")

    def add(self, sock: socket.socket) -> None:
        with self._guard:
            # What is closed stays in the set only until the next one comes.
            self._open = {known for known in self._open if known.fileno() != -1}
            self._open.add(sock)
            closed = self._closed
        if closed:
            end(sock)

    def close(self) -> None:
        """End all of them, and each that comes later."""
        with self._guard:
            self._closed = True
            known = list(self._open)
        for sock in known:
            end(sock)


def end(sock: socket.socket) -> None:
    """Wake whoever waits on this socket; closing it is left to them."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # not connected yet, or not any more


def connect(host: str, port: int, timeout_s: float, opened: Callable[[socket.socket], None]) -> socket.socket:
    """A connected socket to the first address of `host` that answers. OSError, or `ForbiddenAddress`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_, address in found:
        if is_forbidden(str(address[0])):
            raise ForbiddenAddress(f"{host} leads to {address[0]}, a link-local or metadata address")
    problem: OSError = OSError(f"{host} has no address")
    end_s = time.monotonic() + timeout_s
    for left, (family, kind, protocol, _, address) in zip(range(len(found), 0, -1), found, strict=True):
        sock = socket.socket(family, kind, protocol)
        try:
            # An address that swallows everything must leave time for the next one.
            sock.settimeout(max(0.1, (end_s - time.monotonic()) / left))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened(sock)
            sock.connect(address)
            return sock
        except OSError as error:
            sock.close()
            problem = error
    raise problem


class JudgedAdapter(HTTPAdapter):
    """Lets requests connect only as `connect` does."""

    def __init__(self, sockets: OpenSockets, tls: ssl.SSLContext | None = None) -> None:
        self._sockets = sockets
        self._tls = tls
        super().__init__(pool_connections=1, pool_maxsize=POOLED, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._tls)
        self.poolmanager.pool_classes_by_scheme = _pools(self._sockets)


def _pools(sockets: OpenSockets) -> dict[str, type[HTTPConnectionPool]]:
    """urllib3's own pools, with connections that `connect` made and `sockets` knows."""

    class Judged:
        judged_sock: Any = None
        """The socket itself: `sock` is None already while an answer is read that ends with its connection."""

        def _new_conn(self) -> socket.socket:
            return _connected(self, sockets)

        def connect(self) -> None:
            super().connect()  # type: ignore[misc]
            self.judged_sock = self.sock  # type: ignore[attr-defined]
            sockets.add(self.judged_sock)  # with TLS it is another one than `_new_conn` made

        def getresponse(self) -> Any:
            with sockets.awaiting_headers(self.judged_sock):
                return super().getresponse()  # type: ignore[misc]

    class Plain(Judged, HTTPConnection):
        pass

    class Tls(Judged, HTTPSConnection):
        pass

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = Tls

    return {"http": PlainPool, "https": TlsPool}


def _connected(connection: Any, sockets: OpenSockets) -> socket.socket:
    """`connect`, with its errors as urllib3 names them."""
    host, port = connection._dns_host, connection.port
    timeout_s = connection.timeout if isinstance(connection.timeout, (int, float)) else 5.0
    try:
        sock = connect(host.strip("[]"), int(port or connection.default_port), timeout_s, sockets.add)
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, f"no connection within {timeout_s:g} s") from error
    except (OSError, UnicodeError) as error:
        raise NewConnectionError(connection, str(error)) from error
    sys.audit("http.client.connect", connection, host, port)
    return sock
