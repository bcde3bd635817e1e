"""What can be wrong with a request about runs; each says what to do instead."""

from __future__ import annotations

from collections.abc import Sequence

from llm_service.errors import LlmServiceError


class NoSuchRun(LlmServiceError):
    """There is no run, or no batch, of this name."""


class SeveralRuns(LlmServiceError):
    """A bare id that several servers gave; `keys` are the runs that it may mean."""

    def __init__(self, run_id: str, keys: Sequence[str]) -> None:
        super().__init__(f"{len(keys)} servers have a run {run_id[:80]}; ask with a key, <source>:<id>")
        self.keys = list(keys)


class TooManyBatches(LlmServiceError):
    """So many batches are being sent that another has to wait."""
