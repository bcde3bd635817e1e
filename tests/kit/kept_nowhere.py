"""Stores of a process that keeps nothing: whatever is asked of them is a sentence."""

from __future__ import annotations

from typing import Any

from llm_service.errors import TelemetryUnavailable


class KeptNowhere:
    """Raises for everything."""

    def __getattr__(self, name: str) -> Any:
        raise TelemetryUnavailable("telemetry is off")
