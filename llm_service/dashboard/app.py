"""Builds the web side: one Flask app, one Socket.IO server, the guard outermost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, jsonify, request, send_from_directory
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from llm_service.dashboard import api, docs_page, guard, headers, login, sessions, websocket
from llm_service.dashboard.auth import Auth
from llm_service.dashboard.json_packet import JsonPacket
from llm_service.dashboard.live import Live
from llm_service.dashboard.origins import allowed_origin
from llm_service.dashboard.socketio_server import SocketIO
from llm_service.dashboard.whole_keys import WholeKeys
from llm_service.dashboard.world import World
from llm_service.settings import Settings

STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The parts the runtime starts, tells and stops."""

    app: Flask
    socketio: SocketIO
    live: Live


def create_dashboard(
    settings: Settings, world: World, auth: Auth, links: sessions.Links, more: Sequence[Blueprint] = ()
) -> Dashboard:
    """Build everything the browser talks to. Nothing is served before the runtime starts a server.

    `more` are the routes of what is put together elsewhere, such as telemetry.
    """
    app = Flask(__name__, static_folder=str(STATIC), static_url_path="/static")
    app.debug = False  # FLASK_DEBUG=1 in the environment would offer Werkzeug's console to every visitor
    app.json.sort_keys = False  # type: ignore[attr-defined]
    socketio = SocketIO(app, **socketio_options(settings))
    websocket.harden(socketio)
    live = Live(socketio, world.hub, version=world.version, now_iso=world.now_iso)
    _add_routes(app, world, auth, links)
    for routes in more:
        app.register_blueprint(routes)
    headers.install(app)
    if settings.cors_origin:
        from flask_cors import CORS

        CORS(app, resources={r"/api/*": {"origins": list(settings.cors_origin)}}, supports_credentials=False)
    app.wsgi_app = guard.Guard(  # type: ignore[method-assign]
        WholeKeys(app.wsgi_app),
        auth=auth,
        allowed_hosts=(*settings.allowed_host, *_own_name(settings.host)),
        cors_origins=settings.cors_origin,
        behind_proxy=settings.behind_proxy,
        public=guard.PUBLIC,
        full=lambda: live.stopping or live.clients >= settings.max_clients,
    )
    guard.assert_outermost(app)
    return Dashboard(app, socketio, live)


def _own_name(host: str) -> tuple[str, ...]:
    """The name this server was told to listen on, under which it is also asked for; not where that means "all"."""
    return () if host in ("", "0.0.0.0", "::") else (host,)  # noqa: S104 - compared, not bound


def socketio_options(settings: Settings) -> dict[str, Any]:
    """Every option of the Socket.IO server, in one place: a misspelled one passes silently, so a test reads them."""
    return {
        # Never detected: whichever of eventlet and gevent happens to be installed would be taken.
        "async_mode": "threading",
        "async_handlers": False,
        "always_connect": True,
        "serializer": JsonPacket,
        "cors_allowed_origins": lambda origin, environ: allowed_origin(origin, environ, settings.cors_origin),
        "max_http_buffer_size": websocket.MAX_MESSAGE_BYTES,
        "ping_interval": 10,
        "ping_timeout": 10,
        "http_compression": False,
        "manage_session": False,
        "cookie": None,
        "serve_client": False,
    }


def _add_routes(app: Flask, world: World, auth: Auth, links: sessions.Links) -> None:
    app.register_blueprint(api.blueprint(world))
    app.register_blueprint(login.blueprint(auth, secure=lambda: request.is_secure))
    app.register_blueprint(sessions.blueprint(world, auth, links))
    app.register_blueprint(docs_page.blueprint(world))

    @app.get("/")
    def index() -> ResponseReturnValue:
        return send_from_directory(STATIC, "index.html")

    @app.get("/favicon.ico")
    @app.get("/favicon.svg")
    def favicon() -> ResponseReturnValue:
        return send_from_directory(STATIC, "favicon.svg")

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> ResponseReturnValue:
        if error.code == 404:
            return jsonify({"error": "there is nothing at this address; /docs lists what there is"}), 404
        if isinstance(error, MethodNotAllowed):
            methods = ", ".join(sorted(set(error.valid_methods or ()) - {"HEAD", "OPTIONS"}))
            words = f"{request.method} is not taken at this address; allowed: {methods}"
            return jsonify({"error": words}), 405, {"Allow": methods}
        return jsonify({"error": error.description or error.name}), error.code or 500

    @app.errorhandler(Exception)
    def failed(_: Exception) -> ResponseReturnValue:
        app.logger.exception("a request failed")
        return jsonify({"error": "the server failed on this request; its log says why"}), 500
