"""The page of a demo: whatever is open says that it is simulated, and it lives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.page_of import PageOf
from tests.kit.demo import Demo
from tests.kit.server import Server

LABEL = "Demo: everything here is simulated"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for the whole file."""
    demo = Demo(tmp_path_factory.mktemp("demo"))
    try:
        demo.up()
        yield demo
    finally:
        demo.close()


@pytest.fixture
def visit(demo: Demo, context_of: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """Opens a part of the demo's page, logged in: visit("#workers", viewport=…)."""

    def open_at(fragment: str, **options: object) -> Page:
        context = context_of(None, **options)
        answer = context.request.post(f"{demo.said['url']}login", form={"token": demo.token})
        assert answer.ok
        page = context.new_page()
        page.goto(demo.said["url"] + fragment)
        return page

    return open_at


@pytest.mark.parametrize("fragment", ["", "#workers", "#training", "#costs", "#flow", "#sources"])
def test_every_section_says_that_it_is_simulated(visit: Callable[..., Page], fragment: str) -> None:
    expect(visit(fragment).locator(".topbar .demo-label")).to_have_text(LABEL)


def test_on_a_small_screen_the_word_is_still_there(visit: Callable[..., Page]) -> None:
    label = visit("", viewport={"width": 360, "height": 740}).locator(".topbar .demo-label b")
    expect(label).to_be_in_viewport(ratio=1)
    expect(label).to_have_text("Demo")


def test_the_wall_has_no_top_bar_and_says_it_itself(visit: Callable[..., Page]) -> None:
    page = visit("#workers?wall=yes")
    expect(page.locator(".wall-head")).to_be_visible()
    said = "el => getComputedStyle(el, '::before').content"
    page.wait_for_function(f"() => ({said})(document.querySelector('.wall-head')).includes('simulated')")
    assert page.locator(".wall-head").evaluate(said) == f'"{LABEL}"'


def test_workers_a_curve_and_costs_are_alive(visit: Callable[..., Page]) -> None:
    page = visit("#workers")
    expect(page.get_by_text("RUNNING", exact=True).first).to_be_visible()
    expect(page.locator(".ticker [data-part=month]")).to_have_text(re.compile(r"\$[1-9]"))
    page.goto(page.url.partition("#")[0] + "#job=spark:ft_05")
    expect(page.locator("canvas").first).to_be_visible()


def test_a_server_that_is_no_demo_says_nothing_of_it(server: Server, open_page: Callable[..., PageOf]) -> None:
    page = open_page(server).page
    expect(page.locator(".topbar .pill[data-word=live]")).to_be_visible()
    page.wait_for_function(
        "() => performance.getEntriesByType('resource').some((e) => e.name.endsWith('/api/session'))"
    )
    expect(page.locator(".demo-label")).to_have_count(0)
