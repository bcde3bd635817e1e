"""What a look at the disk found without a hint: suspects at first, missed by the watcher when no hint follows."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping

from llm_service.core.tasks import FileStamp

HINTED_WITHIN_S = 0.15
"""A change of the very moment of the look has its hint on the way."""
LOOKS = 3
"""Looks in a row that find something missed before the watcher is not to be relied on."""


class Missed:
    """Counts what the watcher missed. Judging is put off, because waiting here would hold up every other change."""

    def __init__(self) -> None:
        self.count = 0
        self._looks_in_row = 0
        self._suspects: dict[str, FileStamp | None] = {}
        self._due_s = math.inf

    @property
    def due_s(self) -> float:
        """When `take_unhinted` has something to say, in monotonic seconds."""
        return self._due_s

    @property
    def too_often(self) -> bool:
        """Whether the watcher missed something in several looks running."""
        return self._looks_in_row >= LOOKS

    def suspect(self, different: Collection[str], known: Mapping[str, FileStamp]) -> None:
        """A look found these paths different from what is `known` of them."""
        self._suspects = {path: known.get(path) for path in different}
        self._due_s = time.monotonic() + HINTED_WITHIN_S if different else math.inf
        if not different:
            self._looks_in_row = 0

    def take_unhinted(self, known: Mapping[str, FileStamp]) -> list[str]:
        """The suspects that nothing was heard of since; empty before they are due."""
        if time.monotonic() < self._due_s:
            return []
        suspects = self._suspects
        self.forget()
        return [path for path, stamp in suspects.items() if known.get(path) == stamp]

    def judge(self, differing: int) -> None:
        """So many of the unhinted files really were different when they were read."""
        self.count += differing
        self._looks_in_row = self._looks_in_row + 1 if differing else 0

    def forget(self) -> None:
        """Drop the suspects: they were read, or a new watch begins."""
        self._suspects, self._due_s = {}, math.inf
