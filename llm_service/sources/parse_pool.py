"""Many files at once through child processes: as many as there are cores, at most four, gone when the work is done."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue

from llm_service.sources.parse_worker import receive, send
from llm_service.sources.reader import Reading

CHUNK = 250
WORTH_IT = 2_000
"""Below this many files a child's start costs more than the parsing it takes over."""


def read_all(root: Path, max_bytes: int, paths: Sequence[str]) -> Iterator[list[tuple[str, Reading | None]]]:
    """Read and parse `paths` below `root` in child processes; yields batches as they are done, in no order.

    Raises OSError or EOFError where a child cannot be started or dies; what was not yielded is then unread.
    """
    workers = min(4, os.cpu_count() or 1)
    chunks = [list(paths[start : start + CHUNK]) for start in range(0, len(paths), CHUNK)]
    idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
    children = [_start(root, max_bytes) for _ in range(workers)]
    for child in children:
        idle.put(child)

    def work(chunk: list[str]) -> list[tuple[str, Reading | None]]:
        child = idle.get()
        assert child.stdin
        assert child.stdout
        try:
            send(child.stdin, chunk)
            answer = receive(child.stdout)
        finally:
            idle.put(child)
        if not isinstance(answer, list):
            raise EOFError("a parsing process ended early")
        return answer

    try:
        with ThreadPoolExecutor(workers, thread_name_prefix="task-files-parse") as threads:
            futures = [threads.submit(work, chunk) for chunk in chunks]
            try:
                for future in as_completed(futures):
                    yield future.result()
            finally:
                for future in futures:
                    future.cancel()
    finally:
        for child in children:
            _end(child)


def _start(root: Path, max_bytes: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "llm_service.sources.parse_worker", str(root), str(max_bytes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        # A Ctrl-C at the terminal is for the parent, which ends its children itself.
        start_new_session=True,
    )


def _end(child: subprocess.Popen[bytes]) -> None:
    for stream in (child.stdin, child.stdout):
        # What a dead child did not take is still in the buffer, and closing tries to write it once more.
        with suppress(OSError):
            if stream:
                stream.close()
    try:
        child.wait(1.0)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
