"""Changes to files, made by a process of its own, so that its clock stops nobody and nobody stops its clock.

The clock of a change (CLOCK_MONOTONIC) starts just before the first call that touches the task file: before
`rename` for a replace (its temporary file is whole by then) and for a move, before `open` for a write in place.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

REPO = Path(__file__).resolve().parents[2]


class Change(NamedTuple):
    """What to do to `path`: ``replace`` it or write it ``in_place`` with `text`, or ``move`` it to `text`."""

    kind: str
    path: str
    text: str


class Writer:
    """The process, as long as the context lasts. Changes run in the background; `stamps` waits for their end."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.kit.writer"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=REPO
        )

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def start(self, root: Path, changes: Sequence[Change], gap_s: float) -> None:
        """Begin; changes start `gap_s` apart, give or take a third, so that nothing can fall into step with them."""
        assert self._process.stdin
        plan = json.dumps({"root": str(root), "gap_s": gap_s, "changes": changes}) + "\n"
        self._process.stdin.write(plan.encode())
        self._process.stdin.flush()

    def stamps(self) -> list[int]:
        """When each change began, in nanoseconds of CLOCK_MONOTONIC."""
        assert self._process.stdout
        stamps: list[int] = json.loads(self._process.stdout.readline())
        return stamps


def main() -> None:
    chance = random.Random(1)
    for line in sys.stdin:
        plan = json.loads(line)
        root, gap_s, next_s, stamps = plan["root"], plan["gap_s"], time.monotonic() + 0.1, []
        for kind, path, text in plan["changes"]:
            time.sleep(max(0.0, next_s - time.monotonic()))
            stamps.append(_make(kind, f"{root}/{path}", text, root))
            next_s = max(next_s + gap_s * chance.uniform(0.67, 1.33), time.monotonic())
        print(json.dumps(stamps), flush=True)


def _make(kind: str, path: str, text: str, root: str) -> int:
    if kind == "move":
        started_ns = time.monotonic_ns()
        os.rename(path, f"{root}/{text}")
        return started_ns
    data = text.encode()
    if kind == "replace":
        folder, _, name = path.rpartition("/")
        temporary = f"{folder}/.{name}.tmp"
        _write(temporary, data)
        started_ns = time.monotonic_ns()
        os.replace(temporary, path)
        return started_ns
    started_ns = time.monotonic_ns()
    _write(path, data)
    return started_ns


def _write(path: str, data: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.write(file, data)
    os.close(file)


if __name__ == "__main__":
    main()
