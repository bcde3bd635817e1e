"""What the web side is given by the runtime: the hub, the door to the files, and facts about this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from llm_service.core.shapes import Ready
from llm_service.core.tasks import Problem
from llm_service.hub import Hub


@dataclass(frozen=True, slots=True)
class World:
    """`read` gives a task file's bytes, the reason why it is not read, or None where it is gone."""

    hub: Hub
    epoch: str
    version: str
    root: Path
    instance: str
    max_bytes: int
    read: Callable[[str], bytes | Problem | None]
    readiness: Callable[[], Ready]
    now_iso: Callable[[], str]
    warnings: tuple[str, ...] = ()
