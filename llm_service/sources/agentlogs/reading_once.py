"""Reads all logs there are once, without a server: what `telemetry summary` does before it sums up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from llm_service.core.agentlogs.shapes import LogSourceJson
from llm_service.sources.agentlogs.passes import Keeper, Passes, Place, Reading
from llm_service.sources.agentlogs.sources_report import Trouble, report
from llm_service.sources.agentlogs.turn import Busy, Turn

WAIT_S = 60.0


def read_all(
    place: Place,
    reading: Reading,
    keeper: Keeper,
    state_dir: Path,
    now_ms: Callable[[], int],
    wait_s: float = WAIT_S,
) -> list[LogSourceJson]:
    """Bring the database up to the logs and tell how each source stands.

    `reading` is the database's, `keeper` a started recorder. A server that reads at this moment has `wait_s` to finish
    its turn; after that its figures are told as far as it came. Raises what the keeper raises.
    """
    passes = Passes(place, reading, keeper, Turn(state_dir), now_ms)
    busy = ""
    try:
        passes.look_through(wait_s)
    except Busy as error:
        busy = f"{error}; these are the figures so far"
        passes.look_only()
    return report(passes, Trouble(failed=busy))
