"""A client of the live board that does what docs/events.md tells a client to do, and nothing else."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import engineio
import socketio

from tests.kit.waiting import DEADLINE_S

NAMESPACE = "/dashboard"


class _InOrder(engineio.Client):
    """The library's client hands every packet to a thread of its own, and with it the order of events to chance."""

    def _trigger_event(self, event: str, *args: Any, **options: Any) -> Any:
        return super()._trigger_event(event, *args, run_async=False)

    def _reset(self) -> None:
        """After a connection that broke, it also forgets to close the socket."""
        if connection := getattr(self, "ws", None):
            connection.shutdown()
        super()._reset()


class InOrderClient(socketio.Client):
    """Hands events on in the order in which they came."""

    def _engineio_client_class(self) -> type[engineio.Client]:
        return _InOrder


class Heard(NamedTuple):
    """One event as it arrived; `at_s` is monotonic."""

    name: str
    payload: dict[str, Any]
    at_s: float


class Follower:
    """Keeps `cards` by path. Reconnects by itself with its last positions; asks again on a hole or another epoch."""

    def __init__(
        self, url: str, token: str | None, *, topics: Sequence[str] = ("board", "activity"), receive_buffer: int = 0
    ) -> None:
        self.url = url
        self.cards: dict[str, dict[str, Any]] = {}
        self.counts: dict[str, int] = {}
        self.heard: list[Heard] = []
        self.errors: list[str] = []
        self.holes = 0
        self.lost = 0
        self.known = {topic: dict[str, Any]() for topic in topics}
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._changed = threading.Condition()
        self._awake = threading.Event()
        self._awake.set()
        sockopt = [(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)] if receive_buffer else []
        self._client = InOrderClient(
            websocket_extra_options={"sockopt": sockopt},
            reconnection_delay=0.05,
            reconnection_delay_max=0.2,
            randomization_factor=0.0,
            handle_sigint=False,
        )
        self._client.on("*", self._on_event, namespace=NAMESPACE)
        self._client.on("disconnect", self._on_disconnect, namespace=NAMESPACE)

    # -- life -----------------------------------------------------------------------------------------------------

    def connect(self) -> Follower:
        """Connect and wait for the first snapshot."""
        self._client.connect(
            self.url,
            headers=self._headers,
            auth=lambda: {"topics": self.known},
            transports=["websocket"],
            namespaces=[NAMESPACE],
            wait_timeout=DEADLINE_S,
        )
        self.until(lambda: all(self.known.values()), "a first snapshot of every topic")
        return self

    def close(self) -> None:
        self._awake.set()
        self._client.shutdown()

    def sleep(self) -> None:
        """Stop reading, as a suspended laptop does; what was sent piles up."""
        self._awake.clear()

    def wake(self) -> None:
        self._awake.set()

    @property
    def connected(self) -> bool:
        return bool(self._client.connected and NAMESPACE in self._client.namespaces)

    def call(self, event: str, data: Any = None) -> Any:
        """Send an event and return its acknowledgement."""
        return self._client.call(event, data, namespace=NAMESPACE, timeout=DEADLINE_S)

    # -- what a test asks -----------------------------------------------------------------------------------------

    def until(self, holds: Callable[[], Any], what: str, within_s: float = DEADLINE_S) -> Any:
        """Wait until `holds()` is true and return it; fail with what did arrive."""
        end_s = time.monotonic() + within_s
        while not (result := holds()):
            assert not self.errors, self.errors
            left_s = end_s - time.monotonic()
            assert left_s > 0, f"no {what} within {within_s} s; heard last: {self._last_words()}"
            with self._changed:
                self._changed.wait(min(0.05, left_s))
        return result

    def wait_for(
        self, name: str, path: str | None = None, *, since: int = 0, within_s: float = DEADLINE_S
    ) -> dict[str, Any]:
        """The payload of the first event of this name (about this path) after the mark `since`."""

        def find() -> dict[str, Any] | None:
            fits = (
                heard.payload
                for heard in self.heard[since:]
                if heard.name == name and path in (None, heard.payload.get("file_path"))
            )
            return next(fits, None)

        found: dict[str, Any] = self.until(find, f"{name} of {path}", within_s)
        return found

    def mark(self) -> int:
        """A point in what was heard, to be given as `since`."""
        return len(self.heard)

    def about_tasks(self, since: int = 0) -> list[tuple[str, str]]:
        """Name and path of every board event after the mark, in order; storms opened up."""
        told: list[tuple[str, str]] = []
        for heard in self.heard[since:]:
            if heard.name == "board.changed":
                told.extend((change["event"], change["file_path"]) for change in heard.payload["changes"])
            elif heard.name.startswith("task."):
                told.append((heard.name, heard.payload["file_path"]))
        return told

    # -- the protocol ---------------------------------------------------------------------------------------------

    def _on_event(self, name: str, *args: Any) -> None:
        self._awake.wait()
        try:
            assert len(args) == 1, f"{name} carried {len(args)} arguments"
            assert isinstance(args[0], dict), f"{name} carried {args[0]!r}"
            self.heard.append(Heard(name, args[0], time.monotonic()))
            self._apply(name, args[0])
        except Exception as error:  # noqa: BLE001 - told to the test, which runs in another thread
            self.errors.append(f"{name}: {error!r}")
        with self._changed:
            self._changed.notify_all()

    def _on_disconnect(self, *_: Any) -> None:
        with self._changed:
            self._changed.notify_all()

    def _apply(self, name: str, event: dict[str, Any]) -> None:
        topic = event.get("topic")
        if topic not in self.known:
            return
        if name == "stream.lost":
            self.lost += 1
            self._ask_again(topic)
        elif name == f"{topic}.snapshot":
            self.known[topic] = {"epoch": event["epoch"], "seq": event["seq"]}
            if topic == "board":
                self._begin(event)
        elif self.known[topic]:
            position = self.known[topic]
            if event["epoch"] != position["epoch"] or event["seq"] > position["seq"] + 1:
                self.holes += 1
                self._ask_again(topic)
            elif event["seq"] == position["seq"] + 1:
                position["seq"] = event["seq"]
                if topic == "board":
                    self._step(name, event)

    def _ask_again(self, topic: str) -> None:
        self.known[topic] = {}
        if self.connected:
            self._client.emit("subscribe", {"topic": topic}, namespace=NAMESPACE, callback=self._on_answer(topic))

    def _on_answer(self, topic: str) -> Callable[[dict[str, Any]], None]:
        """The answer comes after the snapshot; without one, it was lost on the way."""

        def answered(answer: dict[str, Any]) -> None:
            if answer["ok"] and not self.known[topic]:
                self._ask_again(topic)

        return answered

    def _begin(self, snapshot: dict[str, Any]) -> None:
        columns = snapshot["columns"].values()
        self.counts = snapshot["counts"]
        self.cards = {card["path"]: card for column in columns for card in column["cards"]}
        if any(column["next"] for column in columns):
            self._fetch_all()

    def _fetch_all(self) -> None:
        """More cards than a snapshot holds: fetch them, then apply the events that are newer."""
        lists = fetch(self.url, "api/tasks?fields=card", self._headers)
        if lists["epoch"] != self.known["board"]["epoch"]:
            self._ask_again("board")
            return
        agents = [*lists["assigned"].values(), *lists["done"].values()]
        self.cards = {card["path"]: card for cards in [lists["inbox"], *agents] for card in cards}
        for problem in lists["problems"]:
            self.cards.setdefault(problem["path"], {**problem, "id": None, "state": "invalid", "problem": problem})
        self.counts = count(self.cards)
        self.known["board"]["seq"] = lists["seq"]

    def _step(self, name: str, event: dict[str, Any]) -> None:
        self.counts = event["counts"]
        if name == "board.changed":
            for change in event["changes"]:
                self._change(change["event"], change)
        elif name.startswith("task."):
            self._change(name, event)

    def _change(self, name: str, change: dict[str, Any]) -> None:
        path = change["task"]["path"]
        if "old_path" in change:
            self.cards.pop(change["old_path"], None)
        if name == "task.removed":
            self.cards.pop(path, None)
        else:
            self.cards[path] = change["task"]

    def _last_words(self) -> str:
        last = [(heard.name, heard.payload.get("file_path") or heard.payload) for heard in self.heard[-12:]]
        return "\n  ".join(["", *(str(words)[:300] for words in last)])


def fetch(url: str, path: str, headers: dict[str, str]) -> Any:
    """GET a JSON document of the board."""
    with urllib.request.urlopen(urllib.request.Request(url + path, headers=headers), timeout=20) as answer:
        return json.load(answer)


def count(cards: dict[str, dict[str, Any]]) -> dict[str, int]:
    counts = dict.fromkeys(("inbox", "assigned", "done", "problems"), 0)
    for card in cards.values():
        counts[card["column"]] += card["id"] is not None
        counts["problems"] += card["problem"] is not None
    return counts
