"""CSRF: the rule, and that the running server follows it before anything is done."""

from __future__ import annotations

import pytest

from llm_service.dashboard.crosssite import refusal
from tests.security.site import Site, small_site
from tests.security.wire import ask

OWN, EVIL, LISTED = "http://localhost:8080", "http://evil.example", "https://tools.example"
NAVIGATION = {"HTTP_SEC_FETCH_MODE": "navigate", "HTTP_SEC_FETCH_DEST": "document"}
CHANGES = ["POST", "PUT", "PATCH", "DELETE", "MOVE", "X-UNKNOWN", "get"]


def environ(method: str, path: str = "/api/tasks", **headers: str) -> dict[str, str]:
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "wsgi.url_scheme": "http",
        "HTTP_HOST": "localhost:8080",
        **headers,
    }


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),  # no browser
        ({"HTTP_SEC_FETCH_SITE": "same-origin"}, True),
        ({"HTTP_SEC_FETCH_SITE": "none"}, True),
        ({"HTTP_SEC_FETCH_SITE": "same-site"}, False),  # another port of localhost
        ({"HTTP_SEC_FETCH_SITE": "cross-site"}, False),
        ({"HTTP_SEC_FETCH_SITE": "something-new"}, False),
        ({"HTTP_SEC_FETCH_SITE": ""}, False),
        ({"HTTP_SEC_FETCH_SITE": "cross-site", **NAVIGATION}, False),  # a form on another page
        ({"HTTP_ORIGIN": OWN}, True),
        ({"HTTP_ORIGIN": EVIL}, False),
        ({"HTTP_ORIGIN": "null"}, False),
        ({"HTTP_ORIGIN": OWN, "HTTP_SEC_FETCH_SITE": "same-origin"}, True),
        ({"HTTP_ORIGIN": OWN, "HTTP_SEC_FETCH_SITE": "cross-site"}, False),
        ({"HTTP_ORIGIN": EVIL, "HTTP_SEC_FETCH_SITE": "same-origin"}, False),
        ({"HTTP_ORIGIN": LISTED, "HTTP_SEC_FETCH_SITE": "cross-site"}, True),
        ({"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_AUTHORIZATION": "Bearer x"}, True),
        ({"HTTP_ORIGIN": EVIL, "HTTP_AUTHORIZATION": "bearer x"}, True),
        ({"HTTP_ORIGIN": EVIL, "HTTP_AUTHORIZATION": "Bearer x", "HTTP_COOKIE": "a=b"}, False),
        ({"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_AUTHORIZATION": "Basic x"}, False),
        ({"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_COOKIE": "a=b"}, False),
    ],
)
@pytest.mark.parametrize("method", CHANGES)
def test_a_change_needs_our_page_a_program_or_a_token(method: str, headers: dict[str, str], allowed: bool):
    assert (refusal(environ(method, **headers), [LISTED]) is None) == allowed


@pytest.mark.parametrize(
    ("headers", "path", "allowed"),
    [
        ({}, "/api/tasks", True),
        ({"HTTP_SEC_FETCH_SITE": "cross-site"}, "/api/tasks", False),  # <img>, no-cors fetch
        ({"HTTP_SEC_FETCH_SITE": "same-site"}, "/api/tasks", False),
        ({"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_SEC_FETCH_MODE": "no-cors"}, "/socket.io/", False),
        ({"HTTP_SEC_FETCH_SITE": "cross-site", **NAVIGATION}, "/", True),  # a link
        ({"HTTP_SEC_FETCH_SITE": "same-site", **NAVIGATION}, "/login", True),
        ({"HTTP_SEC_FETCH_SITE": "cross-site", **NAVIGATION}, "/socket.io/", False),
        (
            {
                "HTTP_SEC_FETCH_SITE": "cross-site",
                "HTTP_SEC_FETCH_MODE": "navigate",
                "HTTP_SEC_FETCH_DEST": "iframe",
            },
            "/",
            False,
        ),
        ({"HTTP_SEC_FETCH_SITE": "same-origin"}, "/socket.io/", True),
    ],
)
def test_another_page_may_only_link_to_us(headers: dict[str, str], path: str, allowed: bool):
    assert (refusal(environ("GET", path, **headers), []) is None) == allowed


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_foreign_change_never_reaches_the_application(site: Site, method: str):
    site.app.config["TRAP"].clear()
    for headers in (
        [("Sec-Fetch-Site", "cross-site"), site.cookie],
        [("Sec-Fetch-Site", "same-site"), site.cookie],
        [("Origin", EVIL), site.cookie],
        [("Origin", EVIL), site.cookie, site.bearer],
    ):
        assert ask(site.port, "/api/tasks", method=method, headers=headers).status == 403
    assert site.app.config["TRAP"] == []
    own = [("Origin", site.url), ("Sec-Fetch-Site", "same-origin"), site.cookie]
    assert ask(site.port, "/api/tasks", method=method, headers=own).status == 200


def test_an_unknown_method_counts_as_a_change(site: Site):
    headers = [("Sec-Fetch-Site", "cross-site"), site.cookie]
    assert ask(site.port, "/api/tasks", method="FROB", headers=headers).status == 403


@pytest.mark.parametrize("token", [None, "a-good-long-token"])
def test_a_foreign_image_opens_no_session(token: str | None):
    with small_site(token=token) as site:
        headers = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image")]
        path = "/socket.io/?EIO=4&transport=polling"
        assert ask(site.port, path, headers=headers).status == 403
        assert not site.sessions
