"""Ends of runs, held back until they are kept: what was told is then known to whoever starts after a kill.

Only the word that a run ended waits, for one commit as a rule; what its card shows is told at once. A database that
is slower than `HELD_S`, or cannot be written, holds nothing up for longer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence

from llm_service.sources.bobspark.live_runs import Notice

HELD_S = 1.0
LOOK_EVERY_S = 0.01


class HeldEnds:
    """Used by the relay's thread alone. `waits` says whether a run's card is not written yet."""

    def __init__(self, waits: Callable[[str], bool]) -> None:
        self._waits = waits
        self._held: dict[str, tuple[Notice, float]] = {}

    def __bool__(self) -> bool:
        return bool(self._held)

    def due(self, notices: Sequence[Notice], *, leaving: Collection[str] = (), last: bool = False) -> list[Notice]:
        """Those of the new notices and of the held ends that may be told now; with `last` all of them.

        The end of a run that is `leaving` the list is told now or never.
        """
        now_s = time.monotonic()
        ready = [notice for notice in notices if notice.kind != "finished"]
        self._held.update((notice.key, (notice, now_s)) for notice in notices if notice.kind == "finished")
        for notice, since_s in list(self._held.values()):
            if last or notice.key in leaving or now_s - since_s >= HELD_S or not self._waits(notice.key):
                del self._held[notice.key]
                ready.append(notice)
        return ready
