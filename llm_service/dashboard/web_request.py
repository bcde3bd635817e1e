"""One HTTP connection: requests in, WSGI replies out, kept alive between them and cut when it stalls."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import re
import socket
import struct
import time
from http import HTTPStatus
from typing import Any

from werkzeug.serving import WSGIRequestHandler

from llm_service.dashboard.headers import secured
from llm_service.dashboard.request_body import Body, ChunkedBody
from llm_service.dashboard.web_reply import Reply

log = logging.getLogger(__name__)

# A connection that sends nothing between two requests, or stalls inside one, holds a thread: it is closed.
IDLE_S = 30
# A browser that takes nothing for this long is gone or stuck.
SEND_S = 5
_LINGER_S = 1.0
_LINGER_BYTES = 16_000_000
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)


class WebRequest(WSGIRequestHandler):
    """Werkzeug's handler with keep-alive, honest body limits, timeouts and a log that holds no query string."""

    protocol_version = "HTTP/1.1"
    # Nagle's algorithm with delayed acknowledgements costs 15 to 40 ms for each event.
    disable_nagle_algorithm = True

    @property
    def server_version(self) -> str:
        """Say who answers, without versions."""
        return "llm-service"

    def version_string(self) -> str:
        """The ``Server`` header, without Python's version."""
        return self.server_version

    def setup(self) -> None:
        """Set the timeouts in the kernel: Python's own would end a WebSocket's reader with its writer."""
        set_timeout(self.request, socket.SO_RCVTIMEO, IDLE_S)
        set_timeout(self.request, socket.SO_SNDTIMEO, SEND_S)
        super().setup()

    def handle_one_request(self) -> None:
        """Read and answer one request."""
        self.server.awaits_request(self.request)
        super().handle_one_request()

    def run_wsgi(self) -> None:
        """Answer one request; called by the base class for every method."""
        started_s = time.monotonic()
        body = self._request_body()
        if body is None:
            return
        self.environ = environ = self.make_environ()
        environ["wsgi.input"] = io.BufferedReader(body)
        reply = Reply(self, environ, body_left=lambda: body.left)
        if not body.left:
            self.server.answers(self.request)
        try:
            reply.run(self.server.app)
        except OSError:
            # The client went away, or its WebSocket ended: nobody is left to answer.
            self.close_connection = True
        except Exception:
            self.close_connection = True
            # On a WebSocket it is the client's nonsense; elsewhere it is our fault.
            level = logging.DEBUG if reply.upgraded else logging.ERROR
            log.log(level, "%s %s failed", self.command, self._path_alone(), exc_info=True)
            reply.fail()
        took_ms = (time.monotonic() - started_s) * 1000
        log.debug("%s %s %s %.0f ms", self.command, self._path_alone(), reply.status or "closed", took_ms)
        if body.left and not reply.upgraded:
            self._linger()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer what is not HTTP; the base class would echo the visitor's text."""
        self.close_connection = True
        status = HTTPStatus(code)
        body = json.dumps({"error": f"{status.phrase.lower()}: the server could not read this request"}).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
        lines += [f"{name}: {value}" for name, value in [*secured(headers, ""), ("Connection", "close")]]
        with contextlib.suppress(OSError):
            self.connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        self._linger()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the line with the query string would hold login codes."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Send what the base class has to say to our log, where it is masked."""
        log.debug("%s: %s", type, message % args if args else message)

    def _request_body(self) -> Body | None:
        """Return the body as it is announced; answer and return None when two readers could read that differently."""
        if self.headers.defects or "://" in self.path.partition("?")[0]:
            # A line that is no header hides those after it. Only proxies are asked with a whole address; it and the
            # Host header could name two hosts.
            self.send_error(HTTPStatus.BAD_REQUEST)
            return None
        lengths = self.headers.get_all("Content-Length")
        codings = self.headers.get_all("Transfer-Encoding")
        if codings is not None:
            return self._chunked_body(codings, lengths)
        lengths = lengths or ["0"]
        if len(lengths) != 1 or not _LENGTH.fullmatch(lengths[0].strip()):
            self.send_error(HTTPStatus.BAD_REQUEST)
            return None
        return Body(self.rfile, int(lengths[0]))

    def _chunked_body(self, codings: list[str], lengths: list[str] | None) -> Body | None:
        """Telemetry exporters send what they have in chunks. Whatever else the header may say is refused."""
        if self.command != "POST":
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
            return None
        plain = len(codings) == 1 and codings[0].strip(" \t").lower() == "chunked"
        if not plain or lengths is not None or self.request_version != "HTTP/1.1":
            self.send_error(HTTPStatus.BAD_REQUEST)
            return None
        return ChunkedBody(self.rfile)

    def _path_alone(self) -> str:
        path = self.path.partition("?")[0]
        return path.encode("unicode_escape").decode("ascii")[:200]

    def _linger(self) -> None:
        """Read what the client still sends, or closing would take back the answer it has not read yet."""
        self.close_connection = True
        end_s = time.monotonic() + _LINGER_S
        left = _LINGER_BYTES
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            set_timeout(self.connection, socket.SO_RCVTIMEO, _LINGER_S)
            while left > 0 and time.monotonic() < end_s:
                data = self.connection.recv(65536)
                if not data:
                    return
                left -= len(data)


def set_timeout(connection: socket.socket, option: int, seconds: float) -> None:
    """Let the kernel end a blocking send or receive after this time (``SO_SNDTIMEO`` or ``SO_RCVTIMEO``)."""
    whole = int(seconds)
    timeval = struct.pack("ll", whole, int((seconds - whole) * 1_000_000))
    connection.setsockopt(socket.SOL_SOCKET, option, timeval)
