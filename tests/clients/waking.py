"""How long a reader stays blocked after its stream was closed by another thread."""

from __future__ import annotations

import threading
import time

from llm_service.clients.event_stream import EventStream
from tests.kit.waiting import wait_until


def seconds_to_wake(stream: EventStream) -> float:
    """Read the stream's one event in a thread, close it while the thread waits for more, and time its end."""
    got: list[str] = []
    ended_s: list[float] = []

    def listen() -> None:
        for event in stream:
            got.append(event.data)
        ended_s.append(time.monotonic())

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    wait_until(lambda: got, "the first event")
    closed_s = time.monotonic()
    stream.close()
    thread.join(10)
    assert ended_s, "the read never ended"
    stream.close()  # once more does no harm
    return ended_s[0] - closed_s
