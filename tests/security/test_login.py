"""The ways in, and that none of them leads to another site."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from llm_service.dashboard.login import local_path
from tests.security.site import TOKEN, Site, small_site
from tests.security.wire import Answer, ask

BROWSER = [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")]
FORM = ("Content-Type", "application/x-www-form-urlencoded")

# Jupyter's table of redirects that led away, and more of the kind.
BAD_NEXT = [
    r"\\tree",
    "//host",
    "//host/tree",
    "///google.com",
    "/\\google.com",
    "\\/google.com",
    "https://google.com",
    "HTTPS://google.com",
    "https:google.com",
    "javascript:alert(1)",
    "google.com",
    "/ /google.com",
    "/\t/google.com",
    "/\n/google.com",
    "\t//google.com",
    " //google.com",
    "/\r\nSet-Cookie: a=b",
    "/\x00",
    "/%zz\\",
    "",
    ".",
    "?next=/",
    "/" + "a" * 2000,
]
GOOD_NEXT = ["/", "/docs", "/?a=b&c=d", "/#board?agent=x&task=y", "/a/../b", "/%2f%2fgoogle.com", "/?u=http://x/"]


def set_cookie(answer: Answer) -> str:
    return answer.header("Set-Cookie") or ""


@pytest.mark.parametrize("target", BAD_NEXT)
def test_a_login_never_leads_to_another_site(site: Site, target: str):
    assert local_path(target) == "/"
    answer = ask(site.port, f"/login?code={site.auth.new_code()}&next={quote(target)}")
    assert (answer.status, answer.header("Location")) == (303, "/")
    body = f"token={TOKEN}&next={quote(target)}".encode()
    answer = ask(site.port, "/login", method="POST", headers=[FORM], body=body)
    assert (answer.status, answer.header("Location")) == (303, "/")
    answer = ask(site.port, f"/login?next={quote(target)}", headers=[site.cookie])
    assert (answer.status, answer.header("Location")) == (303, "/")


@pytest.mark.parametrize("target", GOOD_NEXT)
def test_a_login_leads_to_the_page_that_was_wanted(site: Site, target: str):
    answer = ask(site.port, f"/login?code={site.auth.new_code()}&next={quote(target)}")
    assert (answer.status, answer.header("Location")) == (303, target)


def test_a_link_logs_in_once_and_its_cookie_is_out_of_reach_of_scripts(site: Site):
    link = f"/login?code={site.auth.new_code()}"
    answer = ask(site.port, link, headers=BROWSER)
    assert answer.status == 303
    cookie = set_cookie(answer)
    assert cookie.startswith("llm_service_1=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert TOKEN not in cookie
    assert ask(site.port, "/api/tasks", headers=[("Cookie", cookie.partition(";")[0])]).status == 200
    second = ask(site.port, link, headers=BROWSER)
    assert second.status == 401
    assert set_cookie(second) == ""
    assert b"used before" in second.body


def test_looking_at_a_link_does_not_use_it_up(site: Site):
    link = f"/login?code={site.auth.new_code()}"
    assert ask(site.port, link, method="HEAD").status == 401
    assert ask(site.port, link).status == 303


def test_a_used_link_is_no_obstacle_for_who_is_logged_in(site: Site):
    assert ask(site.port, "/login?code=used&next=/docs", headers=[site.cookie]).header("Location") == "/docs"


def test_the_cookie_is_secure_on_https():
    with small_site(behind_proxy=True) as site:
        headers = [("X-Forwarded-Proto", "https")]
        answer = ask(site.port, f"/login?code={site.auth.new_code()}", headers=headers)
        assert "Secure" in set_cookie(answer).split("; ")


def test_the_pasted_token_logs_in_and_a_wrong_one_does_not(site: Site):
    answer = ask(site.port, "/login", method="POST", headers=[FORM], body=f"token=%20{TOKEN}%0A".encode())
    assert (answer.status, answer.header("Location")) == (303, "/")
    assert set_cookie(answer)
    for body in (b"token=wrong", b"token=", b"", b"x=1", b"token=%ff", b"token=" + b"a" * 20_000):
        answer = ask(site.port, "/login", method="POST", headers=[FORM], body=body)
        assert answer.status in (401, 413)
        assert not set_cookie(answer)


def test_another_page_cannot_log_us_in_or_out(site: Site):
    foreign = [FORM, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Origin", "null")]
    body = f"token={TOKEN}".encode()
    assert ask(site.port, "/login", method="POST", headers=foreign, body=body).status == 403
    assert ask(site.port, "/logout", method="POST", headers=[*foreign, site.cookie]).status == 403


def test_logging_out_takes_the_cookie_away(site: Site):
    answer = ask(site.port, "/logout", method="POST", headers=[site.cookie])
    assert (answer.status, answer.header("Location")) == (303, "/login")
    assert "Max-Age=0" in set_cookie(answer)
    assert ask(site.port, "/logout", headers=[site.cookie]).status == 405


def test_a_page_asked_for_without_login_is_the_login_page_and_leads_back(site: Site):
    answer = ask(site.port, "/docs?a=%3Cb%3E&c=%22", headers=[*BROWSER, ("Sec-Fetch-Mode", "navigate")])
    page = answer.body.decode()
    assert answer.status == 401
    assert "llm-service dashboard open" in page
    assert '<form method="post" action="/login">' in page
    assert 'name="next" value="/docs?a=%3Cb%3E&amp;c=%22"' in page
    assert ask(site.port, "/", headers=BROWSER).body.startswith(b"<!doctype html>")


@pytest.mark.parametrize("path", ['/"><script>alert(1)</script>', "/login?next=/%22%3E%3Cscript%3E", "//evil.example"])
def test_what_was_asked_for_is_shown_as_text_only(site: Site, path: str):
    page = ask(site.port, path, headers=BROWSER).body.decode()
    assert "<script>" not in page
    assert 'value="//' not in page


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Accept", "application/json")],
        [*BROWSER, ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Site", "same-origin")],
    ],
)
def test_a_program_without_login_gets_json(site: Site, headers: list[tuple[str, str]]):
    answer = ask(site.port, "/api/tasks", headers=headers)
    assert answer.status == 401
    assert "llm-service dashboard open" in answer.json()["error"]


def test_the_login_page_runs_nothing_inline_and_loads_only_its_own(site: Site):
    page = ask(site.port, "/login").body.decode()
    assert "<style" not in page
    assert " style=" not in page
    assert " on" not in page.replace(" once", "").replace(" one", "").replace(" on ", "")
    assert page.count("<script") == page.count('<script type="module" src="/static/login.js">') == 1
    for asset in ("/static/login.css", "/static/login.js"):
        assert asset in page
        assert ask(site.port, asset).status == 200
