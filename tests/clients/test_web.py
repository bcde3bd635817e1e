"""What a server may answer, and what is made of it: values, or an error with a sentence for the user."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable
from email.utils import formatdate

import pytest

from llm_service.clients.answers import read_retry_after
from llm_service.clients.errors import (
    BadAnswer,
    Busy,
    ClientError,
    Conflict,
    Denied,
    NotThere,
    Refused,
    ServerFailed,
    Unreachable,
)
from llm_service.clients.web import Client
from tests.clients.conftest import SHORT
from tests.kit.raw_server import Exchange, RawServer
from tests.kit.waiting import wait_until

Serve = Callable[..., RawServer]
ClientOf = Callable[..., Client]


def test_json_comes_back_as_a_value_and_the_question_is_asked_as_meant(serve: Serve, client_of: ClientOf) -> None:
    server = serve(lambda exchange: exchange.answer('{"runs": [NaN, 1e999, "é"]}'))
    answer = client_of(server.url).get("/api/runs", {"limit": 50, "q": "a b&c"})
    assert (answer.status, answer.value["runs"][2]) == (200, "é")
    (seen,) = server.seen
    assert (seen.method, seen.path) == ("GET", "/api/runs?limit=50&q=a+b%26c")
    assert seen.headers["accept-encoding"] == "identity"


def test_a_body_is_sent_as_json_and_an_empty_answer_is_none(serve: Serve, client_of: ClientOf) -> None:
    server = serve(lambda exchange: exchange.answer(""))
    client = client_of(server.url)
    assert client.post("/api/runs", {"task": "é"}).value is None
    assert client.put("/api/jobs/1/pause").value is None
    assert client.delete("/api/runs/1").value is None
    assert [(seen.method, seen.body) for seen in server.seen] == [
        ("POST", b'{"task": "\\u00e9"}'),
        ("PUT", b""),
        ("DELETE", b""),
    ]


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        ("404 Not Found", '{"detail":"Run not found"}', NotThere, "answered 404 (Not Found): Run not found"),
        ("401 Unauthorized", "", Denied, "answered 401 (Unauthorized)"),
        ("403 Forbidden", "<html>", Denied, "answered 403 (Forbidden)"),
        ("400 Bad Request", '{"error":"no task"}', Refused, "answered 400 (Bad Request): no task"),
        (
            "422 Unprocessable Entity",
            '{"detail":[{"loc":["body","max_iter"],"msg":"too large","type":"x"},{"loc":"?","msg":"b"},7]}',
            Refused,
            "body.max_iter: too large; : b",
        ),
        ("409 Conflict", '{"error":"one runs","job_id":"j1"}', Conflict, "answered 409 (Conflict): one runs"),
        ("500 Internal Server Error", "[]", ServerFailed, "answered 500 (Internal Server Error)"),
        ("502 Bad Gateway", '{"detail":{"message":"gone"}}', ServerFailed, "answered 502 (Bad Gateway): gone"),
        ("599 Odd", '{"detail":5}', ServerFailed, "answered 599: 5"),
        ("200 OK", "<!doctype html><title>Login</title>", BadAnswer, "answered 200 with a web page that is no JSON"),
        ("200 OK", '{"runs": [', BadAnswer, "answered 200 with something that is no JSON"),
        ("200 OK", "[" * 100_000, BadAnswer, "no JSON"),
        ("200 OK", "9" * 10_000, BadAnswer, "no JSON"),
        ("200 OK", b'"\xff"', BadAnswer, "no JSON"),
    ],
)
def test_each_bad_answer_is_its_own_error_with_source_url_status_and_reason(
    serve: Serve, client_of: ClientOf, status: str, body: str | bytes, kind: type[ClientError], said: str
) -> None:
    server = serve(lambda exchange: exchange.answer(body, status=status))
    with pytest.raises(kind) as got:
        client_of(server.url).get("/api/runs")
    assert type(got.value) is kind
    assert got.value.sentence.startswith(f"spark: GET {server.url}/api/runs answered {status[:3]}")
    assert said in got.value.sentence
    assert got.value.status == int(status[:3])


def test_a_conflict_brings_what_the_server_says_about_it(serve: Serve, client_of: ClientOf) -> None:
    server = serve(lambda exchange: exchange.answer('{"job_id": "j1"}', status="409 Conflict"))
    with pytest.raises(Conflict) as got:
        client_of(server.url).post("/api/finetune/start", {})
    assert got.value.body == {"job_id": "j1"}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("999999999999999999999", 3600),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
    ],
)
@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_a_busy_server_says_when_to_come_back(
    serve: Serve, client_of: ClientOf, status: str, value: str, seconds: object
) -> None:
    server = serve(lambda exchange: exchange.answer("", status=status, more=f"Retry-After: {value}\r\n"))
    with pytest.raises(Busy) as got:
        client_of(server.url).get("/api/runs")
    assert got.value.retry_after_s == seconds


def test_a_time_to_come_back_is_a_wait_by_our_own_clock() -> None:
    assert read_retry_after("Sat, 21 Nov 2026 08:00:00 GMT", 1_795_247_900.0) == 100
    assert read_retry_after("Sat, 21 Nov 2026 08:00:00 GMT", 1_795_000_000.0) == 3600


def test_a_reason_as_long_as_a_book_is_cut(serve: Serve, client_of: ClientOf) -> None:
    server = serve(lambda exchange: exchange.answer('{"detail":"' + "long\\n" * 5_000 + '"}', status="400 Bad"))
    with pytest.raises(Refused) as got:
        client_of(server.url).get("/api/runs")
    assert len(got.value.detail) == 300
    assert "\n" not in got.value.detail


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_beyond_its_bound_is_refused_before_it_is_held(
    serve: Serve, client_of: ClientOf, declared: bool
) -> None:
    sent: list[int] = []

    def huge(exchange: Exchange) -> None:
        length = "Content-Length: 100000000\r\n" if declared else ""
        exchange.send(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{length}\r\n")
        for _ in range(1600):
            exchange.send(b"x" * 65_536)
            sent.append(1)

    with pytest.raises(BadAnswer, match="answered with more than 1,000,000 bytes"):
        client_of(serve(huge).url).get("/api/runs", max_bytes=1_000_000)
    assert len(sent) < 800, "the rest was read for nothing"


def test_a_compressed_bomb_is_bounded_by_what_it_unpacks_to(serve: Serve, client_of: ClientOf) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    server = serve(lambda exchange: exchange.answer(bomb, more="Content-Encoding: gzip\r\n"))
    with pytest.raises(BadAnswer, match="more than 1,000,000 bytes"):
        client_of(server.url).get("/api/runs", max_bytes=1_000_000)


def test_an_answer_that_breaks_off_is_said_so(serve: Serve, client_of: ClientOf) -> None:
    def half(exchange: Exchange) -> None:
        exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"runs": [')

    with pytest.raises(Unreachable, match="broke off in the middle of its answer"):
        client_of(serve(half).url).get("/api/runs")


def test_headers_that_never_come_are_waited_for_no_longer_than_said(serve: Serve, client_of: ClientOf) -> None:
    server = serve(lambda exchange: exchange.wait_until_left())
    with pytest.raises(Unreachable, match=r"did not answer within 1 s") as got:
        client_of(server.url, timeouts=SHORT).get("/api/runs")
    assert not got.value.maybe_done
    with pytest.raises(Unreachable) as got:
        client_of(server.url, timeouts=SHORT).post("/api/runs", {})
    assert got.value.maybe_done, "the server has the request and may act on it"


def test_headers_that_drip_for_ever_are_ended_by_whoever_asks_next(serve: Serve, client_of: ClientOf) -> None:
    def drip(exchange: Exchange) -> None:
        if exchange.path == "/quick":
            exchange.answer("{}")
            return
        exchange.send("HTTP/1.1 200 OK\r\nX: ")
        while not exchange.stopped.wait(0.05):
            exchange.send("y")

    client = client_of(serve(drip).url, timeouts=SHORT)
    ended: list[ClientError] = []

    def hang() -> None:
        with pytest.raises(ClientError) as got:
            client.get("/slow")
        ended.append(got.value)

    thread = threading.Thread(target=hang, daemon=True)
    thread.start()
    wait_until(lambda: client.get("/quick").status == 200 and ended, "the end of the dripping answer", pause_s=0.1)
    thread.join(5)


@pytest.mark.parametrize("line", ["X: " + "y" * 100_000, "X: y\r\n" * 5_000], ids=["one long", "many"])
def test_endless_headers_are_refused(serve: Serve, client_of: ClientOf, line: str) -> None:
    server = serve(lambda exchange: exchange.send(f"HTTP/1.1 200 OK\r\n{line}\r\n\r\n"))
    with pytest.raises(ClientError):
        client_of(server.url).get("/api/runs")


@pytest.mark.parametrize("answer", [b"", b"hello", b"HTTP/1.1 abc\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"\0" * 100])
def test_what_is_no_http_is_an_error_and_nothing_else(serve: Serve, client_of: ClientOf, answer: bytes) -> None:
    client = client_of(serve(lambda exchange: exchange.send(answer)).url)
    with pytest.raises(ClientError):
        client.get("/api/runs")
    with pytest.raises(Unreachable) as got:
        client.post("/api/runs", {})
    assert got.value.maybe_done


def test_a_kept_connection_that_the_server_just_closed_costs_nobody_an_error(serve: Serve, client_of: ClientOf) -> None:
    def once(exchange: Exchange) -> None:
        """Answers, keeps the connection, and closes it just when the next question comes over it."""
        exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        exchange.next_request()

    client = client_of(serve(once).url)
    assert [client.get("/api/runs").value for _ in range(3)] == [{}, {}, {}]


def test_connections_are_kept_for_the_next_question(serve: Serve, client_of: ClientOf) -> None:
    def kept(exchange: Exchange) -> None:
        exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        while exchange.next_request():
            exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    server = serve(kept)
    client = client_of(server.url)
    for _ in range(5):
        client.get("/api/runs")
    assert server.connections == 1


def test_what_changes_something_never_goes_twice(serve: Serve, client_of: ClientOf) -> None:
    server = serve(lambda exchange: None)
    for ask in ("post", "put", "delete"):
        with pytest.raises(Unreachable) as got:
            getattr(client_of(server.url), ask)("/api/runs")
        assert got.value.maybe_done
    assert [seen.method for seen in server.seen] == ["POST", "PUT", "DELETE"]


@pytest.mark.parametrize(("ahead_s", "told"), [(0, 0), (-3600, -3600), (90, 90)])
def test_the_servers_clock_is_compared_with_ours(serve: Serve, client_of: ClientOf, ahead_s: int, told: int) -> None:
    server = serve(
        lambda exchange: exchange.answer("{}", more=f"Date: {formatdate(time.time() + ahead_s, usegmt=True)}\r\n")
    )
    client = client_of(server.url)
    assert client.get("/api/runs").skew_s == pytest.approx(told, abs=1.5)
    assert client.skew_s == pytest.approx(told, abs=1.5)


@pytest.mark.parametrize("date", ["", "yesterday", "Sat, 99 Nov 2026 08:00:00 GMT", "Sat, 21 Nov 99999 08:00:00 GMT"])
def test_a_date_that_is_none_says_nothing_about_the_clock(serve: Serve, client_of: ClientOf, date: str) -> None:
    server = serve(lambda exchange: exchange.answer("{}", more=f"Date: {date}\r\n"))
    assert client_of(server.url).get("/api/runs").skew_s is None


def test_text_is_text_whatever_its_bytes(serve: Serve, client_of: ClientOf) -> None:
    server = serve(lambda exchange: exchange.answer(b"PROGRESS \xff 40%", kind="text/plain"))
    assert client_of(server.url).text("/api/containers/1/logs") == "PROGRESS \ufffd 40%"


def test_closing_ends_every_question_at_once_and_none_is_asked_after_it(serve: Serve, client_of: ClientOf) -> None:
    server = serve(lambda exchange: exchange.wait_until_left())
    client = client_of(server.url)
    errors: list[ClientError] = []

    def ask() -> None:
        with pytest.raises(ClientError) as got:
            client.get("/api/runs")
        errors.append(got.value)

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(server.seen) == 4, "four questions")
    began_s = time.monotonic()
    client.close()
    for thread in threads:
        thread.join(20)
    assert time.monotonic() - began_s < 10
    assert len(errors) == 4
    with pytest.raises(Unreachable, match="stopping"):
        client.get("/api/runs")
