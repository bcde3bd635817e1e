"""A door in the live line of a page: it can be shut while everything else of the server still answers."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, Route, WebSocketRoute


class Gate:
    """To be set up before the page is opened. `rewrite` may change what the server sends."""

    def __init__(self, page: Page) -> None:
        self.is_open = True
        self.rewrite: Callable[[str], str] = lambda message: message
        self._lines: list[WebSocketRoute] = []
        page.route_web_socket("**/socket.io/**", self._connect)
        page.route("**/socket.io/**", self._poll)

    def shut(self) -> None:
        """Cut every line and let no new one through."""
        self.is_open = False
        for line in self._lines:
            line.close()
        self._lines.clear()

    def _connect(self, line: WebSocketRoute) -> None:
        if not self.is_open:
            line.close()
            return
        self._lines.append(line)
        server = line.connect_to_server()
        server.on_message(lambda message: line.send(self.rewrite(message) if isinstance(message, str) else message))

    def _poll(self, route: Route) -> None:
        if self.is_open:
            route.continue_()
        else:
            route.abort()
