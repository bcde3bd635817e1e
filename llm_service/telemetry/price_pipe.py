"""The parent's end of `price_child`: questions go out, answers come back on a thread of the child's own."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

log = logging.getLogger(__name__)

Key = tuple[str, str | None]
"""(model, provider), as recorded."""

UNANSWERED = 4
"""Questions a child may owe; one that owes more is taken for hung and ended."""


class Answer(NamedTuple):
    """What the child said of one question. `texts` are quotes as JSON, ``null`` for unknown ones."""

    keys: tuple[Key, ...]
    version: str
    date: str
    texts: tuple[str, ...]


class PricePipe:
    """Asks the child, and starts one where none runs. `told` hears each answer or, where none can come, a sentence."""

    def __init__(self, told: Callable[[Answer | str], None], *, command: Sequence[str] = (), idle_s: float = 20.0):
        self._told = told
        self._command = list(command) or [sys.executable, "-P", "-m", "llm_service.telemetry.price_child", str(idle_s)]
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._owed: deque[tuple[Key, ...]] = deque()

    @property
    def pid(self) -> int | None:
        """The running child's, if there is one."""
        child = self._child
        return None if child is None else child.pid

    def ask(self, keys: Sequence[Key]) -> None:
        """Send a question; returns at once."""
        line = json.dumps([list(key) for key in keys]).encode() + b"\n"
        with self._lock:
            for _ in range(2):  # the child may have gone to sleep for good just now
                try:
                    child = self._running()
                    assert child.stdin
                    self._owed.append(tuple(keys))
                    child.stdin.write(line)
                    child.stdin.flush()
                    return
                except OSError as error:
                    problem = str(error)
                    self._end()
        self._told(f"the process that looks prices up cannot be started ({problem})")

    def stop(self, deadline_s: float = 1.0) -> None:
        """End the child, if one runs."""
        with self._lock:
            reader = self._reader
            self._end()
        if reader is not None and reader is not threading.current_thread():
            reader.join(deadline_s)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and (self._child.poll() is not None or len(self._owed) >= UNANSWERED):
            self._end()
        if self._child is None:
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
            child = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                # A Ctrl-C at the terminal is for the parent, which ends its children itself.
                start_new_session=True,
            )
            self._child, self._owed = child, deque()
            self._reader = threading.Thread(
                target=self._read, args=(child, self._owed), name="price-child", daemon=True
            )
            self._reader.start()
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            with suppress(OSError):
                assert child.stdin
                child.stdin.close()

    def _read(self, child: subprocess.Popen[bytes], owed: deque[tuple[Key, ...]]) -> None:
        """Hand on each answer, until the child ends; then bury it."""
        assert child.stdout
        answers = 0
        try:
            for line in child.stdout:
                self._told(self._answer(line, owed.popleft()))
                answers += 1
        except Exception as error:
            log.exception("the process that looks prices up answered what cannot be read")
            self._told(f"the process that looks prices up failed ({error})")
            child.kill()
            owed.clear()
        finally:
            child.stdout.close()
            child.wait()
        if owed and answers and child.returncode == 0:
            # It had waited long enough, and ended while a question was on its way.
            for keys in tuple(owed):
                self.ask(keys)
        elif owed:
            self._told("the process that looks prices up ended before it answered")

    @staticmethod
    def _answer(line: bytes, keys: tuple[Key, ...]) -> Answer | str:
        said = json.loads(line)
        if "error" in said:
            return str(said["error"])
        texts = tuple(said["quotes"])
        if len(texts) != len(keys):
            raise ValueError(f"{len(texts)} answers to {len(keys)} questions")
        return Answer(keys, str(said["version"]), str(said["date"]), texts)
