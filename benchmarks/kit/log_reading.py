"""When the server has read the agents' logs that it found."""

from __future__ import annotations

import time

from benchmarks.kit.server import Server


def until_read(server: Server, size: int) -> float:
    """Wait until `size` bytes are read and nothing is being read; when that was, on the monotonic clock."""
    while True:
        sources = server.get("/api/telemetry/sources")["sources"]
        settled = all(source["state"] in ("following", "missing") for source in sources)
        if settled and sum(source["bytes_read"] for source in sources) >= size:
            return time.monotonic()
        time.sleep(0.05)
