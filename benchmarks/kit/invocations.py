"""Invocations as a busy team makes them: sessions side by side, each with its agent, project, task, tool and model."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.kit.tasks import AGENTS

STEP_MS = 3_154
"""From one call to the next: ten million of them are a year."""
_MODELS = (
    *("claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001", "gpt-5", "gpt-5-mini"),
    *("gemini-2.5-pro", "o3", "house-model-7b"),
)
_WEIGHTS = (20, 40, 15, 10, 5, 5, 3, 2)
"""The last model is one that no list of prices knows."""
_TOOLS = ("claude-code", "codex", "opencode", "nightly")
_AGENTS = (*AGENTS, *(f"worker-{number}" for number in range(20 - len(AGENTS))))
_PROJECTS = 40
_AT_ONCE = 30
_CALLS = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Calls:
    """Rows as they come over HTTP, oldest first, `STEP_MS` apart from `first_ms` on; the same for the same seed."""

    def __init__(self, seed: int, first_ms: int) -> None:
        self._chance = random.Random(seed)
        self._at_ms = first_ms
        self._sessions = [self._session() for _ in range(_AT_ONCE)]

    def rows(self, count: int, *, named: bool = False, spread_ms: int = 0) -> list[dict[str, Any]]:
        """The next `count`; `named`: with random ids, else with none; up to `spread_ms` earlier, at random."""
        chance, made = self._chance, []
        pick = chance.random
        for _ in range(count):
            self._at_ms += STEP_MS
            number = int(pick() * _AT_ONCE)
            if pick() < 1 / _CALLS:
                self._sessions[number] = self._session()
            at_ms = self._at_ms - int(pick() * spread_ms)
            row = {
                **self._sessions[number],
                "timestamp": (_EPOCH + timedelta(milliseconds=at_ms)).isoformat(),
                "input_tokens": int(pick() * 3_000),
                "output_tokens": 300 + int(pick() * 1_500),
                "reasoning_tokens": int(pick() * 300),
                "cache_read_tokens": int(pick() * 120_000),
                "cache_write_5m_tokens": int(pick() * 4_000),
                "latency_ms": int(40 / (0.001 + pick() ** 2)) % 200_000,
            }
            if pick() < 0.02:
                row["status"] = "error"
            if named:
                row["invocation_id"] = uuid.UUID(int=chance.getrandbits(128)).hex
            made.append(row)
        return made

    def _session(self) -> dict[str, str]:
        chance = self._chance
        project = chance.randrange(_PROJECTS)
        return {
            "session": uuid.UUID(int=chance.getrandbits(128)).hex,
            "model": chance.choices(_MODELS, _WEIGHTS)[0],
            "agent": chance.choice(_AGENTS),
            "tool": chance.choice(_TOOLS),
            "project": f"project-{project}",
            "task": f"2026-{project:02}-task-{chance.randrange(250):03}",
        }
