"""Whatever a file says, it is shown as text: nothing runs, nothing is fetched, the policy is never even asked."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

RUN = "window.__xss=1"
FOREIGN = ("script", "iframe", "img", "style", "video", "audio", "form", "math")
PAYLOADS = [
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<body onload={RUN}>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<iframe src=javascript:{RUN}>",
    f"<a href=javascript:{RUN}>x</a>",
    f"<a href='data:text/html,<script>{RUN}</script>'>x</a>",
    f"<details open ontoggle={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<select autofocus onfocus={RUN}>",
    f"<textarea autofocus onfocus={RUN}>",
    f"<video><source onerror={RUN}>",
    f"<audio src=x onerror={RUN}>",
    f"<object data=javascript:{RUN}>",
    f"<embed src=javascript:{RUN}>",
    f"<form action=javascript:{RUN}><button>x</button></form>",
    f"<form><button formaction=javascript:{RUN}>x</button></form>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"<template><script>{RUN}</script></template>",
    f"<style>@import 'javascript:{RUN}'</style>",
    f"<link rel=stylesheet href='data:text/css,*{{color:red}}' onload={RUN}>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>",
    f"<base href=javascript:{RUN}//>",
    f"<marquee onstart={RUN}>",
    f"<div style='width:expression({RUN})'>",
    f"<x onclick={RUN} tabindex=0>x",
    f'"><script>{RUN}</script>',
    f"' autofocus onfocus={RUN} x='",
    f"`-{RUN}-`",
    f"${{{RUN}}}",
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    f"javascript:{RUN}",
    f"[click](javascript:{RUN})",
    f'![x](x" onerror="{RUN})',
    f"<!--><script>{RUN}</script>-->",
    f"]]><script>{RUN}</script>",
    "\u202e<b>reversed\u2066",
]


def hostile_file(number: int, payload: str) -> str:
    """A task whose every text field is the payload."""
    text = json.dumps(payload)
    fields = ("title", "agent", "description", "notes", "context", "status", "priority", "result")
    lines = [f"id: {json.dumps(f'x{number} {payload}')}", *(f"{name}: {text}" for name in fields)]
    lines += [f"tags: [{text}]", f"dependencies: [{text}]", f"artefacts: [{text}]", f"{text}: {text}"]
    return "\n".join(lines) + "\n"


def safe_name(number: int, payload: str) -> str:
    """The payload as a file name, as far as a file system goes."""
    return f"{number} {payload}".replace("/", "\u2215").replace("\x00", "")[:120] + ".yaml"


@pytest.fixture
def hostile(work_dir):
    assert len(PAYLOADS) == 40
    for number, payload in enumerate(PAYLOADS):
        folder = work_dir.root / ("inbox", "assigned", "done")[number % 3]
        if number % 3:
            folder = folder / safe_name(number, payload).removesuffix(".yaml")
            folder.mkdir()
        (folder / safe_name(number, payload)).write_text(hostile_file(number, payload), encoding="utf-8")
    (work_dir.root / "inbox" / safe_name(99, PAYLOADS[1])).write_text("id: [" + PAYLOADS[1], encoding="utf-8")
    return work_dir


def test_forty_payloads_run_nowhere_and_are_shown_as_text(server, hostile, open_page):
    page = open_page(server, "#board?group=agent")
    expect(page.count("inbox")).to_have_text("14")
    page.press("a", "g")
    page.page.get_by_role("button", name="Tag").click()
    page.press("Escape")
    for number, payload in enumerate(PAYLOADS):
        column = ("inbox", "assigned", "done")[number % 3]
        titles = page.cards(column).locator(".card-title").all_text_contents()
        assert payload in titles, f"{payload!r} is not shown as written"
    for column in ("inbox", "assigned", "done"):
        for index in range(page.cards(column).count()):
            page.cards(column).nth(index).locator(".card-title").click()
            expect(page.dialog.locator(".raw pre")).to_be_visible()
            page.press("Escape")
            expect(page.dialog).to_be_hidden()
    ran = page.page.evaluate("() => window.__xss")
    assert ran is None
    strangers = ["object", "embed", "base", "marquee", *(f"{p} {t}" for p in ("main", "dialog") for t in FOREIGN)]
    assert page.page.locator(", ".join(strangers)).count() == 0


def test_a_payload_in_the_address_is_text_too(server, work_dir, open_page):
    work_dir.add("inbox", "t1", title="Fine")
    page = open_page(
        server, "#board?q=%3Cimg%20src%3Dx%20onerror%3Dwindow.__xss%3D1%3E&agent=%3Csvg%20onload%3Dwindow.__xss%3D1%3E"
    )
    expect(page.page.locator(".chips")).to_contain_text("<img src=x onerror=window.__xss=1>")
    assert page.page.evaluate("() => window.__xss") is None
