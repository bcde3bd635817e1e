"""A board's folder on disk, filled with varied tasks."""

from __future__ import annotations

import os
import random
from pathlib import Path

from benchmarks.kit.tasks import AGENTS, task_text

_SHARES = (("inbox", 0.2), ("assigned", 0.3), ("done", 0.5))


class Board:
    """`root` with `count` tasks of about `size` bytes; `paths` are relative to it, by number."""

    def __init__(self, root: Path, count: int, size: int) -> None:
        self.root = root
        self.size = size
        self.paths: list[str] = []
        chance = random.Random(count)
        for column, _ in _SHARES:
            for agent in AGENTS if column != "inbox" else ("",):
                os.makedirs(root / column / agent, exist_ok=True)
        for number in range(count):
            column = chance.choices([name for name, _ in _SHARES], [share for _, share in _SHARES])[0]
            agent = chance.choice(AGENTS)
            self.paths.append(
                f"{column}/{task_name(number)}" if column == "inbox" else f"{column}/{agent}/{task_name(number)}"
            )
            (root / self.paths[-1]).write_text(self.text(number))

    def text(self, number: int, edition: int = 0) -> str:
        """What the file of this number holds, in its first or a later edition."""
        path = self.paths[number]
        column, _, rest = path.partition("/")
        agent = rest.partition("/")[0] if column != "inbox" else AGENTS[number % len(AGENTS)]
        return task_text(number, column, agent, self.size, edition=edition)

    def on_disk(self) -> set[str]:
        """The task files that are there now, found by our own walk."""
        found = set()
        for column, _ in _SHARES:
            for folder, _, names in os.walk(self.root / column):
                below = os.path.relpath(folder, self.root)
                found.update(f"{below}/{name}" for name in names if name.endswith(".yaml") and name[0] != ".")
        return found


def task_name(number: int) -> str:
    """The file name of the task with this number."""
    return f"task-{number:06}.yaml"
