"""A client that keeps the whole board by the protocol's own rules: fetch, apply what is newer, ask again at a hole."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.kit.live import Event, LiveClient
from benchmarks.kit.server import Server


class Mirror:
    """`paths` is what this client believes lies on disk."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.live = LiveClient(server, {"board": {}})
        self.paths: set[str] = set()
        self.changed_ns = time.monotonic_ns()
        self.fetches = 0
        self._seq = -1
        self.fetch()

    def fetch(self) -> None:
        """Take the whole board over HTTP."""
        whole = self._server.get("/api/tasks?fields=card")
        cards = [
            *whole["inbox"],
            *(card for column in ("assigned", "done") for of in whole[column].values() for card in of),
        ]
        self.paths = {card["path"] for card in [*cards, *whole["problems"]]}
        self._seq = whole["seq"]
        self.changed_ns = time.monotonic_ns()
        self.fetches += 1

    def apply(self, event: Event) -> None:
        """Take in one event."""
        seq = event.data.get("seq") if isinstance(event.data, dict) else None
        if event.data.get("topic") != "board":
            if event.name == "stream.lost":
                self.live.subscribe("board", seq=self._seq, epoch="")
            return
        if event.name == "board.snapshot":
            if seq > self._seq:
                self.fetch()
            return
        if seq <= self._seq:
            return
        if seq > self._seq + 1:
            self.fetch()
            return
        self._seq = seq
        if event.name == "board.changed":
            for change in event.data["changes"]:
                self._change(change["event"], change)
        elif event.name.startswith("task."):
            self._change(event.name, event.data)
        self.changed_ns = event.at_ns

    def _change(self, name: str, data: dict[str, Any]) -> None:
        self.paths.discard(data.get("old_path", ""))
        if name == "task.removed":
            self.paths.discard(data["file_path"])
        else:
            self.paths.add(data["file_path"])


def follow(mirrors: Sequence[Mirror], enough: Callable[[], bool], quiet_s: float, deadline_s: float) -> bool:
    """Let the mirrors hear until `enough` holds and nothing came for `quiet_s`; whether that was in time."""
    by_number = {mirror.live.ws.fileno(): mirror for mirror in mirrors}
    end_s = time.monotonic() + deadline_s
    while time.monotonic() < end_s:
        ready: Iterable[int] = select.select(list(by_number), [], [], quiet_s)[0]
        for number in ready:
            for event in by_number[number].live.available():
                by_number[number].apply(event)
        if not ready and enough():
            return True
    return False
