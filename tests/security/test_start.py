"""What is refused before the port opens: a guard that is not outermost, unsafe options, unknown insides."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import Any

import pytest
from flask import Flask
from flask_socketio import SocketIO

from llm_service.dashboard import guard, websocket
from llm_service.dashboard.server import WebServer
from llm_service.errors import LlmServiceError
from tests.security.site import TOKEN, guarded, small_site
from tests.security.wire import ask


def socketio(app: Flask, **options: Any) -> SocketIO:
    safe = {
        "async_mode": "threading",
        "cors_allowed_origins": lambda origin, environ: False,
        "max_http_buffer_size": websocket.MAX_MESSAGE_BYTES,
    }
    return SocketIO(app, **{**safe, **options})


def test_the_right_order_starts():
    app = Flask("right")
    socketio(app)
    guard.assert_outermost(guarded(app))


def test_socketio_around_the_guard_does_not_start():
    app = guarded(Flask("wrong"))
    socketio(app)
    with pytest.raises(LlmServiceError, match="guard is not the outermost"):
        guard.assert_outermost(app)
    with pytest.raises(LlmServiceError, match="guard is not the outermost"):
        WebServer(app, "127.0.0.1", 0, port_given=True, behind_proxy=False)


def test_an_app_without_guard_does_not_start():
    with pytest.raises(LlmServiceError, match="guard is not the outermost"):
        WebServer(Flask("bare"), "127.0.0.1", 0, port_given=True, behind_proxy=False)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("cors_allowed_origins", []),
        ("cors_allowed_origins", "*"),
        ("cors_allowed_origins", ["*"]),
        ("cors_allowed_origins", None),
        ("cors_allowed_origins", ["https://tools.example"]),
        ("max_http_buffer_size", 1_000_000),
    ],
)
def test_an_unsafe_socketio_option_does_not_start(option: str, value: object):
    unsafe = socketio(Flask("unsafe"), **{option: value})
    with pytest.raises(LlmServiceError, match=option):
        websocket.harden(unsafe)


def test_unknown_insides_of_engineio_do_not_start_and_the_versions_are_named():
    changed = socketio(Flask("changed"))
    changed.server.eio._async = {**changed.server.eio._async, "websocket": object}
    with pytest.raises(LlmServiceError, match=r"python-engineio \d+\.\d+.*simple-websocket \d+\.\d+"):
        websocket.harden(changed)


def test_hardening_one_server_leaves_others_alone():
    first, second = socketio(Flask("first")), socketio(Flask("second"))
    before = second.server.eio._async["websocket"]
    websocket.harden(first)
    assert second.server.eio._async["websocket"] is before


def test_a_failing_route_shows_no_traceback():
    with small_site() as site:
        answer = ask(site.port, "/api/fails", headers=[site.bearer, ("Accept", "text/html")])
        assert answer.status == 500
        assert b"Traceback" not in answer.body
        assert TOKEN.encode() not in answer.body


DEBUG_PROBE = """
from tests.security.site import small_site
from tests.security.wire import ask
with small_site() as site:
    print("debug", site.app.debug)
    for path in ("/api/fails", "/?__debugger__=yes&cmd=resource&f=debugger.js", "/console"):
        answer = ask(site.port, path, headers=[site.bearer, ("Accept", "text/html")])
        print(answer.status, len(answer.body), any(word in answer.body for word in (b"ebugger", b"Traceback")))
"""


def test_the_debug_variable_of_flask_opens_no_console():
    environ = {**os.environ, "FLASK_DEBUG": "1", "WERKZEUG_DEBUG_PIN": "off"}
    probe = subprocess.run(
        [sys.executable, "-c", DEBUG_PROBE], env=environ, capture_output=True, text=True, timeout=30, check=True
    )
    lines = probe.stdout.splitlines()
    assert lines[0] == "debug True"  # the variable was read, and still:
    assert [line.split()[0] for line in lines[1:]] == ["500", "200", "404"]
    assert all(line.endswith("False") for line in lines[1:])


def test_a_stopped_site_leaves_no_thread():
    before = {thread.ident for thread in threading.enumerate()}
    with small_site() as site:
        ask(site.port, "/socket.io/?EIO=4&transport=polling", headers=[site.bearer])
    ours = ("web", "web-connection")
    left = [t.name for t in threading.enumerate() if t.ident not in before and t.name in ours]
    assert left == []
