"""DNS rebinding: a page of evil.example whose name points here may not be answered, on any path."""

from __future__ import annotations

import pytest

from llm_service.dashboard.hosts import checked_names, host_is_allowed, parse_authority
from llm_service.errors import SettingsError
from tests.security.site import Site, small_site
from tests.security.wire import ask, connect, read_answer

PATHS = ["/", "/health", "/login", "/api/tasks", "/static/login.css", "/socket.io/?EIO=4&transport=polling"]
BAD_HOSTS = [
    None,
    "",
    " ",
    "evil.example",
    "evil.example:{port}",
    "localhost.evil.example",
    "127.0.0.1.nip.io",
    "127.0.0.1.evil.example:{port}",
    "0.0.0.0",
    "0.0.0.0:{port}",
    "[::]:{port}",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "127.0.0.01",
    "localhost.",
    "127.0.0.1.",
    "localhost:",
    "localhost:0",
    "localhost:65536",
    "localhost:80a",
    "localhost:-1",
    "user@localhost",
    "localhost@evil.example",
    "user:password@127.0.0.1:{port}",
    "localhost,evil.example",
    "localhost evil.example",
    "localhost/evil",
    "http://localhost",
    "[::1",
    "::1",
    "[::1]evil",
    "[::ffff:127.0.0.1]",
    "[::1%25lo]",
    "10.0.0.1",
    "192.168.1.7",
    "169.254.169.254",
    "*",
    "localhost\xe9",
]
GOOD_HOSTS = [
    "localhost",
    "LocalHost:{port}",
    "localhost:9000",
    "127.0.0.1",
    "127.0.0.1:{port}",
    "127.8.8.8:1",
    "[::1]",
    "[::1]:{port}",
    "[0:0:0:0:0:0:0:1]:65535",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", BAD_HOSTS, ids=repr)
def test_a_host_that_is_not_ours_is_misdirected_on_every_path(site: Site, host: str | None, path: str):
    sent = host.format(port=site.port) if host else host
    answer = ask(site.port, path, host=sent, headers=[site.bearer])
    assert answer.status == 421
    assert list(answer.json()) == ["error"]
    assert not site.sessions


@pytest.mark.parametrize("path", ["/", "/api/tasks", "/static/login.css"])
@pytest.mark.parametrize("host", GOOD_HOSTS)
def test_a_loopback_name_or_address_is_answered(site: Site, host: str, path: str):
    assert ask(site.port, path, host=host.format(port=site.port), headers=[site.bearer]).status == 200


def test_two_host_headers_are_no_host(site: Site):
    lines = [("Host", "evil.example"), site.bearer]
    assert ask(site.port, "/api/tasks", headers=lines).status == 421


def test_the_host_in_the_address_of_a_proxy_request_does_not_count(site: Site):
    for address in (f"http://127.0.0.1:{site.port}/api/tasks", "http://evil.example/api/tasks"):
        assert ask(site.port, address, host="evil.example", headers=[site.bearer]).status in (400, 421)


def test_a_request_of_http_1_0_without_host_is_misdirected(site: Site):
    with connect(site.port) as connection:
        connection.sendall(b"GET /api/tasks HTTP/1.0\r\n\r\n")
        assert read_answer(connection).status == 421


def test_a_name_the_owner_allowed_is_answered_with_any_port_and_case():
    with small_site(allowed_hosts=("Board.Example", "192.168.1.7", "fd00::2")) as site:
        for host in ("board.example", "BOARD.example:9000", "192.168.1.7:80", "[fd00:0::2]:8080"):
            assert ask(site.port, "/api/tasks", host=host, headers=[site.bearer]).status == 200
        for host in ("xboard.example", "board.example.evil.example", "192.168.1.70", "a.board.example"):
            assert ask(site.port, "/api/tasks", host=host, headers=[site.bearer]).status == 421


@pytest.mark.parametrize("name", ["*", "*.example", "board.example:80", "http://board", "", "a b", "0.0.0.0", "::"])
def test_an_allowed_host_that_is_no_name_stops_the_start(name: str):
    with pytest.raises(SettingsError, match="allowed_host"):
        checked_names([name])


def test_a_host_is_read_whole_or_not_at_all():
    assert parse_authority("[::1]:8080") == ("::1", 8080)
    assert parse_authority("a_b.c-d") == ("a_b.c-d", None)
    assert parse_authority("localhost\n") is None
    assert not host_is_allowed("localhost\n", frozenset())
    assert not host_is_allowed("١٢٧.0.0.1", frozenset())
