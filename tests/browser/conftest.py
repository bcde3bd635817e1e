"""Chromium for the tests of the page: one browser for the folder, a fresh context for each server of each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.browser.page_of import LISTEN, WAIT_MS, WATCH_POLICY, PageOf
from tests.kit.board_fixtures import board, folder, start_board  # noqa: F401
from tests.kit.browser import chromium_path
from tests.kit.server import Server
from tests.kit.simulator import bobspark, make_bobspark  # noqa: F401

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
expect.set_options(timeout=WAIT_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(180))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    path = chromium_path()
    assert path is not None, "REQUIRE_BROWSER=1 is set and no Chromium was found (Debian: apt-get install chromium)"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture
def context_of(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes contexts that are logged in to a server: context_of(server, color_scheme="dark")."""
    made: list[BrowserContext] = []

    def make(server: Server | None, **options: object) -> BrowserContext:
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        context.add_init_script(WATCH_POLICY)
        context.add_init_script(LISTEN)
        made.append(context)
        if server is not None:
            answer = context.request.post(f"{server.url}login", form={"token": server.token})
            assert answer.ok, f"logging in answered {answer.status}"
        return context

    yield make
    for context in made:
        context.close()


@pytest.fixture
def open_page(context_of: Callable[..., BrowserContext]) -> Iterator[Callable[..., PageOf]]:
    """Opens the board in a tab of its own, open_page(server, "#board?q=x"); nothing may go wrong in it."""
    made: list[PageOf] = []

    def make(server: Server, fragment: str = "", **options: object) -> PageOf:
        made.append(PageOf(context_of(server, **options), server))
        return made[-1].open(fragment)

    yield make
    wrong = [complaint for page in made for complaint in page.complaints()]
    assert wrong == []
