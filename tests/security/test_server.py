"""The web server under load, under limits, and at its end."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import subprocess
import sys
import threading
import time

import pytest

from llm_service.dashboard import server, web_request, websocket
from llm_service.dashboard.server import WebServer
from tests.security.site import Site, guarded, small_app, small_site
from tests.security.wire import ask, connect, eventually, frame, head, open_websocket, read_answer

HANDSHAKE = "/socket.io/?EIO=4&transport=polling"


def request_bytes(site: Site, path: str, *more: tuple[str, str], method: str = "GET", body: bytes = b"") -> bytes:
    lines = [("Host", f"127.0.0.1:{site.port}"), site.bearer, *more]
    if body:
        lines.append(("Content-Length", str(len(body))))
    return head(method, path, lines) + body


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


# --- one connection ---------------------------------------------------------------------------------------------


def test_one_connection_carries_many_requests(site: Site):
    with connect(site.port) as connection:
        for path in ("/api/tasks", "/nowhere", "/static/login.css", "/api/stream", HANDSHAKE, "/api/tasks"):
            connection.sendall(request_bytes(site, path))
            answer = read_answer(connection)
            assert answer.header("Connection") is None, path
        assert answer.json()["secret"] == "task"


def test_requests_sent_ahead_are_answered_in_order(site: Site):
    with connect(site.port) as connection:
        connection.sendall(b"".join(request_bytes(site, f"/api/tasks/{number}") for number in range(3)))
        text = b""
        while text.count(b"}") < 3:
            text += connection.recv(65536)
        assert re.findall(rb'"id":"(\d)"', text) == [b"0", b"1", b"2"]


def test_a_body_that_was_read_leaves_the_connection_open(site: Site):
    with connect(site.port) as connection:
        for _ in range(2):
            connection.sendall(request_bytes(site, "/api/echo", method="POST", body=b"x" * 100_000))
            assert read_answer(connection).json() == {"length": 100_000}


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refused_request_with_a_body_is_answered_and_closes(site: Site, status: int):
    smuggled = request_bytes(site, "/api/tasks", method="DELETE")
    lines = [("Host", f"127.0.0.1:{site.port}"), ("Content-Length", str(len(smuggled)))]
    if status != 401:
        lines.append(site.bearer)
    if status == 403:
        lines += [("Origin", "http://evil.example"), site.cookie]
    path = "/nowhere" if status == 404 else "/api/tasks"
    site.app.config["TRAP"].clear()
    with connect(site.port) as connection:
        connection.sendall(head("POST", path, lines) + smuggled)
        answer = read_answer(connection, "POST")
        assert (answer.status, answer.header("Connection")) == (status, "close")
        assert is_closed(connection)
    assert site.app.config["TRAP"] == []


def test_a_large_body_that_nobody_wants_does_not_eat_the_answer(site: Site):
    answer = ask(site.port, "/api/tasks", method="POST", body=b"x" * 15_000_000)
    assert answer.status == 401


@pytest.mark.parametrize(
    "lines",
    [
        [("Transfer-Encoding", "chunked"), ("Content-Length", "5")],
        [("Content-Length", "5"), ("Transfer-Encoding", "chunked")],
        [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")],
        [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "identity")],
        [("Transfer-Encoding", "gzip, chunked")],
        [("Transfer-Encoding", "chunked, chunked")],
        [("Transfer-Encoding", "xchunked")],
        [("Transfer-Encoding", "chunked;q=1")],
        [("Transfer-Encoding", "\x0bchunked")],
        [("Transfer-Encoding", "")],
        [("Transfer-Encoding ", "chunked")],
        [("Transfer-Encoding", "\r\n chunked")],
        [("Transfer-Encoding", "identity")],
        [("Content-Length", "5"), ("Content-Length", "6")],
        [("Content-Length", "5"), ("Content-Length", "5")],
        [("Content-Length", "5, 5")],
        [("Content-Length", "-1")],
        [("Content-Length", "+5")],
        [("Content-Length", "0x5")],
        [("Content-Length", "99999999999999999999")],
        [("Content-Length", "٥".encode().decode("latin-1"))],
    ],
)
def test_a_body_whose_length_two_readers_could_read_differently_is_refused(site: Site, lines: list[tuple[str, str]]):
    with connect(site.port) as connection:
        connection.sendall(request_bytes(site, "/api/echo", *lines, method="POST") + b"5\r\nhello\r\n0\r\n\r\n")
        assert read_answer(connection, "POST").status in (400, 411)
        assert is_closed(connection)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + b"\r\n",  # TLS spoken to a plain port
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: " + b"a" * 70_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET //[::1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x00\x00\x00\r\n\r\n",
    ],
    ids=range(11),
)
def test_what_is_no_request_hurts_nobody(site: Site, garbage: bytes):
    with connect(site.port) as connection:
        connection.sendall(garbage)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while data := connection.recv(65536):
            answer += data
    assert b"Traceback" not in answer
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 505"))
    assert ask(site.port, "/health").status == 200


def test_an_old_client_gets_its_answer_and_an_end(site: Site):
    with connect(site.port) as connection:
        connection.sendall(f"GET /api/stream HTTP/1.0\r\nHost: localhost\r\n{': '.join(site.bearer)}\r\n\r\n".encode())
        answer = read_answer(connection)
        assert answer.body == b"part 0\npart 1\npart 2\n"
        assert answer.header("Transfer-Encoding") is None
        assert is_closed(connection)


def test_a_head_request_has_headers_and_no_body(site: Site):
    with connect(site.port) as connection:
        for path in ("/api/tasks", "/static/login.css", HANDSHAKE, "/api/tasks"):
            connection.sendall(request_bytes(site, path, method="HEAD"))
            answer = read_answer(connection, "HEAD")
            assert answer.body == b""
        assert answer.status == 200


def test_an_idle_connection_is_closed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(web_request, "IDLE_S", 0.2)
    with small_site() as site, connect(site.port) as idle, connect(site.port) as slow, connect(site.port) as body:
        idle.sendall(request_bytes(site, "/api/tasks"))
        assert read_answer(idle).status == 200
        slow.sendall(b"GET / HT")
        body.sendall(request_bytes(site, "/api/echo", ("Content-Length", "10"), method="POST") + b"12345")
        assert is_closed(idle)
        while slow.recv(1000):
            pass
        while body.recv(1000):
            pass


@pytest.mark.parametrize("body", [False, True])
def test_a_request_fed_drop_by_drop_is_cut(monkeypatch: pytest.MonkeyPatch, body: bool):
    monkeypatch.setattr(server, "_REQUEST_S", 2.0)
    with small_site() as site, connect(site.port) as drip, connect(site.port) as patient:
        if body:
            lines = [("Host", "localhost"), ("Content-Length", "8000")]
            drip.sendall(head("POST", "/login", lines))
        patient.sendall(request_bytes(site, HANDSHAKE))
        sid = read_answer(patient).body.split(b'"sid":"')[1].split(b'"')[0].decode()
        patient.sendall(request_bytes(site, f"{HANDSHAKE}&sid={sid}"))  # answered when there is something to say
        end_s = time.monotonic() + 30
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while time.monotonic() < end_s:
                drip.sendall(b"G")
                time.sleep(0.05)  # the drip
        assert time.monotonic() < end_s, "the drip was never cut"
        websocket.close_all(site.socketio)
        assert read_answer(patient).status == 200


def test_small_replies_are_not_held_back(site: Site):
    """Nagle's algorithm would hold every second small packet until the browser acknowledged the first."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    connection.connect()
    headers = dict([site.bearer])
    took = []
    for _ in range(60):
        started = time.perf_counter()
        connection.request("GET", "/api/stream", headers=headers)
        connection.getresponse().read()
        took.append(time.perf_counter() - started)
    connection.close()
    # A new connection is acknowledged at once for a while. After that all would take 40 ms, and none on a busy machine
    # less than it must.
    assert min(took[30:]) < 0.03


# --- many connections -------------------------------------------------------------------------------------------


def test_a_thousand_refused_handshakes_cost_no_threads():
    with small_site() as site:
        before, most = threading.active_count(), 0
        for _ in range(1000):
            assert ask(site.port, HANDSHAKE).status == 401
            most = max(most, threading.active_count())
        assert most < 150
        assert len(site.sessions) == 0
        eventually(lambda: threading.active_count() <= before, "threads of refused handshakes stayed")


def test_a_connection_too_many_is_refused_and_room_is_made_again():
    with small_site(max_connections=3) as site:
        held = [connect(site.port) for _ in range(3)]
        for connection in held:
            connection.sendall(request_bytes(site, "/api/tasks"))
            assert read_answer(connection).status == 200
        refused = ask(site.port, "/health")
        assert refused.status == 503
        assert "room" in refused.json()["error"]
        for connection in held:
            connection.close()
        eventually(lambda: ask(site.port, "/health").status == 200, "no room was made")


def test_no_thread_to_be_had_is_a_clean_refusal(monkeypatch: pytest.MonkeyPatch):
    with small_site() as site:
        start = threading.Thread.start

        def no_more(thread: threading.Thread) -> None:
            if thread.name == "web-connection":
                raise RuntimeError("can't start new thread")
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", no_more)
        for _ in range(5):
            assert ask(site.port, "/health").status == 503
        monkeypatch.undo()
        assert ask(site.port, "/health").status == 200
        assert site.server.alive


LIMITED = """
import resource, socket, sys, threading
from tests.security.site import small_site
from tests.security.wire import ask, connect, head, read_answer, open_websocket, eventually
what = sys.argv[1]
with small_site() as site:
    if what == "fd":
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    else:  # room for few more stacks
        threading.stack_size(64 * 2**20)
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 40 * 64 * 2**20, resource.RLIM_INFINITY))
    # The clients live in another process: its descriptors are not the server's.
    print(site.port, flush=True)
    sys.stdin.readline()
    print(len(site.sessions), site.server.alive, flush=True)
    sys.stdin.readline()
"""


@pytest.mark.parametrize("limit", ["fd", "threads"])
def test_thirty_clients_under_a_limit_are_served_or_refused_and_the_board_lives(limit: str):
    child = subprocess.Popen(
        [sys.executable, "-c", LIMITED, limit], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        port = int(child.stdout.readline())
        bearer = ("Authorization", "Bearer canary-token-0123456789abcdef")
        answers, held = [], []
        for _ in range(30):
            for _ in range(3):  # a browser's connections
                connection = connect(port)
                held.append(connection)
                connection.sendall(head("GET", "/health", [("Host", "localhost")]))
            connection, start = open_websocket(port, [bearer])
            held.append(connection)
            answers.append(start[9:12])
        assert set(answers) <= {b"101", b"503", b"500", b""}
        assert b"101" in answers
        for connection in held:
            connection.close()
        eventually(lambda: _health(port) == 200, "the server did not recover", 20)
        child.stdin.write("\n")
        child.stdin.flush()
        sessions, alive = child.stdout.readline().split()
        assert alive == "True"
        assert int(sessions) <= 30
    finally:
        child.communicate("\n", timeout=30)


def _health(port: int) -> int:
    try:
        return ask(port, "/health").status
    except OSError:
        return 0


# --- the end ----------------------------------------------------------------------------------------------------


def test_stopping_ends_idle_busy_and_websocket_connections_within_the_deadline():
    with small_site() as site:
        idle = connect(site.port)
        idle.sendall(request_bytes(site, "/api/tasks"))
        read_answer(idle)
        half = connect(site.port)
        half.sendall(b"GET / HT")
        polling = connect(site.port)
        polling.sendall(request_bytes(site, HANDSHAKE))
        sid = read_answer(polling).body.split(b'"sid":"')[1].split(b'"')[0].decode()
        polling.sendall(request_bytes(site, f"{HANDSHAKE}&sid={sid}"))
        socket_, _ = open_websocket(site.port, [site.bearer])
        socket_.sendall(frame(b"40/dashboard,"))
        started = time.monotonic()
        site.server.stop(2.0)
        assert time.monotonic() - started < 8
        for connection in (idle, half, polling, socket_):
            connection.settimeout(5)
            while not is_closed(connection):
                pass
            connection.close()
        with pytest.raises(ConnectionRefusedError):
            connect(site.port)
        site.server.stop(1.0)  # twice is once


def test_a_server_that_never_started_can_be_stopped():
    never = WebServer(guarded(small_app()), "127.0.0.1", 0, port_given=True, behind_proxy=False)
    assert not never.alive
    never.stop(1.0)
