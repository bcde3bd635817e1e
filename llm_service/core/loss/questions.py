"""What can be wrong with a question about loss curves."""

from __future__ import annotations

from collections.abc import Sequence


class NoSuchSeries(Exception):
    """Nothing is kept under a name; the text says which."""


class SeveralJobs(Exception):
    """An id that jobs of several sources have; `keys` are theirs."""

    def __init__(self, bare_id: str, keys: Sequence[str]) -> None:
        super().__init__(f"several sources have a job {bare_id[:80]}; name one of them whole: {', '.join(keys)}")
        self.keys = list(keys)
