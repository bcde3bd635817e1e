"""One WSGI reply on a kept-alive connection."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler
from typing import Any

from llm_service.dashboard.headers import secured

# Set by the WebSocket door: from there on the connection no longer speaks HTTP.
UPGRADED = "llm_service.upgraded"
_NO_BODY = ("1", "204", "304")


class Reply:
    """Run a WSGI application and write what it answers, with a length or in chunks."""

    def __init__(
        self, request: BaseHTTPRequestHandler, environ: dict[str, Any], *, body_left: Callable[[], int]
    ) -> None:
        self.status = ""
        self._request = request
        self._environ = environ
        self._body_left = body_left
        self._headers: list[tuple[str, str]] = []
        self._head_sent = False
        self._chunked = False
        self._has_body = True

    @property
    def upgraded(self) -> bool:
        """Say whether the connection became a WebSocket."""
        return UPGRADED in self._environ

    def run(self, app: Callable[..., Iterable[bytes]]) -> None:
        """Call the application and send its whole reply."""
        parts = app(self._environ, self._start)
        try:
            if self.upgraded:
                raise ConnectionError("the WebSocket has ended")
            if isinstance(parts, (list, tuple)):
                self._set_length(sum(len(part) for part in parts))
            for part in parts:
                if part:
                    self._write(part)
            self._finish()
        finally:
            close = getattr(parts, "close", None)
            if close:
                close()

    def fail(self) -> None:
        """Say that the server is at fault, when nothing was said yet."""
        if self.upgraded or self._head_sent:
            return
        body = json.dumps({"error": "the server failed on this request; its log says why"}).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        self.status, self._headers = "500 Internal Server Error", secured(headers, "")
        try:
            self._write(body)
        except OSError:
            return

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        if self._head_sent and exc_info:
            raise exc_info[1].with_traceback(exc_info[2])
        if self.status and not exc_info:
            raise RuntimeError("start_response was called twice")
        self.status, self._headers = status, list(headers)
        return self._write

    def _set_length(self, length: int) -> None:
        if not self._head_sent and self.status and not self._has_header("content-length"):
            self._headers.append(("Content-Length", str(length)))

    def _write(self, data: bytes) -> None:
        head = b"" if self._head_sent else self._head()
        if not self._has_body:
            data = b""
        elif self._chunked and data:
            data = b"%x\r\n%b\r\n" % (len(data), data)
        # In one piece: two small packets would wake the browser twice.
        if head or data:
            self._request.wfile.write(head + data)

    def _finish(self) -> None:
        self._write(b"")
        if self._chunked:
            self._request.wfile.write(b"0\r\n\r\n")

    def _head(self) -> bytes:
        if not self.status:
            raise RuntimeError("the application gave no status")
        request = self._request
        self._head_sent = True
        self._has_body = request.command != "HEAD" and not self.status.startswith(_NO_BODY)
        if self.status.startswith(_NO_BODY):
            self._headers = [header for header in self._headers if header[0].lower() != "content-length"]
        elif not self._has_header("content-length"):
            self._chunked = self._has_body and request.request_version == "HTTP/1.1"
            request.close_connection |= not self._chunked
        if self._chunked:
            self._headers.append(("Transfer-Encoding", "chunked"))
        # An unread body would be taken for the next request, and so might what follows a refused upgrade.
        if self._body_left() or "HTTP_UPGRADE" in self._environ:
            request.close_connection = True
        lines = [f"HTTP/1.1 {self.status}", "Server: llm-service"]
        if not self._has_header("date"):
            lines.append(f"Date: {request.date_time_string()}")
        lines += [f"{name}: {value}" for name, value in self._headers]
        if request.close_connection:
            lines.append("Connection: close")
        elif request.request_version == "HTTP/1.0":
            lines.append("Connection: keep-alive")
        if any("\r" in line or "\n" in line for line in lines):
            raise RuntimeError("a header holds a line break")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _has_header(self, name: str) -> bool:
        return any(key.lower() == name for key, _ in self._headers)
