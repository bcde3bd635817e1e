"""SEC-15: nothing leads a request to another place than the one that was configured, and no secret leaks on the way."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llm_service.clients.errors import BadAnswer, ClientError, NotThere, Refused, Unreachable
from llm_service.clients.event_stream import open_stream
from llm_service.clients.web import Client, segment
from llm_service.logs import mask
from tests.clients.conftest import SHORT
from tests.kit.raw_server import Exchange, RawServer

Serve = Callable[..., RawServer]
ClientOf = Callable[..., Client]
METADATA = "http://169.254.169.254/latest/meta-data/"


def fine(exchange: Exchange) -> None:
    exchange.answer('{"runs": []}')


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_an_error_that_names_where_it_points_and_is_not_followed(
    serve: Serve, client_of: ClientOf, status: str
) -> None:
    elsewhere = serve(fine)
    place = f"http://user:secret@127.0.0.1:{elsewhere.port}/steal?key=secret"
    server = serve(lambda exchange: exchange.answer("", status=status, more=f"Location: {place}\r\n"))
    client = client_of(server.url, "canary-token-123")
    for ask in (client.get, client.post, client.put, client.delete, client.text):
        with pytest.raises(BadAnswer, match=r"a redirect to http://127\.0\.0\.1/steal, which is not followed") as got:
            ask("/api/runs")
        assert "secret" not in str(got.value)
    with pytest.raises(BadAnswer, match="redirect"):
        open_stream(client, "/api/runs/r/stream")
    assert elsewhere.connections == 0


def test_a_redirect_to_the_metadata_service_opens_no_connection(
    serve: Serve, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(lambda exchange: exchange.answer("", status="302 Found", more=f"Location: {METADATA}\r\n"))
    asked: list[Any] = []
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *more, **options: asked.append(host) or real(host, *more, **options)
    )
    with pytest.raises(BadAnswer, match=r"redirect to http://169\.254\.169\.254/latest/meta-data/"):
        client_of(server.url).get("/api/runs")
    assert asked == ["127.0.0.1"]


def test_the_body_of_a_redirect_is_not_read_whatever_its_size(serve: Serve, client_of: ClientOf) -> None:
    def endless(exchange: Exchange) -> None:
        exchange.send("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n")
        while not exchange.stopped.is_set():
            exchange.send(b"x" * 65_536)

    with pytest.raises(BadAnswer, match="redirect to /elsewhere"):
        client_of(serve(endless).url).get("/api/runs")


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "169.254.43518",
        "[::ffff:169.254.169.254]",
        "[::169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::1]",
        "[fe80::1]",
        "[fd00:ec2::254]",
    ],
)
def test_a_link_local_or_metadata_address_is_never_connected_to_however_it_is_written(
    client_of: ClientOf, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    def connect(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", connect)
    client = client_of(f"http://{host}:8080")
    for ask in (client.get, client.post):
        with pytest.raises(BadAnswer, match="link-local or metadata address, which is never asked"):
            ask("/api/runs")


def test_a_name_is_judged_at_every_connection_and_what_was_judged_is_what_is_connected_to(
    serve: Serve, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(fine)
    answers = iter(["127.0.0.1", "169.254.169.254", "127.0.0.1"])
    looked_up: list[str] = []

    def rebinding(host: str, port: int, **_: object) -> list[tuple]:
        address = next(answers) if host == "spark.example" else host
        looked_up.append(address)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    client = client_of(f"http://spark.example:{server.port}")
    assert client.get("/api/runs").value == {"runs": []}
    with pytest.raises(BadAnswer, match=r"spark\.example leads to 169\.254\.169\.254"):
        client.get("/api/runs")
    assert client.get("/api/runs").value == {"runs": []}
    # One look-up a connection: a second one could answer differently from the one that was judged.
    assert looked_up == ["127.0.0.1", "169.254.169.254", "127.0.0.1"]
    assert [seen.headers["host"] for seen in server.seen] == [f"spark.example:{server.port}"] * 2


def test_one_forbidden_address_among_several_refuses_the_name(
    client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, port, **_: [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("127.0.0.1", "169.254.1.1")
        ],
    )
    with pytest.raises(BadAnswer, match=r"leads to 169\.254\.1\.1"):
        client_of("http://spark.example:1").get("/api/runs")


def test_addresses_of_a_name_are_tried_until_one_answers(
    serve: Serve, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(fine)
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, port, **_: [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("127.0.0.2", "127.0.0.1")
        ],
    )
    assert client_of(f"http://spark.example:{server.port}").get("/api/runs").status == 200


def test_credentials_in_netrc_are_not_sent(
    serve: Serve, client_of: ClientOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login someone password something\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(fine)
    client = client_of(server.url)
    client.get("/api/runs")
    client.post("/api/runs", {})
    assert all("authorization" not in seen.headers for seen in server.seen)


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_proxies_of_the_environment_are_not_used(
    serve: Serve, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    proxy, server = serve(fine), serve(fine)
    monkeypatch.setenv(name, proxy.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    client = client_of(server.url)
    client.get("/api/runs")
    client.post("/api/runs", {})
    assert proxy.connections == 0
    assert [seen.path for seen in server.seen] == ["/api/runs"] * 2


def test_a_cookie_is_not_given_back(serve: Serve, client_of: ClientOf) -> None:
    server = serve(lambda exchange: exchange.answer("{}", more="Set-Cookie: track=me; Path=/\r\n"))
    client = client_of(server.url)
    client.get("/api/runs")
    client.get("/api/runs")
    assert all("cookie" not in seen.headers for seen in server.seen)


@pytest.mark.parametrize(
    "path", ["@elsewhere.example/", "elsewhere", ".elsewhere.example/", ":80/", "", "\\\\elsewhere"]
)
def test_what_is_no_path_cannot_become_another_host(serve: Serve, client_of: ClientOf, path: str) -> None:
    server = serve(fine)
    with pytest.raises(Refused, match="no path of this server"):
        client_of(server.url).get(path)
    assert server.connections == 0


@pytest.mark.parametrize(
    "name", ["..", ".", "../../admin", "a/b", "a?b=c", "a#b", "%2e%2e", "a b", "é", "a\r\nX: y", "//host"]
)
def test_a_foreign_id_stays_one_segment_of_its_path(serve: Serve, client_of: ClientOf, name: str) -> None:
    server = serve(fine)
    client_of(server.url).get(f"/api/runs/{segment(name)}/stream")
    (seen,) = server.seen
    assert seen.path.startswith("/api/runs/")
    assert seen.path.endswith("/stream")
    assert seen.path.count("/") == 4
    assert "x" not in seen.headers


def test_the_token_goes_to_its_server_and_is_masked_where_the_server_repeats_it(
    serve: Serve, client_of: ClientOf, caplog: pytest.LogCaptureFixture
) -> None:
    token = "canary-token-é-123"
    server = serve(lambda exchange: exchange.answer(f'{{"detail": "bad {token} here"}}', status="404 Not Found"))
    with caplog.at_level(logging.DEBUG), pytest.raises(NotThere) as got:
        client_of(server.url, token).get("/api/runs")
    assert server.seen[0].headers["authorization"].encode("latin-1").decode() == f"Bearer {token}"
    assert "bad *** here" in got.value.sentence
    assert token not in mask(caplog.text)


def test_nobody_there_is_said_with_the_systems_own_words(client_of: ClientOf) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(Unreachable) as got:
            client_of(url).get("/api/runs")
    assert str(got.value) == f"spark: GET {url}/api/runs cannot be reached: connection refused"
    assert not got.value.maybe_done


def test_a_name_that_nobody_knows_is_said(client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> list[tuple]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unreachable, match=r"spark\.example:9010/api/runs cannot be reached: its name is not known"):
        client_of("http://spark.example:9010").get("/api/runs")


def test_a_host_without_certificate_is_not_asked_over_tls(serve: Serve, client_of: ClientOf) -> None:
    server = serve(fine)
    with pytest.raises(ClientError, match="spark: GET https://"):
        client_of(server.url.replace("http:", "https:"), "canary-token-123", SHORT).get("/api/runs")
    assert server.seen == []
