"""A small but real site: Flask, Socket.IO, the guard and the server, wired as the board wires them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask, request
from flask_socketio import SocketIO

import llm_service.dashboard
from llm_service.dashboard import guard, headers, login, websocket
from llm_service.dashboard.auth import Auth
from llm_service.dashboard.server import WebServer

TOKEN = "canary-token-0123456789abcdef"
STATIC = llm_service.dashboard.__path__[0] + "/static"


@dataclass(frozen=True, slots=True)
class Site:
    app: Flask
    socketio: SocketIO
    auth: Auth
    server: WebServer
    token: str = TOKEN

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sessions(self) -> dict[str, Any]:
        """The Engine.IO sessions that are open."""
        return self.socketio.server.eio.sockets

    @property
    def bearer(self) -> tuple[str, str]:
        return ("Authorization", f"Bearer {self.token}")

    @property
    def cookie(self) -> tuple[str, str]:
        return ("Cookie", f"{self.auth.cookie_name}={self.auth.cookie_value()}")


def small_app() -> Flask:
    """The kinds of route the board has: public, data, a change, a failure, a path with a variable, a big reply."""
    app = Flask("small", static_folder=STATIC, static_url_path="/static")
    app.config["TRAP"] = []  # whatever gets here got past the guard

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "healthy"}

    @app.get("/")
    def index() -> str:
        return "the board"

    @app.route("/api/tasks", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def tasks() -> dict[str, Any]:
        app.config["TRAP"].append(request.method)
        forwarded = [name for name in request.headers.keys() if "forwarded" in name.lower()]  # noqa: SIM118
        seen = {"scheme": request.scheme, "host": request.host, "from": request.remote_addr}
        return {"secret": "task", **seen, "forwarded": forwarded}

    @app.get("/api/tasks/<path:id>")
    def task(id: str) -> dict[str, str]:  # noqa: A002
        return {"id": id}

    @app.get("/api/fails")
    def fails() -> str:
        raise ValueError(f"the secret is {TOKEN}")

    @app.get("/api/careless")
    def careless() -> Any:
        return {}, 200, {"Cache-Control": "public, max-age=3600", "Access-Control-Allow-Origin": "*"}

    @app.post("/api/echo")
    def echo() -> dict[str, int]:
        return {"length": len(request.get_data())}

    @app.get("/api/stream")
    def stream() -> Iterator[str]:
        return (f"part {number}\n" for number in range(3))

    return app


@contextmanager
def small_site(
    *,
    token: str | None = TOKEN,
    host: str = "127.0.0.1",
    port: int = 0,
    allowed_hosts: tuple[str, ...] = (),
    cors_origins: tuple[str, ...] = (),
    behind_proxy: bool = False,
    max_clients: int = 250,
    instance: str = "1",
    ping_s: float = 10,
    ping_timeout_s: float = 10,
    **server_options: Any,
) -> Iterator[Site]:
    app = small_app()
    socketio = SocketIO(
        app,
        async_mode="threading",
        cors_allowed_origins=lambda origin, environ: guard.allowed_origin(origin, environ, cors_origins),
        max_http_buffer_size=websocket.MAX_MESSAGE_BYTES,
        ping_interval=ping_s,
        ping_timeout=ping_timeout_s,
        async_handlers=False,
    )
    websocket.harden(socketio)
    _add_namespace(socketio)
    auth = Auth(token, f"llm_service_{instance}", time.monotonic)
    app.register_blueprint(login.blueprint(auth, lambda: request.is_secure))
    headers.install(app)
    app.wsgi_app = guard.Guard(
        app.wsgi_app,
        auth=auth,
        allowed_hosts=allowed_hosts,
        cors_origins=cors_origins,
        behind_proxy=behind_proxy,
        public=guard.PUBLIC,
        full=lambda: len(socketio.server.eio.sockets) >= max_clients,
    )
    server = WebServer(app, host, port, port_given=True, behind_proxy=behind_proxy, **server_options)
    server.start()
    try:
        yield Site(app, socketio, auth, server)
    finally:
        close(socketio, server)


def guarded(app: Flask) -> Flask:
    """The app behind a guard with nothing special about it."""
    app.wsgi_app = guard.Guard(
        app.wsgi_app,
        auth=Auth(TOKEN, "llm_service_1", time.monotonic),
        allowed_hosts=(),
        cors_origins=(),
        behind_proxy=False,
        public=guard.PUBLIC,
        full=lambda: False,
    )
    return app


def close(socketio: SocketIO, server: WebServer) -> None:
    websocket.close_all(socketio)
    server.stop(5.0)
    socketio.server.eio.shutdown()


def _add_namespace(socketio: SocketIO) -> None:
    @socketio.on("connect", namespace="/dashboard")
    def connected(_: Any = None) -> None:
        socketio.emit("connection_ack", {"message": "welcome"}, namespace="/dashboard")

    @socketio.on("echo", namespace="/dashboard")
    def echo(data: Any) -> Any:
        return data


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}
