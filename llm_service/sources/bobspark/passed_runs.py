"""Runs that ended within the last hour and are not listed, as there are so many: the fleet's figures count them too."""

from __future__ import annotations

from typing import NamedTuple

from llm_service.core.runs.fleet import Passed


class _Run(NamedTuple):
    ended_ms: int
    status: str
    tokens_out: int


class PassedRuns:
    """Not safe on several threads: whoever owns it has a lock."""

    def __init__(self) -> None:
        self._runs: dict[str, _Run] = {}
        self._counted: Passed | None = None

    def add(self, key: str, status: str, ended_ms: int, tokens_out: int | None) -> None:
        """Count a run, once however often it is told."""
        self._runs[key] = _Run(ended_ms, status, tokens_out or 0)
        self._counted = None

    def discard(self, key: str) -> None:
        """It is listed."""
        if self._runs.pop(key, None) is not None:
            self._counted = None

    def forget(self, before_ms: int) -> None:
        """Count no more what ended before this moment."""
        for key in [key for key, run in self._runs.items() if run.ended_ms < before_ms]:
            self.discard(key)

    @property
    def counted(self) -> Passed:
        """All of them together."""
        if self._counted is None:
            runs = self._runs.values()
            done = sum(run.status == "completed" for run in runs)
            failed = sum(run.status in ("failed", "vanished") for run in runs)
            self._counted = Passed(len(runs), done, failed, sum(run.tokens_out for run in runs))
        return self._counted
