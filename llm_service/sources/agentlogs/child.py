"""The parent's end of the importing child: hands it the jobs, gives on its batches, ends it in time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress

from llm_service.sources.agentlogs.jobs import Batch, Facts, Job, Order
from llm_service.sources.agentlogs.worker import DONE
from llm_service.sources.parse_worker import receive, send


class ChildDiedError(OSError):
    """The importing process ended before its work was done. What it had not told is unread."""


class Child:
    """At most one importing process at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = threading.Event()

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process else None

    def read(self, jobs: Sequence[Job], facts: Facts, now_ms: int) -> Iterator[Batch]:
        """Batches of these jobs as the child tells them. Raises `ChildDiedError`, or OSError where none can start."""
        if self._stopped.is_set():
            raise ChildDiedError("the import was stopped")
        process = self._process = _start()
        try:
            assert process.stdin
            assert process.stdout
            with suppress(BrokenPipeError):
                send(process.stdin, ([Order.of(job) for job in jobs], facts, now_ms))
            while (told := receive(process.stdout)) != DONE:
                if not isinstance(told, Batch):
                    raise ChildDiedError(f"the importing process ended with code {process.wait()}")
                yield told
        finally:
            self._process = None
            _end(process)

    def stop(self) -> None:
        """End the process that runs now, from any thread, and start no other."""
        self._stopped.set()
        process = self._process
        if process is not None:
            process.terminate()


def _start() -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "llm_service.sources.agentlogs.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        # A Ctrl-C at the terminal is for the parent, which ends its child itself.
        start_new_session=True,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        with suppress(OSError):
            if stream:
                stream.close()
    process.terminate()
    try:
        process.wait(1.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
