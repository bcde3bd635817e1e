"""Edits at a steady rate from a thread of its own."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from tests.kit.boards import task_text
from tests.kit.work_dir import WorkDir


class Edits:
    """While the block runs, `per_second` atomic replacements go round over `files` tasks in the inbox."""

    def __init__(self, work_dir: WorkDir, per_second: int, files: int = 50) -> None:
        self.made = 0
        self._work_dir, self._every_s, self._files = work_dir, 1 / per_second, files
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="edits", daemon=True)

    def __enter__(self) -> Edits:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, where: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        next_s = time.monotonic()
        while not self._stop.wait(max(0.0, next_s - time.monotonic())):
            next_s += self._every_s
            name = f"e{self.made % self._files}"
            # The time of sending is in the title, so that who reads it can tell how long it took.
            self._work_dir.replace(f"inbox/{name}.yaml", task_text(name, f"{time.monotonic():.6f} no {self.made}"))
            self.made += 1
