"""FI-20: fifty sources that flap at random leave threads, descriptors and memory as they were."""

from __future__ import annotations

import gc
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from llm_service.clients.event_stream import open_stream
from llm_service.clients.web import Client, Timeouts
from llm_service.core.backoff import Backoff
from llm_service.core.sse import SseEvent
from llm_service.sources.upstream.listening import Listener
from llm_service.upstreams import Upstream
from tests.kit.waiting import wait_until

SOURCES = 50
REPO = Path(__file__).resolve().parents[2]


class Flapping:
    """The server's process."""

    def __init__(self, seed: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.kit.flapping", str(seed)],
            cwd=REPO,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def connections(self) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("connections\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self) -> None:
        self.process.communicate(timeout=10)


@pytest.fixture
def flapping() -> Iterator[Flapping]:
    server = Flapping(seed=random.randrange(10**6))
    yield server
    server.end()


class Listening:
    """Fifty listeners, each on a source of its own."""

    def __init__(self, port: int, floor_s: float) -> None:
        self.heard = 0
        self.clients = [
            Client(Upstream(f"source-{number}", f"http://127.0.0.1:{port}"), Timeouts(1.0, 0.5, 1.0, 2.0))
            for number in range(SOURCES)
        ]
        self.listeners = [self._listener(client, floor_s) for client in self.clients]
        for listener in self.listeners:
            listener.start()

    def _listener(self, client: Client, floor_s: float) -> Listener:
        return Listener(
            f"flap-{client.name}",
            lambda last: open_stream(client, "/s", last_event_id=last, idle_s=0.5, least_s=0.2),
            self._hear,
            lambda line: None,
            backoff=Backoff(first_s=2 * floor_s, cap_s=8 * floor_s, floor_s=floor_s),
        )

    def _hear(self, event: SseEvent) -> bool:
        self.heard += 1
        return False

    def stop(self) -> None:
        for client in self.clients:
            client.close()
        for listener in self.listeners:
            listener.stop(5.0)


def measured() -> tuple[int, int, int]:
    """Threads, descriptors and resident bytes of this process."""
    gc.collect()
    me = psutil.Process()
    return threading.active_count(), me.num_fds(), me.memory_info().rss


def flap(flapping: Flapping, *, warm_s: float, lasts_s: float, floor_s: float, least: int) -> None:
    """Let fifty sources flap and fail where anything grew."""
    threads, descriptors, _ = measured()
    listening = Listening(flapping.port, floor_s)
    try:
        began_s = time.monotonic()
        wait_until(lambda: time.monotonic() - began_s > warm_s, "the warm-up", warm_s + 5, pause_s=0.1)
        _, _, warm_bytes = measured()
        end_s = time.monotonic() + lasts_s
        while time.monotonic() < end_s:
            now_threads, now_descriptors, now_bytes = measured()
            assert sum(thread.name.startswith("flap-") for thread in threading.enumerate()) == SOURCES
            assert now_threads <= threads + SOURCES
            assert now_descriptors <= descriptors + 2 * SOURCES
            assert now_bytes < warm_bytes + 30_000_000
            time.sleep(lasts_s / 20)
        assert all(listener.alive and listener.failures == 0 for listener in listening.listeners)
        assert flapping.connections() >= least, "hardly anything flapped"
        assert listening.heard > least
    finally:
        listening.stop()
    del listening
    gc.collect()
    wait_until(lambda: measured()[:2] <= (threads, descriptors), f"{threads} threads and {descriptors} descriptors")


def test_fifty_sources_that_flap_for_a_moment_leave_nothing_behind(flapping: Flapping) -> None:
    flap(flapping, warm_s=2.0, lasts_s=5.0, floor_s=0.05, least=250)


@pytest.mark.faults
@pytest.mark.timeout(400)
def test_fifty_sources_that_flap_for_five_minutes_leave_nothing_behind(flapping: Flapping) -> None:
    flap(flapping, warm_s=20.0, lasts_s=280.0, floor_s=0.5, least=5_000)
