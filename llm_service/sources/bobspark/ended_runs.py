"""How long runs that are over stay in the live list, and their events in memory."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable

from llm_service.core.runs.figures import RunFigures
from llm_service.core.runs.run import Moment, RunFold
from llm_service.core.runs.shapes import ENDED
from llm_service.sources.bobspark.passed_runs import PassedRuns

LISTED_AFTER_END_MS = 3_600_000
"""How long a run stays in the live list after its end."""
MOST_ENDED = 500
"""Of so many ended runs, the newest, all is in memory, in every page and in every snapshot, some 20 kB each; more are
no list that anybody reads as cards. The others are kept, and the feed and the list page back to them."""
RELEASED_AFTER_S = 30.0
"""How long the events of a run that is over stay in memory once they can be read from where they are kept."""
RELEASED_UNSETTLED_AFTER_S = 300.0
"""The same of a run that its server says nothing more of."""
MOST_CHAINS = 50
"""Where nothing is kept: of so many runs that are over the events stay, those of the last ones."""


class EndedRuns:
    """Not safe on several threads: whoever owns it and the list has a lock."""

    def __init__(self, folds: dict[str, RunFold], kept: Callable[[], bool | None]) -> None:
        """`folds`: the live list by key, from which runs are taken here.

        `kept`: whether what happened `RELEASED_AFTER_S` ago is written by now; None where nothing ever is.
        """
        self.passed = PassedRuns()
        """Those that ended lately and are not listed."""
        self._folds = folds
        self._kept = kept
        self._over_s: dict[str, float] = {}

    def count(self, figures: Iterable[RunFigures]) -> None:
        """Count what an earlier process kept, as far as it ended and is not listed."""
        for run in figures:
            if run.status in ENDED and run.ended_ms is not None and run.key not in self._folds:
                self.passed.add(run.key, run.status, run.ended_ms, run.tokens_out)

    def settled(self, key: str, now: Moment) -> None:
        """All that its server will say of a run is said now."""
        self._over_s[key] = now.s

    def takes(self, fresh: RunFold, now: Moment) -> bool:
        """Whether a run that comes as ended is young enough, and not older than all of as many as are listed."""
        if fresh.ended_ms is None:
            return True
        if fresh.ended_ms >= now.ms - LISTED_AFTER_END_MS:
            ended = self._ended()
            if len(ended) < MOST_ENDED or fresh.ended_ms > _ended_ms(ended[-MOST_ENDED]):
                return True
        self._pass(fresh, now)
        return False

    def let_go(self, now: Moment, changed: Container[str]) -> list[str]:
        """Take those from the list that are over for long, or too many, but none of `changed`; returns their keys."""
        ended = self._ended()
        too_many = len(ended) - MOST_ENDED
        gone = []
        for place, fold in enumerate(ended):
            leaves = place < too_many or now.ms - _ended_ms(fold) > LISTED_AFTER_END_MS
            if leaves and fold.key not in changed and self._is_told(fold, now):
                del self._folds[fold.key]
                self._over_s.pop(fold.key, None)
                self._pass(fold, now)
                gone.append(fold.key)
        self.passed.forget(now.ms - LISTED_AFTER_END_MS)
        return gone

    def release(self, now: Moment) -> None:
        """Let go of events: an hour of ended runs would hold those of all of them, which nobody reads twice."""
        over = [fold for fold in self._folds.values() if fold.over and not fold.chain.released and fold.chain.last_n]
        kept = self._kept() if over else False
        if kept is None:
            over.sort(key=_ended_ms)
            due = over[:-MOST_CHAINS]
        else:
            due = [fold for fold in over if self._is_quiet(fold, now)] if kept else []
        for fold in due:
            self._over_s.pop(fold.key, None)
            fold.release()

    def _ended(self) -> list[RunFold]:
        """Those that are over, the last ended last."""
        return sorted((fold for fold in self._folds.values() if fold.over), key=_ended_ms)

    def _pass(self, fold: RunFold, now: Moment) -> None:
        """Of a run that ended lately and is not listed, or not any more, the figures count."""
        if _ended_ms(fold) >= now.ms - LISTED_AFTER_END_MS:
            self.passed.add(fold.key, fold.status, _ended_ms(fold), fold.tokens_out.value)

    def _is_told(self, fold: RunFold, now: Moment) -> bool:
        """Whether its server is asked for no more of it."""
        here_ms = min(now.ms - _ended_ms(fold), (now.s - fold.seen.s) * 1000)
        return fold.settled or here_ms > RELEASED_UNSETTLED_AFTER_S * 1000

    def _is_quiet(self, fold: RunFold, now: Moment) -> bool:
        """Whether it has been over, and told as far as it will be, for long enough."""
        since_s = self._over_s.setdefault(fold.key, now.s)
        return now.s - since_s >= (RELEASED_AFTER_S if fold.settled else RELEASED_UNSETTLED_AFTER_S)


def _ended_ms(fold: RunFold) -> int:
    return fold.ended_ms or 0
