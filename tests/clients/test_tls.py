"""Over TLS: the certificate is that of the name, although an address was connected to; and streams end as at once."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from llm_service.clients.errors import BadAnswer
from llm_service.clients.event_stream import Silent, open_stream
from llm_service.clients.web import Client
from tests.clients.waking import seconds_to_wake
from tests.kit.raw_server import Exchange, RawServer

PEM = Path(__file__).parent / "tls" / "throwaway.pem"
"""A certificate of 127.0.0.1 and spark.example with its key, made for these tests and good for nothing else."""

Serve = Callable[..., RawServer]
ClientOf = Callable[..., Client]


@pytest.fixture
def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    return context


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine trusts the certificate, as it would one of its company."""
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))


def answer(exchange: Exchange) -> None:
    exchange.answer('{"runs": []}')


def named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name leads to this machine."""
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, port, **_: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))],
    )


@pytest.mark.usefixtures("trusted")
def test_a_certificate_that_the_machine_trusts_is_accepted_for_its_name_only(
    serve: Serve, client_of: ClientOf, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(answer, tls=tls)
    assert client_of(server.url).get("/api/runs").value == {"runs": []}
    assert client_of(server.url).post("/api/runs", {}).value == {"runs": []}
    named(monkeypatch)
    assert client_of(f"https://spark.example:{server.port}").get("/api/runs").value == {"runs": []}
    with pytest.raises(BadAnswer, match="has a certificate that is not accepted"):
        client_of(f"https://other.example:{server.port}", "canary-token").get("/api/runs")
    assert len(server.seen) == 3


def test_a_certificate_that_nobody_trusts_is_refused_before_anything_is_sent(
    serve: Serve, client_of: ClientOf, tls: ssl.SSLContext
) -> None:
    server = serve(answer, tls=tls)
    with pytest.raises(BadAnswer, match=r"has a certificate that is not accepted \(self-signed certificate\)$"):
        client_of(server.url, "canary-token").get("/api/runs")
    assert server.seen == []


def test_a_server_that_speaks_plain_http_is_not_said_to_have_a_bad_certificate(client_of: ClientOf) -> None:
    def answer_plainly(listening: socket.socket) -> None:
        with listening.accept()[0] as taken:
            taken.recv(4096)
            taken.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        answering = threading.Thread(target=answer_plainly, args=(listening,))
        answering.start()
        with pytest.raises(BadAnswer, match=r"did not answer in TLS; its address may have to begin with http://$"):
            client_of(f"https://127.0.0.1:{listening.getsockname()[1]}", "canary-token").get("/api/runs")
        answering.join(10)


@pytest.mark.usefixtures("trusted")
def test_a_blocked_read_over_tls_is_woken_at_once(serve: Serve, client_of: ClientOf, tls: ssl.SSLContext) -> None:
    def mute(exchange: Exchange) -> None:
        exchange.stream("data: x\n\n")
        exchange.wait_until_left()

    client = client_of(serve(mute, tls=tls).url)
    assert any(seconds_to_wake(open_stream(client, "/s")) < 0.1 for _ in range(20))


@pytest.mark.usefixtures("trusted")
def test_a_silent_stream_over_tls_ends_when_its_quiet_time_is_over(
    serve: Serve, client_of: ClientOf, tls: ssl.SSLContext
) -> None:
    def mute(exchange: Exchange) -> None:
        exchange.stream("data: x\n\n")
        exchange.wait_until_left()

    with pytest.raises(Silent):
        list(open_stream(client_of(serve(mute, tls=tls).url), "/s", idle_s=0.3))
