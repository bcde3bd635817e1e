"""The attacks from a real browser: a name that points to us, a page on another port, and our own login form."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.kit.browser import chromium_path
from tests.security.site import TOKEN, Site, small_site

pytestmark = pytest.mark.browser

# What a hostile page tries, each with what it got: a status and text, or "blocked".
ATTACKS = """async (target) => {
  const told = {};
  const tell = async (name, attempt) => {
    try { told[name] = String(await attempt()); } catch { told[name] = "blocked"; }
  };
  const text = (options) => async () => {
    const answer = await fetch(target + "/api/tasks", options);
    return `${answer.status} ${await answer.text()}`;
  };
  await tell("read", text({}));
  await tell("read with cookies", text({ credentials: "include" }));
  await tell("no-cors", text({ mode: "no-cors", credentials: "include" }));
  await tell("delete", text({ method: "DELETE", credentials: "include" }));
  await tell("post", text({ method: "POST", mode: "no-cors", credentials: "include", body: "a=b" }));
  await tell("handshake", async () => {
    const answer = await fetch(`${target}/socket.io/?EIO=4&transport=polling`, { credentials: "include" });
    return `${answer.status} ${await answer.text()}`;
  });
  await tell("image", () => new Promise((done, failed) => {
    const image = new Image();
    image.onload = () => done("loaded");
    image.onerror = failed;
    image.src = `${target}/socket.io/?EIO=4&transport=polling&t=image`;
  }));
  await tell("websocket", () => new Promise((done, failed) => {
    const socket = new WebSocket(`${target.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
    socket.onmessage = (event) => done(`open ${event.data}`);
    socket.onerror = failed;
  }));
  return told;
}"""


@contextmanager
def hostile_server() -> Iterator[int]:
    """A web server of somebody else on this machine; its pages are what the attacker wrote."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>hostile</title>")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="hostile")
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = chromium_path()
    assert chromium is not None, "no Chromium was found (Debian: apt-get install chromium)"
    rules = "--host-resolver-rules=MAP evil.example 127.0.0.1, MAP tools.example 127.0.0.1"
    quiet = ["--disable-background-networking", "--no-sandbox"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=[rules, *quiet])
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def log_in(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/login?code={site.auth.new_code()}")
    expect(page.locator("body")).to_have_text("the board")


@pytest.mark.parametrize("token", [TOKEN, None])
def test_a_name_that_was_pointed_at_us_gets_nothing(page: Page, token: str | None):
    with small_site(token=token) as site:
        answer = page.goto(f"http://evil.example:{site.port}/")
        assert answer.status == 421
        assert "the board" not in page.content()
        told = page.evaluate(ATTACKS, f"http://evil.example:{site.port}")
        assert "secret" not in str(told)
        assert told["read"].startswith("421 ")
        assert told["handshake"].startswith("421 ")
        assert told["websocket"] == told["image"] == "blocked"
        assert not site.sessions
        assert site.app.config["TRAP"] == []


@pytest.mark.parametrize("name", ["evil.example", "localhost", "127.0.0.1"])
@pytest.mark.parametrize("token", [TOKEN, None])
def test_a_page_of_another_origin_gets_nothing_even_from_a_browser_that_is_logged_in(
    page: Page, token: str | None, name: str
):
    with small_site(token=token) as site, hostile_server() as port:
        if token:
            log_in(page, site)
        page.goto(f"http://{name}:{port}/")
        told = page.evaluate(ATTACKS, site.url)
        assert "secret" not in str(told)
        assert "open" not in told["websocket"]
        assert told["read"] == told["read with cookies"] == told["image"] == "blocked"
        assert not site.sessions
        assert site.app.config["TRAP"] == []


def test_a_page_of_a_listed_origin_may_read_with_the_token(page: Page):
    with hostile_server() as port, small_site(cors_origins=(f"http://tools.example:{port}",)) as site:
        page.goto(f"http://tools.example:{port}/")
        read = """async ([url, token]) => {
          const answer = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
          return answer.json();
        }"""
        assert page.evaluate(read, [f"{site.url}/api/tasks", TOKEN])["secret"] == "task"


def test_a_foreign_page_cannot_log_the_browser_in(page: Page):
    with small_site() as site, hostile_server() as port:
        page.goto(f"http://localhost:{port}/")
        submit = """([url, token]) => {
          const form = document.createElement("form");
          form.method = "post";
          form.action = `${url}/login`;
          const field = document.createElement("input");
          field.name = "token";
          field.value = token;
          form.append(field);
          document.body.append(form);
          form.submit();
        }"""
        with page.expect_response(f"{site.url}/login") as answer:
            page.evaluate(submit, [site.url, TOKEN])
        assert answer.value.status == 403
        assert page.context.cookies(site.url) == []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_person_pastes_the_token_and_is_back_where_they_wanted_to_go(browser: Browser, scripts: bool):
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    with small_site() as site:
        answer = page.goto(f"{site.url}/?a=b#task=x")
        assert answer.status == 401
        page.get_by_label("Token").fill("not the token")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_contain_text("This is not the token")
        page.get_by_label("Token").fill(TOKEN)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(f"{site.url}/?a=b#task=x" if scripts else f"{site.url}/?a=b")
        expect(page.locator("body")).to_have_text("the board")
        cookie = context.cookies(site.url)[0]
        assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
    context.close()
    unexpected = [text for text in complaints if "401" not in text and "favicon" not in text and "404" not in text]
    assert unexpected == [], complaints


def test_a_link_on_another_page_leads_to_the_board(page: Page):
    with small_site() as site, hostile_server() as port:
        log_in(page, site)
        page.goto(f"http://evil.example:{port}/")
        link = """(url) => {
          const link = document.createElement("a");
          link.href = url;
          link.textContent = "board";
          document.body.append(link);
        }"""
        page.evaluate(link, f"{site.url}/")
        page.get_by_text("board").click()
        page.wait_for_url(f"{site.url}/")
        expect(page.locator("body")).to_have_text("the board")


def test_the_board_cannot_be_framed(page: Page):
    with small_site() as site, hostile_server() as port:
        log_in(page, site)
        page.goto(f"http://localhost:{port}/")
        frame = """(url) => new Promise((done) => {
          const frame = document.createElement("iframe");
          frame.onload = () => done();
          frame.src = url;
          document.body.append(frame);
        })"""
        page.evaluate(frame, f"{site.url}/")
        assert all("the board" not in child.content() for child in page.frames)
