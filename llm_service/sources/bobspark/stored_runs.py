"""The store of runs, as far as sources need it; the wiring hands in the real one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from llm_service.core.runs.event_text import EventText
from llm_service.core.runs.figures import RunFigures
from llm_service.core.runs.shapes import RunCard, RunEvents
from llm_service.sources.bobspark.batches import KeptBatches


class StoredRuns(Protocol):
    """Writing never waits; `waiting` events are not written yet, `room` is how many more can be taken now.

    Reading raises `TelemetryUnavailable`, with a strange cursor `BadQuery`.
    """

    @property
    def batches(self) -> KeptBatches: ...
    @property
    def waiting(self) -> int: ...
    @property
    def room(self) -> int: ...
    def waits(self, key: str) -> bool: ...
    def keep(self, runs: Sequence[RunCard], events: Sequence[tuple[str, EventText]] = ...) -> None: ...
    def run(self, key: str) -> RunCard | None: ...
    def has_any(self, source: str) -> bool: ...
    def keys_of(self, bare_id: str) -> list[str]: ...
    def events(self, key: str, after_n: int = ..., limit: int = ...) -> RunEvents: ...
    def unended(self) -> list[RunCard]: ...
    def ended_after(self, at_ms: int, limit: int) -> list[RunCard]: ...
    def figures(self, source: str | None, from_ms: int) -> list[RunFigures]: ...
    def listing(
        self,
        *,
        source: str | None = ...,
        status: str | None = ...,
        model: str | None = ...,
        q: str = ...,
        before: str = ...,
        limit: int = ...,
    ) -> tuple[list[RunCard], str | None]: ...
