"""Another page may neither read nor open a socket: the Origin header is compared whole."""

from __future__ import annotations

import pytest

from llm_service.dashboard.origins import allowed_origin, checked_origins, is_listed
from llm_service.errors import SettingsError
from tests.security.site import Site, small_site
from tests.security.wire import ask, open_websocket

LISTED = "https://tools.example:8443"

# The tricks that got past other servers: prefixes, suffixes, user info, other ports, null, loopback aliases.
BAD_ORIGINS = [
    "null",
    "http://evil.example",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "https://127.0.0.1:{port}",
    "http://localhost:{port}",
    "http://127.0.0.1:{port}.evil.example",
    "http://127.0.0.1.evil.example:{port}",
    "http://evil.example/http://127.0.0.1:{port}",
    "http://127.0.0.1:{port}@evil.example",
    "http://evil.example#127.0.0.1:{port}",
    "http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port},http://evil.example",
    "//127.0.0.1:{port}",
    "127.0.0.1:{port}",
    "file://",
    "chrome-extension://abcdef",
    "http://[::1]:{port}",
    "https://tools.example",
    "http://tools.example:8443",
    "https://tools.example:84430",
    "https://tools.example:8443.evil.example",
    "https://evil-tools.example:8443",
    "https://tools.example.evil.example:8443",
    "https://xtools.example:8443",
    "",
    "*",
]
HANDSHAKE = "/socket.io/?EIO=4&transport=polling"


@pytest.fixture(scope="module")
def listing():
    with small_site(cors_origins=(LISTED,)) as running:
        yield running


@pytest.mark.parametrize("path", ["/api/tasks", HANDSHAKE, "/health"])
@pytest.mark.parametrize("origin", BAD_ORIGINS)
def test_a_foreign_origin_is_refused(listing: Site, origin: str, path: str):
    sent = origin.format(port=listing.port)
    answer = ask(listing.port, path, headers=[("Origin", sent), listing.cookie, listing.bearer])
    assert answer.status == 403
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control-")]
    assert not listing.sessions


@pytest.mark.parametrize("origin", BAD_ORIGINS)
def test_a_foreign_origin_opens_no_websocket(listing: Site, origin: str):
    sent = origin.format(port=listing.port)
    connection, answer = open_websocket(listing.port, [("Origin", sent), listing.cookie])
    connection.close()
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert not listing.sessions


def test_a_bearer_token_does_not_open_a_socket_for_a_foreign_page(listing: Site):
    headers = [("Origin", "http://evil.example"), listing.bearer]
    connection, answer = open_websocket(listing.port, headers)
    connection.close()
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert ask(listing.port, HANDSHAKE, headers=headers).status == 403


def test_our_own_page_is_known_by_the_port_the_browser_asked_for(site: Site):
    """`ssh -L 9000:localhost:8080` shows another port than the one we listen on."""
    headers = [("Origin", "http://localhost:9000"), site.cookie]
    assert ask(site.port, "/api/tasks", host="localhost:9000", headers=headers).status == 200
    assert ask(site.port, "/api/tasks", host="localhost:9001", headers=headers).status == 403


def test_our_own_page_opens_a_websocket(site: Site):
    connection, answer = open_websocket(site.port, [("Origin", site.url), site.cookie])
    connection.close()
    assert answer.startswith(b"HTTP/1.1 101 ")


@pytest.mark.parametrize(
    "forged",
    [
        [("X-Forwarded-Host", "evil.example")],
        [("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "http")],
        [("X-Forwarded-Server", "evil.example"), ("Forwarded", "host=evil.example")],
        [("X_Forwarded_Host", "evil.example")],
    ],
)
@pytest.mark.parametrize("path", ["/api/tasks", HANDSHAKE])
def test_a_forwarded_host_makes_no_origin_ours(site: Site, forged: list[tuple[str, str]], path: str):
    headers = [*forged, ("Origin", "http://evil.example"), site.cookie]
    assert ask(site.port, path, headers=headers).status == 403


def test_forwarded_headers_are_not_believed_without_a_proxy(site: Site):
    forged = [
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-For", "8.8.8.8"),
        ("Forwarded", "for=8.8.8.8;host=evil.example;proto=https"),
    ]
    seen = ask(site.port, "/api/tasks", headers=[*forged, site.bearer]).json()
    assert seen == {
        "secret": "task",
        "scheme": "http",
        "host": f"127.0.0.1:{site.port}",
        "from": "127.0.0.1",
        "forwarded": [],
    }


def test_behind_a_proxy_the_last_forwarded_values_count():
    with small_site(behind_proxy=True, allowed_hosts=("board.example",)) as site:
        headers = [
            ("X-Forwarded-For", "6.6.6.6, 10.1.2.3"),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "board.example"),
            ("Origin", "https://board.example"),
            site.cookie,
        ]
        seen = ask(site.port, "/api/tasks", headers=headers)
        assert seen.json()["scheme"] == "https"
        assert seen.json()["from"] == "10.1.2.3"
        evil = [("X-Forwarded-Host", "evil.example"), ("Origin", "http://evil.example"), site.cookie]
        assert ask(site.port, "/api/tasks", headers=evil).status == 421


def test_a_listed_origin_may_read_and_is_told_so(listing: Site):
    answer = ask(listing.port, "/api/tasks", headers=[("Origin", LISTED), listing.bearer])
    assert answer.status == 200
    assert answer.header("Access-Control-Allow-Origin") == LISTED
    assert answer.header("Vary") == "Origin"


def test_a_listed_origin_can_read_why_it_was_refused(listing: Site):
    answer = ask(listing.port, "/api/tasks", headers=[("Origin", LISTED)])
    assert answer.status == 401
    assert answer.header("Access-Control-Allow-Origin") == LISTED


@pytest.mark.parametrize("path", ["/api/tasks", HANDSHAKE])
def test_a_preflight_of_a_listed_origin_is_answered_without_a_login(listing: Site, path: str):
    headers = [("Origin", LISTED), ("Access-Control-Request-Method", "POST"), ("Sec-Fetch-Site", "cross-site")]
    answer = ask(listing.port, path, method="OPTIONS", headers=headers)
    assert answer.status == 204
    assert answer.header("Access-Control-Allow-Origin") == LISTED
    assert "Authorization" in str(answer.header("Access-Control-Allow-Headers"))


def test_a_preflight_of_another_origin_is_refused(listing: Site):
    headers = [("Origin", "http://evil.example"), ("Access-Control-Request-Method", "POST")]
    answer = ask(listing.port, "/api/tasks", method="OPTIONS", headers=headers)
    assert answer.status == 403
    assert answer.header("Access-Control-Allow-Origin") is None


@pytest.mark.parametrize("path", ["/api/tasks", HANDSHAKE, "/health"])
def test_by_default_no_answer_carries_a_cors_header(site: Site, path: str):
    for headers in ([site.bearer], [("Origin", site.url), site.cookie]):
        answer = ask(site.port, path, headers=headers)
        assert answer.status == 200
        assert not [name for name, _ in answer.headers if name.lower().startswith("access-control-")]


def test_any_origin_means_without_cookies():
    with small_site(cors_origins=("*",)) as site:
        foreign = ("Origin", "http://evil.example")
        assert ask(site.port, "/api/tasks", headers=[foreign, site.cookie]).status == 401
        answer = ask(site.port, "/api/tasks", headers=[foreign, site.bearer])
        assert answer.status == 200
        assert answer.header("Access-Control-Allow-Origin") == "*"
        assert answer.header("Access-Control-Allow-Credentials") is None
        assert ask(site.port, "/api/tasks", headers=[("Origin", "null"), site.cookie]).status == 403
        assert ask(site.port, "/api/tasks", headers=[("Origin", site.url), site.cookie]).status == 200


def test_the_star_needs_loopback_and_insecure():
    assert checked_origins(["*"], loopback=True, insecure=True) == ("*",)
    for loopback, insecure in ((True, False), (False, True), (False, False)):
        with pytest.raises(SettingsError, match="cors_origin"):
            checked_origins(["*"], loopback=loopback, insecure=insecure)


@pytest.mark.parametrize("origin", ["null", "https://a.example/", "a.example", "https://*.example", "", "ftp://a"])
def test_a_cors_origin_that_is_no_origin_stops_the_start(origin: str):
    with pytest.raises(SettingsError, match="cors_origin"):
        checked_origins([origin], loopback=True, insecure=True)


def test_a_default_port_may_be_written_or_left_out():
    environ = {"wsgi.url_scheme": "https", "HTTP_HOST": "board.example:443"}
    assert allowed_origin("https://board.example", environ, ())
    assert is_listed("https://tools.example", ["https://tools.example:443"])
    assert not allowed_origin(None, environ, ())
