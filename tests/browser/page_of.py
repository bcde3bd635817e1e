"""A page of the board in Chromium, with verbs. Waiting is by locators: the page's policy forbids evaluated text."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.kit.server import Server
from tests.kit.waiting import wait_until

WAIT_MS = 30_000
WATCH_POLICY = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.__violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""
LISTEN = """
window.__heard = [];
document.addEventListener("DOMContentLoaded", () => {
  const region = document.getElementById("live-region");
  const keep = () => window.__heard.push(region.textContent.trim());
  if (region) new MutationObserver(keep).observe(region, {childList: true});
});
"""
"""Keeps what the live region said: a later sentence takes its place."""
HARMLESS = ("Failed to load resource", "WebSocket connection to")
"""What the browser itself writes to the console while a server is away."""


class PageOf:
    """One tab on one server."""

    def __init__(self, context: BrowserContext, server: Server) -> None:
        self.server = server
        self.context = context
        self.page: Page = context.new_page()
        self.page.set_default_timeout(WAIT_MS)
        self.failures: list[str] = []
        self.page.on("pageerror", lambda error: self.failures.append(f"error: {error}"))
        self.page.on("console", self._listen)

    def _listen(self, message) -> None:
        if message.type == "error" and not message.text.startswith(HARMLESS):
            self.failures.append(f"console: {message.text}")

    def open(self, fragment: str = "") -> PageOf:
        """Open the board at a fragment and wait until it is drawn and live."""
        self.page.goto(self.server.url + fragment)
        expect(self.pill).to_have_text("Live")
        return self

    @property
    def pill(self) -> Locator:
        return self.page.locator("[data-part=connection]")

    @property
    def dialog(self) -> Locator:
        return self.page.locator("#task-dialog")

    def column(self, name: str) -> Locator:
        return self.page.locator(f"section.column[data-column={name}]")

    def cards(self, column: str) -> Locator:
        return self.column(column).locator(".card")

    def card(self, column: str, title: str) -> Locator:
        return self.cards(column).filter(has=self.page.get_by_role("link", name=title, exact=True))

    def open_card(self, column: str, title: str) -> None:
        """Click a card's title."""
        self.card(column, title).locator(".card-title").click()

    def count(self, column: str) -> Locator:
        return self.column(column).locator("h2 .count")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def focused(self) -> str:
        """The text of what has the focus."""
        return self.page.evaluate("() => document.activeElement.textContent.trim()")

    def hears(self, text: str) -> None:
        """Wait until the live region has said it, alone or among others, since the page was loaded."""
        said = "() => window.__heard"
        wait_until(lambda: any(text in each for each in self.page.evaluate(said)), f"{text!r}", pause_s=0.05)

    def fragment(self) -> str:
        return self.page.evaluate("() => location.hash")

    def violations(self) -> list[str]:
        return self.page.evaluate("() => window.__violations")

    def complaints(self) -> list[str]:
        """Everything that went wrong in this tab."""
        return self.failures + (self.violations() if not self.page.is_closed() else [])
