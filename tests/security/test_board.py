"""The same walls around the real board: nothing was left out when it was wired."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from llm_service.dashboard import guard, websocket
from llm_service.instance import Instance
from llm_service.runtime import Runtime
from llm_service.settings import Settings
from tests.security.site import Site
from tests.security.test_headers import problems
from tests.security.test_hosts import BAD_HOSTS
from tests.security.test_origins import BAD_ORIGINS
from tests.security.test_token import METHODS, every_path
from tests.security.wire import ask, open_websocket

HANDSHAKE = "/socket.io/?EIO=4&transport=polling"


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("board")
    task = home / "work" / "inbox" / "t.yaml"
    task.parent.mkdir(parents=True)
    task.write_text("id: t1\ntitle: A secret task\n")
    yield from running(home, max_clients=2)


def running(home: Path, **more: object) -> Iterator[Site]:
    settings = Settings(port=0, watch_dir=home / "work", state_dir=home / "state", **more)
    instance = Instance.open(settings, {})
    runtime = Runtime(settings, instance)
    runtime.start()
    try:
        dashboard = runtime.dashboard
        yield Site(dashboard.app, dashboard.socketio, runtime.auth, runtime.server, str(instance.token))
    finally:
        runtime.stop()
        dashboard.socketio.server.eio.shutdown()
        instance.close()


def end_sessions(board: Site) -> None:
    """End the sessions that a test opened, without the ten seconds until they are found dead."""
    websocket.close_all(board.socketio)
    board.sessions.clear()


def test_every_route_and_method_outside_the_public_set_asks_for_a_login(board: Site):
    asked = [path for path in every_path(board) if path not in guard.PUBLIC]
    assert len(asked) > 15
    for path in asked:
        for method in METHODS:
            answer = ask(board.port, path, method=method)
            assert (method, path, answer.status) == (method, path, 401)
            assert b"secret" not in answer.body
    assert not board.sessions


def test_every_route_answers_with_every_header(board: Site):
    for path in every_path(board):
        if "rotate" in path:
            continue
        for method in ("GET", "HEAD", "POST", "DELETE"):
            for credentials in ([], [board.bearer]):
                answer = ask(board.port, path, method=method, headers=credentials)
                assert (path, method, answer.status, problems(path, answer)) == (path, method, answer.status, [])
                assert b"Traceback" not in answer.body
    end_sessions(board)


@pytest.mark.parametrize("host", BAD_HOSTS, ids=repr)
def test_a_host_that_is_not_ours_is_misdirected(board: Site, host: str | None):
    sent = host.format(port=board.port) if host else host
    for path in ("/", "/health", "/api/tasks", "/static/login.css", HANDSHAKE):
        assert ask(board.port, path, host=sent, headers=[board.bearer]).status == 421
    assert not board.sessions


@pytest.mark.parametrize("origin", BAD_ORIGINS)
def test_a_foreign_origin_is_refused(board: Site, origin: str):
    headers = [("Origin", origin.format(port=board.port)), board.cookie]
    for path in ("/", "/api/tasks", HANDSHAKE):
        assert ask(board.port, path, headers=headers).status == 403
    assert ask(board.port, "/api/token/rotate", method="POST", headers=headers).status == 403
    assert not board.sessions


def test_every_handshake_counts_as_a_viewer_whether_or_not_it_joins(board: Site):
    statuses = [ask(board.port, HANDSHAKE, headers=[board.bearer]).status for _ in range(4)]
    assert statuses == [200, 200, 503, 503]
    end_sessions(board)


def test_a_new_token_ends_the_pages_that_are_open(tmp_path: Path):
    for board in running(tmp_path):
        connection, answer = open_websocket(board.port, [board.bearer])
        assert answer.startswith(b"HTTP/1.1 101 ")
        assert ask(board.port, "/api/token/rotate", method="POST", headers=[board.bearer]).status == 200
        while connection.recv(1000):
            pass
        connection.close()
        assert ask(board.port, "/api/tasks", headers=[board.bearer]).status == 401
        assert ask(board.port, "/api/tasks", headers=[board.cookie]).status == 200


def test_the_debug_variable_of_flask_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FLASK_DEBUG", "1")
    for board in running(tmp_path):
        assert not board.app.debug


def test_by_default_no_answer_carries_a_cors_header(board: Site):
    for headers in ([board.bearer], [("Origin", board.url), board.cookie]):
        answer = ask(board.port, "/api/tasks", headers=headers)
        assert answer.status == 200
        assert not [name for name, _ in answer.headers if name.lower().startswith("access-control-")]


def test_a_listed_origin_may_read_the_board(tmp_path: Path):
    for board in running(tmp_path, cors_origin=("https://tools.example",)):
        origin = ("Origin", "https://tools.example")
        preflight = [origin, ("Access-Control-Request-Method", "GET")]
        assert ask(board.port, "/api/tasks", method="OPTIONS", headers=preflight).status == 204
        answer = ask(board.port, "/api/tasks", headers=[origin, board.bearer])
        assert answer.status == 200
        assert answer.header("Access-Control-Allow-Origin") == "https://tools.example"
        assert ask(board.port, HANDSHAKE, headers=[origin, board.bearer]).status == 200
