"""Every answer, whoever gives it, tells the browser what it may do with it."""

from __future__ import annotations

import pytest

from llm_service.dashboard.headers import CSP, LOGIN_CSP
from tests.security.site import Site
from tests.security.test_token import every_path
from tests.security.wire import Answer, ask

HANDSHAKE = "/socket.io/?EIO=4&transport=polling"
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def problems(path: str, answer: Answer) -> list[str]:
    """What a careful browser would miss in this answer."""
    found = [f"{name} is {answer.header(name)}" for name, value in ALWAYS.items() if answer.header(name) != value]
    csp = answer.header("Content-Security-Policy") or ""
    if csp not in (CSP, LOGIN_CSP) or (csp == LOGIN_CSP and answer.body and b"<form" not in answer.body):
        found.append(f"Content-Security-Policy is {csp!r}")
    if answer.body and not answer.header("Content-Type"):
        found.append("no Content-Type")
    cache = answer.header("Cache-Control")
    static = path.startswith(("/static/", "/favicon")) and answer.status == 200
    if static and (cache != "no-cache" or not answer.header("ETag")):
        found.append(f"a static file with Cache-Control {cache!r} and ETag {answer.header('ETag')!r}")
    if path.startswith(("/api", "/login", "/socket.io", "/health")) and cache != "no-store":
        found.append(f"Cache-Control is {cache!r}")
    if any(name in (answer.header("Server") or "") for name in ("Werkzeug", "Python")):
        found.append(f"Server is {answer.header('Server')}")
    names = [name.lower() for name, _ in answer.headers if name.lower() != "set-cookie"]
    found += [f"{name} twice" for name in set(names) if names.count(name) > 1]
    return found


def test_every_route_answers_with_every_header_logged_in_or_not(site: Site):
    for path in every_path(site):
        for method in ("GET", "POST", "DELETE", "HEAD"):
            for credentials in ([], [site.bearer]):
                answer = ask(site.port, path, method=method, headers=credentials)
                assert (path, method, answer.status, problems(path, answer)) == (path, method, answer.status, [])


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", [("Host", "evil.example")], 421),
        ("/", [("Origin", "http://evil.example")], 403),
        ("/api/tasks", [], 401),
        ("/api/fails", ["bearer"], 500),
        ("/nowhere", ["bearer"], 404),
        (HANDSHAKE, ["bearer"], 200),
        ("/socket.io/?EIO=3", ["bearer"], 400),
        ("/api/tasks", ["bearer", ("Content-Length", "x")], 400),
        ("/api/tasks", ["bearer", ("Transfer-Encoding", "chunked")], 411),
    ],
)
def test_every_kind_of_refusal_carries_them(site: Site, path: str, headers: list, status: int):
    lines = [site.bearer if line == "bearer" else line for line in headers]
    host = None if any(name == "Host" for name, _ in lines) else "default"
    answer = ask(site.port, path, host=host, headers=lines)
    assert (answer.status, problems(path, answer)) == (status, [])


def test_the_policy_is_strict():
    for policy in (CSP, LOGIN_CSP):
        rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
        assert rules["default-src"] == "'none'"
        assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
        assert rules["base-uri"] == rules["frame-ancestors"] == "'none'"
        assert rules["require-trusted-types-for"] == "'script'"
        assert "unsafe" not in policy
        assert "*" not in policy
    assert "form-action 'none'" in CSP


def test_a_static_file_is_sent_once_and_then_confirmed(site: Site):
    first = ask(site.port, "/static/login.css")
    again = ask(site.port, "/static/login.css", headers=[("If-None-Match", str(first.header("ETag")))])
    assert (first.status, again.status, again.body) == (200, 304, b"")


def test_a_cookie_beside_the_headers_survives(site: Site):
    answer = ask(site.port, f"/login?code={site.auth.new_code()}")
    assert answer.header("Set-Cookie")
    assert answer.header("Cache-Control") == "no-store"


def test_a_careless_route_can_neither_be_cached_nor_be_shared(site: Site):
    answer = ask(site.port, "/api/careless", headers=[site.bearer])
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("Access-Control-Allow-Origin") is None
