"""The web server: accepts no more than it can serve, refuses cleanly, and stops when told."""

from __future__ import annotations

import contextlib
import errno
import logging
import math
import os
import resource
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.serving import ThreadedWSGIServer

from llm_service.dashboard.guard import assert_outermost
from llm_service.dashboard.headers import secured
from llm_service.dashboard.listening import listen
from llm_service.dashboard.web_request import WebRequest

log = logging.getLogger(__name__)

_MOST_CONNECTIONS = 1000
# Descriptors that stay free for task files, the watcher, the log and the cache.
_OWN_DESCRIPTORS = 32
_POLL_S = 0.25
# From the end of one reply to the start of the next: a request may arrive slowly, but not for ever.
_REQUEST_S = 60.0


class WebServer:
    """Serve one application on one port from a thread of its own; each connection has its thread."""

    def __init__(
        self,
        app: Flask,
        host: str,
        port: int,
        *,
        port_given: bool,
        behind_proxy: bool,
        max_connections: int = _MOST_CONNECTIONS,
    ) -> None:
        """Open the port; raise PortBusy, or SettingsError when this host or port can never be listened on.

        ``behind_proxy`` believes one proxy in front of us about the client's address, scheme and host.
        """
        assert_outermost(app)
        wsgi: Callable[..., Any] = app.wsgi_app
        if behind_proxy:
            wsgi = ProxyFix(wsgi, x_for=1, x_proto=1, x_host=1, x_port=0, x_prefix=0)
        listener = listen(host, port, port_given=port_given)
        self.port: int = listener.getsockname()[1]
        self._server = _Connections(wsgi, listener, min(max_connections, _affordable_connections()))
        self._thread: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        """Say whether connections are being accepted."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Accept connections from now on."""
        self._thread = threading.Thread(target=self._server.accept_until_stopped, name="web", daemon=True)
        self._thread.start()

    def stop(self, deadline_s: float) -> None:
        """Close the port and every connection; return within the deadline even when a client does not let go."""
        end_s = time.monotonic() + deadline_s
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join(max(0.0, end_s - time.monotonic()))
        self._server.server_close()
        # First no more requests, with time for the replies under way; then the rest.
        self._server.hang_up(socket.SHUT_RD)
        self._server.wait_until_empty(time.monotonic() + (end_s - time.monotonic()) / 2)
        self._server.hang_up(socket.SHUT_RDWR)
        self._server.wait_until_empty(end_s)


class _Connections(ThreadedWSGIServer):
    """Accept, count and hand over connections."""

    # A plain set: the base class would wait for every thread without a deadline.
    block_on_close = False

    def __init__(self, app: Callable[..., Any], listener: socket.socket, most: int) -> None:
        host, port = listener.getsockname()[:2]
        super().__init__(host, port, app, handler=WebRequest, fd=listener.fileno())
        listener.close()
        self._most = most
        self._stopping = False
        # Each connection, and when the answer to its present request must have begun.
        self._open: dict[socket.socket, float] = {}
        self._changed = threading.Condition()
        # Given up to accept, and so to refuse, a connection when no descriptor is left.
        self._spare: int | None = os.open(os.devnull, os.O_RDONLY)

    def accept_until_stopped(self) -> None:
        """Run the accept loop; an unexpected error costs one connection, not the server."""
        while not self._stopping:
            try:
                socketserver.BaseServer.serve_forever(self, _POLL_S)
            except Exception:
                log.exception("web: the accept loop failed, continuing")
                time.sleep(_POLL_S)

    def shutdown(self) -> None:
        """Leave the accept loop."""
        self._stopping = True
        super().shutdown()

    def server_close(self) -> None:
        """Close the port and the spare descriptor."""
        super().server_close()
        if getattr(self, "_spare", None) is not None:
            os.close(self._spare)
            self._spare = None

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; when no descriptor is left, refuse it instead of spinning on it."""
        try:
            return self.socket.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._refuse_without_descriptor()
            raise

    def process_request(self, request: socket.socket, client_address: Any) -> None:
        """Give the connection a thread, or a refusal when there is none to be had."""
        with self._changed:
            accepted = len(self._open) < self._most and not self._stopping
            if accepted:
                self._open[request] = math.inf
        if not accepted:
            _refuse(request)
            return
        thread = threading.Thread(
            target=self._serve, args=(request, client_address), name="web-connection", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:
            log.warning("web: the system gives no more threads, a connection was refused")
            self._forget(request)
            _refuse(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Log what ended a connection; the base class would print it."""
        log.debug("web: a connection ended with an error", exc_info=True)

    def awaits_request(self, connection: socket.socket) -> None:
        """Start the clock of the next request."""
        self._set_end(connection, time.monotonic() + _REQUEST_S)

    def answers(self, connection: socket.socket) -> None:
        """Stop the clock: a reply, or a WebSocket, takes as long as it takes."""
        self._set_end(connection, math.inf)

    def service_actions(self) -> None:
        """Hang up on clients that feed us a request drop by drop; called between two looks at the port."""
        now_s = time.monotonic()
        with self._changed:
            late = [connection for connection, end_s in self._open.items() if end_s < now_s]
        for connection in late:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _set_end(self, connection: socket.socket, end_s: float) -> None:
        with self._changed:
            if connection in self._open:
                self._open[connection] = end_s

    def hang_up(self, how: int) -> None:
        """Close one or both directions of every open connection."""
        with self._changed:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(how)

    def wait_until_empty(self, end_s: float) -> None:
        """Return when no connection is left, or at that time."""
        with self._changed:
            self._changed.wait_for(lambda: not self._open, max(0.0, end_s - time.monotonic()))

    def _serve(self, request: socket.socket, client_address: Any) -> None:
        try:
            self.process_request_thread(request, client_address)
        finally:
            self._forget(request)

    def _forget(self, request: socket.socket) -> None:
        with self._changed:
            self._open.pop(request, None)
            self._changed.notify_all()

    def _refuse_without_descriptor(self) -> None:
        log.warning("web: no file descriptor left, a connection was refused")
        if self._spare is None:
            time.sleep(_POLL_S)
            return
        os.close(self._spare)
        self._spare = None
        try:
            with contextlib.suppress(OSError):
                _refuse(self.socket.accept()[0])
        finally:
            with contextlib.suppress(OSError):
                self._spare = os.open(os.devnull, os.O_RDONLY)


def _affordable_connections() -> int:
    """Leave descriptors for the rest of the process, whose work it is to read files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else max(8, soft - _OWN_DESCRIPTORS)


def _refuse(connection: socket.socket) -> None:
    """Answer 503 without a thread and without ever blocking the accept loop."""
    body = b'{"error": "the server has no room for another connection; try again in a moment"}'
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    headers = [*secured(headers, ""), ("Retry-After", "5"), ("Connection", "close")]
    lines = ["HTTP/1.1 503 Service Unavailable", *(f"{name}: {value}" for name, value in headers), "", ""]
    with contextlib.suppress(OSError):
        connection.setblocking(False)
        connection.send("\r\n".join(lines).encode("latin-1") + body)
        connection.shutdown(socket.SHUT_WR)
        # An unread request would turn the close into a reset, and the client would not see the answer.
        connection.recv(65536)
    connection.close()
