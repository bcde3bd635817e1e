"""A whole board inside the test's process: real files, real watcher, real server on a free port, real client."""

from __future__ import annotations

import json
import shutil
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from llm_service.hub import HubStopped
from llm_service.instance import Instance
from llm_service.runtime import Runtime
from llm_service.settings import Settings
from tests.kit.follower import Follower
from tests.kit.oracle import Oracle, differences

RESCAN_S = 0.5
OUR_THREADS = ("hub", "task-files", "web")


def task_text(task_id: str, title: str | None = None, **fields: object) -> str:
    """A small task file."""
    lines = {"id": task_id, "title": title or f"Task {task_id}", **fields}
    return "".join(f"{name}: {value}\n" for name, value in lines.items())


class Folder:
    """The watched folder, in verbs. `put` is one plain write: open, write, close."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, path: str, text: str | None = None) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(task_text(file.stem) if text is None else text)
        return file

    def replace(self, path: str, text: str) -> None:
        """Write beside and rename over: how careful programs write."""
        file = self.root / path
        beside = file.with_name(f".{file.name}.part")
        beside.write_text(text)
        beside.rename(file)

    def move(self, path: str, to: str) -> None:
        target = self.root / to
        target.parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).rename(target)

    def remove(self, path: str) -> None:
        target = self.root / path
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        else:
            target.unlink()

    def columns(self) -> None:
        for column in ("inbox", "assigned", "done"):
            (self.root / column).mkdir(parents=True, exist_ok=True)


class Board(Folder):
    """A running board over `root`."""

    def __init__(self, root: Path, runtime: Runtime, token: str | None) -> None:
        super().__init__(root)
        self.runtime = runtime
        self.url = runtime.url
        self.token = token
        self.oracle = Oracle(root)
        self.followers: list[Follower] = []

    def follow(self, **options: Any) -> Follower:
        """A new connected client."""
        follower = Follower(self.url, self.token, **options)
        self.followers.append(follower)
        return follower.connect()

    def get(self, path: str, method: str = "GET") -> tuple[int, Any]:
        """Status and JSON of a route."""
        request = urllib.request.Request(self.url.rstrip("/") + path, method=method)
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.loads(refused.read())

    def converged(self, *followers: Follower, within_s: float = 5.0, besides: tuple[str, ...] = ()) -> float:
        """Wait until every client shows what the disk holds; returns how long that took."""
        return converged(self.oracle, followers or tuple(self.followers), within_s, besides)

    def settled(self, within_s: float = 10.0) -> None:
        """Wait until nothing is left to happen: a whole look is done, nothing is waited for, all is delivered."""
        source, hub = self.runtime.source, self.runtime.hub
        looks = source.status().scans + 2  # the next one may have begun before now

        def quiet() -> bool:
            intake, hints = source._intake, source.hints
            waited_for = intake.retry or hints.has_writers or hints.wake.is_set() or intake._racy
            done = source.status().scans >= looks and not waited_for
            return done and hub.ask(lambda state: state.next_deadline_s()) is None

        eventually(quiet, "quiet", within_s)
        for follower in self.followers:
            if follower.connected:
                follower.call("ping")


def converged(oracle: Oracle, followers: tuple[Follower, ...], within_s: float, besides: tuple[str, ...] = ()) -> float:
    """Wait until every follower equals an independent look at the disk; returns the seconds it took."""
    began_s = time.monotonic()
    while True:
        expected = oracle.scan()
        wrong = [line for each in followers for line in differences(expected, dict(each.cards), besides)]
        took_s = time.monotonic() - began_s
        if not wrong and expected == oracle.scan():
            return took_s
        assert not (errors := [error for each in followers for error in each.errors]), errors
        assert took_s < within_s, f"after {took_s:.1f} s {len(wrong)} differences: {wrong[:8]}"
        followers[0].until(lambda: True, "")
        threading.Event().wait(0.02)


def eventually(holds: Callable[[], Any], what: str, within_s: float = 5.0) -> Any:
    """Wait until `holds()` is true and return it."""
    end_s = time.monotonic() + within_s
    while not (result := holds()):
        assert time.monotonic() < end_s, f"not {what} within {within_s} s"
        threading.Event().wait(0.01)
    return result


@contextmanager
def running_board(
    root: Path, state_dir: Path, *, prepare: Callable[[Runtime], None] | None = None, **settings: Any
) -> Iterator[Board]:
    """A board over `root` until the block ends. `prepare` may change the runtime before it starts."""
    given: dict[str, Any] = {"port": 0, "port_given": True, "browser": False, "rescan_s": RESCAN_S, **settings}
    instance = Instance.open(Settings(watch_dir=root, state_dir=state_dir, **given), {})
    runtime = Runtime(instance=instance, settings=Settings(watch_dir=root, state_dir=state_dir, **given))
    if prepare is not None:
        prepare(runtime)
    try:
        runtime.start()
        board = Board(instance.root, runtime, instance.token)
        try:
            eventually(lambda: _is_up(runtime), "up")
            yield board
        finally:
            for follower in board.followers:
                follower.close()
            runtime.stop()
            runtime.dashboard.socketio.server.eio.shutdown()
    finally:
        instance.close()
    left = [thread.name for thread in threading.enumerate() if thread.name in OUR_THREADS]
    assert not left, f"threads outlived the board: {left}"


def _is_up(runtime: Runtime) -> bool:
    try:
        ready = runtime.readiness()
    except HubStopped:
        return False
    return ready["ready"] or ready["watcher"]["mode"] == "waiting"
