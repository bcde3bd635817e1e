"""A whole board inside the test's process: real files, real watcher, real server on a free port, real client."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from llm_service.dashboard import server
from llm_service.hub import HubStopped
from llm_service.instance import Instance
from llm_service.runtime import Runtime
from llm_service.settings import Settings
from tests.kit.follower import Follower, count
from tests.kit.oracle import Oracle, differences
from tests.kit.waiting import DEADLINE_S, wait_until
from tests.kit.work_dir import WorkDir

# The accept loop looks this often whether it shall end; hundreds of boards are ended here.
server._POLL_S = 0.02
OUR_THREADS = ("hub", "task-files", "web")


def task_text(task_id: str, title: str | None = None, **fields: object) -> str:
    """A small task file."""
    lines = {"id": task_id, "title": title or f"Task {task_id}", **fields}
    return "".join(f"{name}: {value}\n" for name, value in lines.items())


class Folder(WorkDir):
    """The watched folder, with verbs that take whole paths. `put` is one plain write: open, write, close."""

    def __init__(self, root: Path) -> None:  # makes no columns, unlike its parent: whether they exist is tested
        self.root = root

    def put(self, path: str, text: str | None = None) -> Path:
        self.write(path, task_text(Path(path).stem) if text is None else text)
        return self.root / path

    def rename(self, path: str, to: str) -> None:
        (self.root / to).parent.mkdir(parents=True, exist_ok=True)
        os.rename(self.root / path, self.root / to)

    def remove(self, path: str) -> None:
        target = self.root / path
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        else:
            target.unlink()


class Board(Folder):
    """A running board over `root`."""

    def __init__(self, root: Path, runtime: Runtime, token: str | None) -> None:
        super().__init__(root)
        self.runtime = runtime
        self.url = runtime.url
        self.token = token
        self.oracle = Oracle(root)
        self.followers: list[Follower] = []
        self._rescan_s = runtime.source._rescan_s

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

    def converged(self, *followers: Follower, within_s: float = DEADLINE_S, besides: tuple[str, ...] = ()) -> float:
        """Wait until every client shows what the disk holds; returns how long that took."""
        return converged(self.oracle, followers or tuple(self.followers), within_s, besides)

    def only_hints(self) -> Board:
        """No look at the whole folder until `settled`: what is told by then was told by the watcher."""
        source = self.runtime.source
        source._rescan_s = 3600.0
        looks = source.status().scans
        source._next_scan_s = 0.0
        source.hints.wake.set()
        wait_until(lambda: source.status().scans > looks and source._next_scan_s > time.monotonic() + 60, "a look")
        return self

    def settled(self, within_s: float = DEADLINE_S) -> None:
        """Wait until nothing is left to happen: two looks find nothing to do, no deadline runs, all is delivered."""
        source, hub = self.runtime.source, self.runtime.hub
        source._rescan_s = self._rescan_s
        looks = source.status().scans + 2  # one may have begun before now

        def quiet() -> bool:
            if source.status().scans < looks:
                source._next_scan_s = 0.0
                source.hints.wake.set()
                return False
            idle = not source.hints.wake.is_set() and source._next_moment_s() == source._next_scan_s
            return idle and hub.ask(lambda state: state.next_deadline_s()) is None

        wait_until(quiet, "quiet", within_s)
        for follower in self.followers:
            if follower.connected:
                follower.call("ping")


def converged(
    oracle: Oracle, followers: tuple[Follower, ...], within_s: float = DEADLINE_S, besides: tuple[str, ...] = ()
) -> float:
    """Wait until every follower equals an independent look at the disk; returns the seconds it took."""
    began_s = time.monotonic()
    while True:
        expected = oracle.scan()
        wrong = [line for each in followers for line in differences(expected, dict(each.cards), besides)]
        wrong += [f"counts: {each.counts}" for each in followers if each.counts != count(dict(each.cards))]
        took_s = time.monotonic() - began_s
        if not wrong and expected == oracle.scan():
            return took_s
        assert not (errors := [error for each in followers for error in each.errors]), errors
        assert took_s < within_s, f"after {took_s:.1f} s {len(wrong)} differences: {wrong[:8]}"
        time.sleep(0.02)


@contextmanager
def running_board(
    root: Path, state_dir: Path, *, prepare: Callable[[Runtime], None] | None = None, **settings: Any
) -> Iterator[Board]:
    """A board over `root` until the block ends. `prepare` may change the runtime before it starts."""
    given: dict[str, Any] = {"port": 0, "port_given": True, "browser": False, **settings}
    before = set(threading.enumerate())
    instance = Instance.open(Settings(watch_dir=root, state_dir=state_dir, **given), {})
    runtime = Runtime(instance=instance, settings=Settings(watch_dir=root, state_dir=state_dir, **given))
    if prepare is not None:
        prepare(runtime)
    try:
        runtime.start()
        board = Board(instance.root, runtime, instance.token)
        try:
            wait_until(lambda: _is_up(runtime), "the board's first look")
            yield board
        finally:
            for follower in board.followers:
                follower.close()
            runtime.stop()
            runtime.dashboard.socketio.server.eio.shutdown()
    finally:
        instance.close()

    def left() -> list[str]:
        return [thread.name for thread in set(threading.enumerate()) - before if thread.name in OUR_THREADS]

    wait_until(lambda: not left(), f"the end of {left()}")


def _is_up(runtime: Runtime) -> bool:
    try:
        ready = runtime.readiness()
    except HubStopped:
        return False
    return ready["ready"] or ready["watcher"]["mode"] == "waiting"
