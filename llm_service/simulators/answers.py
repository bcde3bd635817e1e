"""How an answer is shaped: wrapped or bare lists, and fields under their other names where a fault asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llm_service.simulators.aliases import renamed
from llm_service.simulators.faults import Faults


class Answers:
    """Asked by every endpoint before it answers."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults

    def shaped(self, shape: str, value: Mapping[str, Any]) -> dict[str, Any]:
        """`value` with its usual names, or the other ones under `aliases`."""
        return renamed(shape, value, int(self.faults.number("aliases", 1)))

    def wrapped(self, name: str, rows: list[Any]) -> object:
        """{name: rows}; bare under `bare-lists`, {"items": rows} under `aliases`."""
        if "bare-lists" in self.faults:
            return rows
        return {"items" if "aliases" in self.faults else name: rows}

    def bare(self, name: str, rows: list[Any]) -> object:
        """The rows alone; under `bare-lists`, which turns everything round, {name: rows}."""
        return {name: rows} if "bare-lists" in self.faults else rows
