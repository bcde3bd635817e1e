"""Bodies in chunks: read as one reader only could read them, bounded, and never into the next request."""

from __future__ import annotations

import socket

import pytest

from llm_service.dashboard.request_body import MOST_CHUNKED_BYTES
from tests.security.site import Site
from tests.security.wire import Answer, connect, head, read_answer

SMUGGLED = b"DELETE /api/tasks HTTP/1.1\r\nHost: localhost\r\n\r\n"


def chunked_head(site: Site, *more: tuple[str, str], path: str = "/api/echo", method: str = "POST") -> bytes:
    lines = [("Host", f"127.0.0.1:{site.port}"), site.bearer, ("Transfer-Encoding", "chunked"), *more]
    return head(method, path, lines)


def send(site: Site, body: bytes, *, ends: bool = False) -> tuple[Answer, bool]:
    """The answer to a chunked request, and whether the connection was closed after it."""
    with connect(site.port) as connection:
        connection.sendall(chunked_head(site) + body)
        if ends:
            connection.shutdown(socket.SHUT_WR)
        answer = read_answer(connection, "POST")
        return answer, answer.header("Connection") == "close"


@pytest.mark.parametrize(
    ("body", "length"),
    [
        (b"0\r\n\r\n", 0),
        (b"5\r\nhello\r\n0\r\n\r\n", 5),
        (b"5\r\nhello\r\n1\r\n!\r\n000\r\n\r\n", 6),
        (b"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", 20),
        (b"2\r\n\r\n\r\n0\r\n\r\n", 2),
        (b"186A0\r\n" + b"x" * 100_000 + b"\r\n0\r\n\r\n", 100_000),
    ],
    ids=range(6),
)
def test_a_body_in_chunks_is_read_and_the_connection_goes_on(site: Site, body: bytes, length: int):
    with connect(site.port) as connection:
        for _ in range(2):
            connection.sendall(chunked_head(site) + body)
            answer = read_answer(connection, "POST")
            assert (answer.status, answer.json(), answer.header("Connection")) == (200, {"length": length}, None)


def test_a_body_that_comes_byte_by_byte_is_the_same_body(site: Site):
    with connect(site.port) as connection:
        for byte in chunked_head(site) + b"5\r\nhello\r\n3\r\n!!!\r\n0\r\n\r\n":
            connection.sendall(bytes([byte]))
        assert read_answer(connection, "POST").json() == {"length": 8}


@pytest.mark.parametrize(
    "body",
    [
        b"5\nhello\n0\n\n",
        b"5\r\nhello!\r\n0\r\n\r\n",
        b"5\r\nhell\r\n0\r\n\r\n",
        b"5;name=value\r\nhello\r\n0\r\n\r\n",
        b" 5\r\nhello\r\n0\r\n\r\n",
        b"5 \r\nhello\r\n0\r\n\r\n",
        b"+5\r\nhello\r\n0\r\n\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"5_0\r\nhello\r\n0\r\n\r\n",
        b"\r\nhello\r\n0\r\n\r\n",
        b"000000005\r\nhello\r\n0\r\n\r\n",
        b"\xd9\xa5\r\nhello\r\n0\r\n\r\n",
        b"0\r\nTrailer: x\r\n\r\n",
        b"0\r\n" + SMUGGLED,
        b"5\r\nhello",
        b"5\r\nhello\r\n",
        b"5",
        b"",
    ],
    ids=range(19),
)
def test_what_is_not_strictly_chunks_is_refused_and_nothing_after_it_is_read(site: Site, body: bytes):
    site.app.config["TRAP"].clear()
    answer, closed = send(site, body + SMUGGLED if body.endswith(b"\n") else body, ends=True)
    assert (answer.status, closed) == (400, True)
    assert site.app.config["TRAP"] == []


def test_a_body_that_grows_beyond_the_limit_is_refused_before_it_is_read(site: Site):
    piece = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    assert send(site, piece * (MOST_CHUNKED_BYTES // 0x100000) + b"1\r\n")[0].status == 413
    assert send(site, b"FFFFFFFF\r\n")[0].status == 413


@pytest.mark.parametrize("path", ["/nowhere", "/api/tasks"])
def test_a_chunked_body_that_nobody_reads_closes_the_connection(site: Site, path: str):
    site.app.config["TRAP"].clear()
    lines = [("Host", f"127.0.0.1:{site.port}"), ("Transfer-Encoding", "chunked")]
    with connect(site.port) as connection:
        connection.sendall(head("POST", path, lines) + b"%x\r\n%b\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED) + SMUGGLED)
        answer = read_answer(connection, "POST")
    assert (answer.status, answer.header("Connection")) == (401, "close")
    assert site.app.config["TRAP"] == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_a_post_may_be_in_chunks(site: Site, method: str):
    site.app.config["TRAP"].clear()
    with connect(site.port) as connection:
        connection.sendall(chunked_head(site, path="/api/tasks", method=method) + b"0\r\n\r\n")
        assert read_answer(connection, method).status == 411
    assert site.app.config["TRAP"] == []


def test_an_old_client_cannot_send_chunks(site: Site):
    with connect(site.port) as connection:
        lines = (
            f"POST /api/echo HTTP/1.0\r\nHost: localhost\r\n{': '.join(site.bearer)}\r\nTransfer-Encoding: chunked\r\n"
        )
        connection.sendall(lines.encode() + b"\r\n0\r\n\r\n")
        assert read_answer(connection, "POST").status == 400
