"""A small HTTP/1.1 server with FastAPI's manners: routes, JSON both ways, {"detail"}, 422, 307 for a slash, streams."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from llm_service.background import Background
from llm_service.simulators.faults import Faults
from llm_service.simulators.outbox import Outbox

BODY_MAX = 1 << 20
LOGIN_PAGE = "<!doctype html><html><body><form>Please log in</form></body></html>"
METADATA = "http://169.254.169.254/latest/meta-data/"


class Request(NamedTuple):
    """What was asked. `values` are the parts of the path that the route left open."""

    method: str
    path: str
    values: tuple[str, ...]
    query: Mapping[str, str]
    headers: Message
    body: Any

    def number(self, name: str, default: int) -> int:
        """A whole number of the query; `Invalid` where it is none, as FastAPI says it."""
        text = self.query.get(name)
        if text is None:
            return default
        if not re.fullmatch(r"-?\d{1,9}", text):
            raise Invalid("int_parsing", ("query", name), "Input should be a valid integer", text)
        return int(text)


@dataclass
class Reply:
    """What is answered: a value as JSON, text where `kind` is no JSON, or a stream."""

    value: object = None
    status: int = 200
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    stream: Outbox | None = None


class Refusal(Exception):
    """An answer other than 2xx, in FastAPI's shape {"detail": …} unless `body` is given."""

    def __init__(self, status: int, detail: object, body: object = None) -> None:
        super().__init__(str(detail))
        self.reply = Reply(body if body is not None else {"detail": detail}, status)


class Invalid(Refusal):
    """422 for one field."""

    def __init__(self, type_: str, loc: tuple[str, ...], message: str, given: object) -> None:
        super().__init__(422, [{"type": type_, "loc": list(loc), "msg": message, "input": given}])


Handler = Callable[[Request], Reply]


class Routes:
    """Method and path pattern ("/api/runs/{id}") to handler; the first that fits is it."""

    def __init__(self) -> None:
        self._all: list[tuple[str, re.Pattern[str], Handler]] = []

    def add(self, method: str, pattern: str, handler: Handler) -> None:
        """One more route."""
        self._all.append((method, re.compile(re.sub(r"\\{\w+\\}", "([^/]+)", re.escape(pattern))), handler))

    def show(self, pattern: str, tell: Callable[[], object]) -> None:
        """One more GET that depends on nothing that was asked: `tell` returns its JSON."""
        self.add("GET", pattern, lambda _request: Reply(tell()))

    def find(self, method: str, path: str) -> tuple[Handler, tuple[str, ...]]:
        """The handler and the open parts; `Refusal` 404 or 405 as FastAPI answers."""
        fitting = [(known, match, handler) for known, shape, handler in self._all if (match := shape.fullmatch(path))]
        for known, match, handler in fitting:
            if known == method:
                return handler, tuple(unquote(part) for part in match.groups())
        raise Refusal(405, "Method Not Allowed") if fitting else Refusal(404, "Not Found")

    def with_other_slash(self, path: str) -> str | None:
        """The path with or without its last slash, where that one is known: FastAPI redirects to it by 307."""
        other = path[:-1] if path.endswith("/") and path != "/" else path + "/"
        return other if any(shape.fullmatch(other) for _, shape, _ in self._all) else None


class Door(Background):
    """Listens on 127.0.0.1 from `start` to `stop`; `restart` hangs up on everybody and comes back on the same port."""

    def __init__(
        self, routes: Routes, faults: Faults, port: int = 0, name: str = "sim-web", *, redirects: bool = True
    ) -> None:
        super().__init__(name)
        self.redirects = redirects
        self.routes, self.faults, self.requests = routes, faults, 0
        self._connections: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._server = self._listen(port)
        self.port: int = self._server.server_address[1]
        self._down_s = 0.0

    def _listen(self, port: int) -> _Server:
        return _Server(("127.0.0.1", port), self)

    def restart(self, down_s: float) -> None:
        """Hang up on everybody, be away for `down_s`, and listen again."""
        self._down_s = max(down_s, 0.001)
        self._server.shutdown()
        self.hang_up()

    def _run(self) -> None:
        while True:
            self._server.serve_forever(0.05)
            self._server.server_close()
            if not self._down_s or self._stopping.wait(self._down_s):
                return
            with self._guard:  # a stop meanwhile has taken the old one, and would wait for nobody
                if self._stopping.is_set():
                    return
                self._server = self._listen(self.port)

    def _wake_up(self) -> None:
        with self._guard:
            server = self._server
        if self.alive:
            server.shutdown()
        else:
            server.server_close()
        self.hang_up()

    def hang_up(self) -> None:
        """End every open connection without a goodbye."""
        with self._guard:
            for connection in self._connections:
                _shut(connection)

    def keep(self, connection: socket.socket) -> None:
        """A connection that began."""
        with self._guard:
            self._connections.add(connection)

    def forget(self, connection: socket.socket) -> None:
        """A connection that ended."""
        with self._guard:
            self._connections.discard(connection)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], door: Door) -> None:
        self.door = door
        super().__init__(address, _Connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever hangs up on us is no news."""


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        self.server.door.keep(self.connection)
        try:
            super().handle()
        finally:
            self.server.door.forget(self.connection)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nothing: the ledger says what was sent."""

    def _answer(self) -> None:
        door = self.server.door
        door.requests += 1
        if wait_s := door.faults.number("slow-headers", 5.0):
            threading.Event().wait(wait_s)
        path = urlsplit(self.path).path
        try:
            request_body = self._body()
            reply = _faulty(door.faults, path) or self._served(path, request_body)
        except Refusal as refusal:
            reply = refusal.reply
        if reply.stream is not None:
            self._send_stream(reply)
        else:
            self._send(reply)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _answer

    def _body(self) -> Any:
        length = int(self.headers.get("Content-Length") or 0)
        if length > BODY_MAX:
            self.close_connection = True
            raise Refusal(413, "Request Entity Too Large")
        raw = self.rfile.read(length)
        if not raw:
            return None
        try:
            return json.loads(raw)
        except ValueError as error:
            raise Invalid("json_invalid", ("body", "0"), "JSON decode error", str(error)) from None

    def _served(self, path: str, body: Any) -> Reply:
        parts = urlsplit(self.path)
        routes = self.server.door.routes
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        try:
            handler, values = routes.find(self.command, path)
        except Refusal:
            other = routes.with_other_slash(path) if self.server.door.redirects else None
            if other is None:
                raise
            host = self.headers.get("Host", f"127.0.0.1:{self.server.door.port}")
            where = f"http://{host}{other}" + (f"?{parts.query}" if parts.query else "")
            return Reply("", 307, "text/plain", {"Location": where})
        return handler(Request(self.command, path, values, query, self.headers, body))

    def _head(self, reply: Reply, more: Mapping[str, str]) -> bytes:
        skew_s = self.server.door.faults.number("skew", 0.0)
        lines = [f"HTTP/1.1 {reply.status} {self.responses.get(reply.status, ('-', ''))[0]}", "server: uvicorn"]
        lines += [f"date: {formatdate(time.time() + skew_s, usegmt=True)}", f"content-type: {reply.kind}"]
        lines += [f"{name}: {value}" for name, value in {**more, **reply.headers}.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def _send(self, reply: Reply) -> None:
        is_json = reply.kind == "application/json"
        body = json.dumps(reply.value).encode() if is_json else str(reply.value).encode()
        self.wfile.write(self._head(reply, {"content-length": str(len(body))}) + body)

    def _send_stream(self, reply: Reply) -> None:
        outbox, chunked = reply.stream, "close-delimited" not in self.server.door.faults
        assert outbox is not None
        self.close_connection = True
        framing = {"transfer-encoding": "chunked"} if chunked else {"connection": "close"}
        try:
            self.wfile.write(self._head(reply, {"cache-control": "no-cache", **framing}))
            while (data := outbox.take(1.0)) is not None:
                if data:
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data) if chunked else data)
                elif self._is_gone():
                    return
            if chunked and not outbox.aborted:
                self.wfile.write(b"0\r\n\r\n")
        except OSError:
            pass  # the listener hung up
        finally:
            outbox.end(abort=True)
            _shut(self.connection)

    def _is_gone(self) -> bool:
        """Whether the listener closed its end; nothing is taken from the line."""
        try:
            return not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False


def _faulty(faults: Faults, path: str) -> Reply | None:
    """The answer of a fault that is on for this path, or None. The simulator's own doors never fail."""
    if path.startswith("/_sim/"):
        return None
    if faults.hits("http-500", path):
        return Reply("Internal Server Error", 500, "text/plain; charset=utf-8")
    if faults.hits("http-404", path):
        return Reply({"detail": "Not Found"}, 404)
    if faults.hits("html", path):
        return Reply(LOGIN_PAGE, 200, "text/html; charset=utf-8")
    if faults.hits("redirect", path):
        return Reply("", 302, "text/plain", {"Location": METADATA})
    return None


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
