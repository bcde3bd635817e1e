"""Puts the watched servers together: what asks and listens, what keeps, and the routes over both."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from llm_service.background import Named
from llm_service.core.shapes import ThreadJson
from llm_service.hub import Hub
from llm_service.settings import Settings
from llm_service.telemetry_wiring import TelemetryParts

if TYPE_CHECKING:
    from llm_service.dashboard.app import Blueprint

log = logging.getLogger(__name__)


class UpstreamParts:
    """Everything of the watched servers in one run. Nothing of it is needed for the board."""

    def __init__(self, settings: Settings, hub: Hub, telemetry: TelemetryParts) -> None:
        self._settings = settings
        self._hub = hub
        self._telemetry = telemetry
        self._watched: Callable[[str], bool] = lambda _: False
        self._parts: list[Named] = []

    def watched_by(self, watched: Callable[[str], bool]) -> None:
        """Hand in who knows whether a topic is listened to; before that nobody is."""
        self._watched = watched

    def watched(self, topic: str) -> bool:
        """Whether a page looks at this topic now."""
        return self._watched(topic)

    def start(self) -> None:
        """Begin to ask and to listen; returns at once."""
        for named in self._parts:
            named.part.start()

    def stop(self, deadline_s: float) -> None:
        """End, all at the same time and within the deadline."""
        end_s = time.monotonic() + deadline_s
        for named in reversed(self._parts):
            named.part.stop(max(0.05, end_s - time.monotonic()))

    def blueprints(self) -> Sequence[Blueprint]:
        """The routes over watched servers."""
        return []

    def threads(self) -> list[ThreadJson]:
        """The threads as `/ready` tells them."""
        return [{"name": name, "alive": part.alive, "failures": part.failures} for name, part in self._parts]
