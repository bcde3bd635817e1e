"""Lines of the activity feed about runs. A run that is not heard is only worth a line when it stays so."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from llm_service.core.observations import Announced
from llm_service.core.runs.activity import entries_of
from llm_service.core.runs.shapes import RunCard
from llm_service.sources.bobspark.live_runs import Notice

LOST_AFTER_S = 5.0


class RunLines:
    """Used by the relay's thread alone."""

    def __init__(self, publish: Callable[[Announced], None]) -> None:
        self._publish = publish
        self._lost: dict[str, float] = {}

    def tell(self, notices: Sequence[Notice], cards: Mapping[str, RunCard], at: str) -> None:
        """What these notices are worth."""
        now_s = time.monotonic()
        for notice in notices:
            if notice.kind == "lost":
                self._lost[notice.key] = now_s
            elif notice.kind in ("resumed", "finished"):
                self._lost.pop(notice.key, None)
        ended = [notice for notice in notices if notice.kind == "finished"]
        self._add([("found" if notice.later else "finished", cards[notice.key]) for notice in ended], at)

    def second(self, card_of: Callable[[str], RunCard | None], at: str) -> None:
        """Once a second: those that have been lost for long enough by now."""
        now_s = time.monotonic()
        due = [key for key, since_s in self._lost.items() if now_s - since_s >= LOST_AFTER_S]
        for key in due:
            del self._lost[key]
        self._add([("lost", card) for key in due if (card := card_of(key)) is not None], at)

    def _add(self, told: Sequence[tuple[str, RunCard]], at: str) -> None:
        for entry in entries_of(told, at) if told else ():
            self._publish(Announced("activity", "activity.added", {"entry": entry}))
