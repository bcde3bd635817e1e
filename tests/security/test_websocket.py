"""What a hostile or a dead WebSocket client can do: lose its own connection, and nothing else."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from llm_service.dashboard import web_request, websocket
from tests.security.site import Site, small_site
from tests.security.wire import ask, connect, eventually, frame, head, open_websocket, upgrade_headers

MB = 1_000_000
# The thread that waits to send the next ping outlives its session by this time.
PING_S = 0.3


@contextlib.contextmanager
def client(site: Site) -> Iterator[socket.socket]:
    """A raw client whose session is open."""
    connection, answer = open_websocket(site.port, [site.bearer])
    try:
        assert answer.startswith(b"HTTP/1.1 101 ")
        yield connection
    finally:
        connection.close()


def wait_until_gone(site: Site, threads_before: int) -> None:
    # Well before Engine.IO itself would find it dead.
    eventually(lambda: not site.sessions, "the session stayed")
    eventually(lambda: threading.active_count() <= threads_before, "its threads stayed")


def read_until_closed(connection: socket.socket) -> bytes:
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while more := connection.recv(65536):
            data += more
    return data


@pytest.fixture
def quiet_site() -> Iterator[Site]:
    """A site of its own, on which the service thread of Engine.IO runs already."""
    with small_site(ping_s=PING_S, ping_timeout_s=120) as running:
        with client(running):
            pass
        eventually(lambda: not running.sessions, "the first session stayed")
        yield running


def test_a_message_of_twenty_megabytes_is_cut_and_costs_no_memory(quiet_site: Site):
    before = threading.active_count()
    memory = psutil.Process(os.getpid()).memory_info().rss
    highest = memory
    piece = b"x" * 65536
    with client(quiet_site) as connection:
        connection.sendall(frame(b"", announced=20 * MB))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(20 * MB // len(piece)):
                connection.sendall(piece)
                highest = max(highest, psutil.Process(os.getpid()).memory_info().rss)
        read_until_closed(connection)
    assert highest - memory < 12 * MB
    wait_until_gone(quiet_site, before)


def test_many_small_pieces_of_one_message_count_together(quiet_site: Site):
    before = threading.active_count()
    with client(quiet_site) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(frame(b"4" + b"x" * 9_999, final=False))
            for _ in range(20):
                connection.sendall(frame(b"x" * 10_000, opcode=0, final=False))
        read_until_closed(connection)
    wait_until_gone(quiet_site, before)


def test_a_message_at_the_limit_is_handled(quiet_site: Site):
    with client(quiet_site) as connection:
        connection.sendall(frame(b"40/dashboard,"))
        text = b'42/dashboard,7["echo","' + b"x" * 90_000 + b'"]'
        connection.sendall(frame(text))
        answer = b""
        while b'43/dashboard,7["xxx' not in answer or len(answer) < 90_000:
            answer += connection.recv(65536)


@pytest.mark.parametrize(
    "nonsense",
    [
        frame(b"x"),
        frame(b""),
        frame(b"9nothing"),
        frame(b"4"),
        frame(b'42/dashboard,["echo"'),
        frame(b"4" + b"[" * 50_000),
        frame(b"45999999999-"),
        frame(b"\xff\xfe\xfd"),
        frame(b"\x00", opcode=2),
        frame(b"x", opcode=5),
        b"\x81\x05hello",  # not masked
        b"\xc1\x85\x00\x00\x00\x00hello",  # compressed, which was never agreed on
        frame(b"x", opcode=0),
        frame(b"x" * 126, opcode=9),
        b"\x88\x81\x00\x00\x00\x00\x01",
        b"GET / HTTP/1.1\r\n\r\n",
        os.urandom(200),
        b"\x81",
    ],
    ids=range(18),
)
def test_nonsense_ends_its_own_connection_at_most(quiet_site: Site, nonsense: bytes):
    before = threading.active_count()
    with client(quiet_site) as connection, client(quiet_site) as neighbour:
        connection.sendall(nonsense)
        connection.shutdown(socket.SHUT_WR)
        read_until_closed(connection)
        neighbour.sendall(frame(b"40/dashboard,"))
        answer = b""
        while b"connection_ack" not in answer:
            answer += neighbour.recv(65536)
    wait_until_gone(quiet_site, before)


def test_nonsense_after_an_upgrade_from_polling_ends_the_session(quiet_site: Site):
    before = threading.active_count()
    opened = ask(quiet_site.port, "/socket.io/?EIO=4&transport=polling", headers=[quiet_site.bearer])
    sid = opened.body.split(b'"sid":"')[1].split(b'"')[0].decode()
    path = f"/socket.io/?EIO=4&transport=websocket&sid={sid}"
    with connect(quiet_site.port) as connection:
        connection.sendall(head("GET", path, [*upgrade_headers(quiet_site.port), quiet_site.bearer]))
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += connection.recv(1)
        connection.sendall(frame(b"2probe"))
        while b"3probe" not in answer:
            answer += connection.recv(100)
        connection.sendall(frame(b"5") + frame(b"x"))
        read_until_closed(connection)
        wait_until_gone(quiet_site, before)


@pytest.mark.parametrize(
    "wrong",
    [
        ("Sec-WebSocket-Key", None),
        ("Sec-WebSocket-Version", "8"),
        ("Sec-WebSocket-Version", None),
        ("Connection", "keep-alive"),
        ("Upgrade", "h2c"),
    ],
)
def test_half_a_handshake_leaves_no_session(quiet_site: Site, wrong: tuple[str, str | None]):
    before = threading.active_count()
    lines = [line for line in upgrade_headers(quiet_site.port) if line[0] != wrong[0]]
    if wrong[1] is not None:
        lines.append((wrong[0], wrong[1]))
    with connect(quiet_site.port) as connection:
        path = "/socket.io/?EIO=4&transport=websocket"
        connection.sendall(head("GET", path, [*lines, quiet_site.bearer]))
        connection.shutdown(socket.SHUT_WR)
        assert b" 101 " not in read_until_closed(connection)[:20]
    wait_until_gone(quiet_site, before)


def test_compression_is_never_agreed_on(quiet_site: Site):
    offer = ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")
    connection, answer = open_websocket(quiet_site.port, [quiet_site.bearer, offer])
    connection.close()
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert b"extensions" not in answer.lower()


def slow_reader(site: Site) -> socket.socket:
    """A client with a small receive window, ready to be sent too much."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(20)
    connection.connect(("127.0.0.1", site.port))
    path = "/socket.io/?EIO=4&transport=websocket"
    connection.sendall(head("GET", path, [*upgrade_headers(site.port), site.bearer]))
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(1)
    connection.sendall(frame(b"40/dashboard,"))
    return connection


def flood(site: Site, megabytes: int) -> None:
    for number in range(megabytes):
        site.socketio.emit("big", {"number": number, "text": "x" * MB}, namespace="/dashboard")


def has_joined(site: Site) -> bool:
    rooms = site.socketio.server.manager.rooms.get("/dashboard", {})
    return bool(rooms.get(None))


def test_a_client_that_never_reads_is_dropped_and_frees_its_threads(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(web_request, "SEND_S", 0.5)
    with small_site(ping_s=PING_S, ping_timeout_s=120) as site:
        with client(site):
            pass
        eventually(lambda: not site.sessions, "the first session stayed")
        before = threading.active_count()
        stuck = slow_reader(site)
        eventually(lambda: has_joined(site), "the client never joined")
        flood(site, 20)
        wait_until_gone(site, before)
        assert ask(site.port, "/health").status == 200
        stuck.close()


def test_a_client_that_pauses_gets_every_byte_in_order(monkeypatch: pytest.MonkeyPatch):
    """A message larger than the kernel's buffer goes out in pieces; a lost piece would garble all that follows."""
    with small_site(ping_s=PING_S, ping_timeout_s=120) as site, slow_reader(site) as reader:
        eventually(lambda: has_joined(site), "the client never joined")
        flood(site, 5)
        stream = reader.makefile("rb")
        numbers = []
        while len(numbers) < 5:
            payload = read_frame(stream)
            if b'"big"' in payload:
                assert payload.count(b"x" * MB) == 1
                numbers.append(int(payload.split(b'"number":')[1].split(b",")[0]))
        assert numbers == [0, 1, 2, 3, 4]
        stream.close()


def read_frame(stream) -> bytes:
    _, length = stream.read(2)
    if length == 126:
        length = int.from_bytes(stream.read(2), "big")
    elif length == 127:
        length = int.from_bytes(stream.read(8), "big")
    return stream.read(length)


def test_a_drip_reader_is_dropped_when_a_message_takes_too_long(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(websocket, "_SEND_S", 0.3)
    monkeypatch.setattr(web_request, "SEND_S", 0.2)
    with small_site(ping_s=PING_S, ping_timeout_s=120) as site, slow_reader(site) as reader:
        eventually(lambda: has_joined(site), "the client never joined")
        flood(site, 10)
        end_s = time.monotonic() + 30
        with contextlib.suppress(ConnectionResetError):
            while site.sessions and time.monotonic() < end_s:
                reader.recv(2000)
                time.sleep(0.02)  # the drip
        assert not site.sessions


def test_a_client_that_floods_is_dropped(quiet_site: Site, monkeypatch: pytest.MonkeyPatch):
    before = threading.active_count()
    release = threading.Event()

    @quiet_site.socketio.on("block", namespace="/dashboard")
    def block() -> None:
        release.wait(10)

    with client(quiet_site) as connection:
        connection.sendall(frame(b"40/dashboard,") + frame(b'42/dashboard,["block"]'))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(100):
                connection.sendall(frame(b'42/dashboard,["echo",1]') * 100)
        read_until_closed(connection)
    release.set()
    wait_until_gone(quiet_site, before)


def test_a_session_whose_threads_cannot_be_started_is_taken_back(monkeypatch: pytest.MonkeyPatch):
    with small_site(ping_s=PING_S, ping_timeout_s=120) as site:
        start = threading.Thread.start

        def no_more(thread: threading.Thread) -> None:
            if thread.name != "web-connection":
                raise RuntimeError("can't start new thread")
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", no_more)
        for _ in range(3):
            handshake = ask(site.port, "/socket.io/?EIO=4&transport=polling", headers=[site.bearer])
            assert handshake.status == 500
            connection, _ = open_websocket(site.port, [site.bearer])
            connection.close()
        eventually(lambda: not site.sessions, "a session without threads stayed")
        monkeypatch.undo()
        with client(site):
            assert len(site.sessions) == 1
        # The service thread was tried again, and finds the dead.
        assert site.socketio.server.eio.service_task_handle.is_alive()


def test_closing_all_waits_for_nobody():
    with small_site(ping_s=PING_S, ping_timeout_s=120) as site:
        stuck = slow_reader(site)
        eventually(lambda: has_joined(site), "the client never joined")
        flood(site, 20)
        started = time.monotonic()
        websocket.close_all(site.socketio)
        assert time.monotonic() - started < 10
        stuck.close()
