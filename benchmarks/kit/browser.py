"""Chromium, headless and without a GPU, and pages that are logged in."""

from __future__ import annotations

import http.client
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.kit.server import Server

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_WAIT_S = 20.0


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser; raises where Chromium or Playwright is missing."""
    from playwright.sync_api import sync_playwright

    found = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)
    if found is None:
        raise RuntimeError("Chromium is not installed; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def open_page(browser: Any, server: Server, probe: Path, section: str = "") -> Any:
    """A page, logged in, with the probe in it, in a context of its own; returns when the navigation is committed."""
    url = f"http://127.0.0.1:{server.port}"
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{**cookie, "url": url} for cookie in [_login(server)]])
    page = context.new_page()
    page.add_init_script(path=probe)
    page.goto(f"{url}/" + (f"#{section}" if section else ""), wait_until="commit")
    return page


def until(page: Any, expression: str, every_ms: int = 50) -> None:
    """Wait from outside: the page's own policy forbids what Playwright would put into it."""
    end_s = time.monotonic() + _WAIT_S
    while not page.evaluate(expression):
        if time.monotonic() > end_s:
            raise TimeoutError(f"the page never came to {expression}")
        page.wait_for_timeout(every_ms)


def _login(server: Server) -> dict[str, str]:
    """The login cookie, without a browser having seen the page."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    body = f"token={server.token}"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{server.port}"}
    connection.request("POST", urlsplit("/login").path, body, headers)
    cookie = connection.getresponse().getheader("Set-Cookie")
    connection.close()
    if not cookie:
        raise RuntimeError("the login gave no cookie")
    name, _, value = cookie.partition(";")[0].partition("=")
    return {"name": name, "value": value}
