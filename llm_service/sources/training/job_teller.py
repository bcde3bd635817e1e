"""Tells what changed about training jobs, at most ten times a second, and has them kept.

Topic `training` lists jobs until a day after their end. Every few seconds it looks for what only time changes: a job
without news is stale, a job that ended yesterday leaves the list.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

from llm_service.background import Background
from llm_service.core.observations import Announced
from llm_service.core.page_links import job_link
from llm_service.core.times import iso_seconds
from llm_service.core.training.job_words import line_of_end, line_of_start
from llm_service.core.training.reports import ENDED
from llm_service.core.training.shapes import JobCard, JobDelta
from llm_service.sources.training.job_board import Changed, JobBoard, Kept

log = logging.getLogger(__name__)

LISTED_MS = 24 * 3_600_000
LOOK_S = 5.0
PAUSE_S = 0.1
SAVE_MS = 5_000
_BY_THE_CLOCK = frozenset({"elapsed_s"})
"""What alone is no change to tell: whoever shows it counts on by itself."""


class Keeper(Protocol):
    """Where jobs are kept; `keep` returns at once."""

    def keep(self, jobs: Sequence[Kept]) -> None: ...
    def listed(self, ended_after_ms: int) -> list[Kept]: ...


class JobTeller(Background):
    """One thread. `keeper` is asked for when it is needed and may wait for the database; None: nothing is kept."""

    def __init__(
        self,
        board: JobBoard,
        publish: Callable[[Announced], None],
        *,
        now_ms: Callable[[], int],
        keeper: Callable[[], Keeper | None] = lambda: None,
    ) -> None:
        super().__init__("training")
        self._board = board
        self._publish = publish
        self._now_ms = now_ms
        self._keeper = keeper
        self._told: dict[str, JobCard] = {}
        self._ended: dict[str, int] = {}
        """Jobs on the list that have ended, and when."""
        self._unsaved: set[str] = set()
        self._saved_ms: dict[str, int] = {}

    def _wake_up(self) -> None:
        self._board.loaded.set()
        self._board.changed.set()

    def _run(self) -> None:
        self._step(self._load)
        self._board.loaded.set()
        while not self._stopping.is_set():
            news = self._board.changed.wait(LOOK_S)
            self._board.changed.clear()
            self._step(lambda news=news: self._tell(whoever_runs=not news))  # type: ignore[misc]
            self._stopping.wait(PAUSE_S)
        self._step(lambda: self._tell(whoever_runs=False))
        self._step(lambda: self._save(at_once=True))

    def _step(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:
            self.failures += 1
            log.exception("training: a step failed, continuing")

    def _load(self) -> None:
        """Jobs of an earlier life are listed whole; nobody is told that they began."""
        keeper = self._keeper()
        if keeper is None:
            return
        restored = self._board.restore(keeper.listed(self._now_ms() - LISTED_MS))
        for changed in restored:
            self._told[changed.card["key"]] = changed.card
            self._note_end(changed)
        cards = {changed.card["key"]: changed.card for changed in restored}
        self._advance(list(cards.values()), cards)

    def _tell(self, *, whoever_runs: bool) -> None:
        now_ms = self._now_ms()
        deltas: list[JobDelta] = []
        rows: dict[str, JobCard] = {}
        for changed in self._board.take_changes(whoever_runs=whoever_runs):
            card, before = changed.card, self._told.get(changed.card["key"])
            delta = _delta(before, card)
            if delta is None:
                continue
            self._told[card["key"]] = card
            if card["kind"] == "datagen":
                self._show_process(changed, deltas, delta, rows)
                continue
            self._unsaved.add(card["key"])
            old = changed.ended_ms is not None and now_ms - changed.ended_ms >= LISTED_MS
            if before is not None or not old:
                self._note_end(changed)
            if old:
                continue
            if not self._began_or_ended(card, before, now_ms):
                deltas.append(delta)
                rows[card["key"]] = card
        self._advance(deltas, rows)
        self._drop_old(now_ms)
        self._save(at_once=False)

    def _show_process(
        self, changed: Changed, deltas: list[JobDelta], delta: JobDelta, rows: dict[str, JobCard]
    ) -> None:
        """A process is listed while it runs; how it ended is told by the run that it belongs to."""
        key = changed.card["key"]
        if changed.ended_ms is None:
            deltas.append(delta)
            rows[key] = changed.card
        else:
            self._ended[key] = changed.ended_ms - LISTED_MS
            self._board.forget(key)

    def _note_end(self, changed: Changed) -> None:
        if changed.ended_ms is None:
            self._ended.pop(changed.card["key"], None)
        else:
            self._ended[changed.card["key"]] = changed.ended_ms

    def _began_or_ended(self, card: JobCard, before: JobCard | None, now_ms: int) -> bool:
        """Tell a beginning or an end that was seen; False where it is neither."""
        was = before["status"] if before else None
        ended = card["status"] in ENDED
        if ended if was is None else was in ENDED or not ended:
            return False
        self._saved_ms.pop(card["key"], None)
        if ended:
            self._board.end_losses(card["key"])
        name = "job.finished" if ended else "job.started"
        self._publish(Announced("training", name, {"job": card, "was": was}, rows={card["key"]: card}))
        text = line_of_end(card) if ended else line_of_start(card)
        entry = {
            "event": name,
            "at": iso_seconds(now_ms / 1000),
            "text": text,
            "href": job_link(card["key"]),
        }
        self._publish(Announced("activity", "activity.added", {"entry": entry}))
        return True

    def _advance(self, deltas: Sequence[JobDelta | JobCard], rows: dict[str, JobCard]) -> None:
        if deltas:
            self._publish(Announced("training", "job.advanced", {"jobs": list(deltas)}, rows=rows))

    def _drop_old(self, now_ms: int) -> None:
        """Take off the list what ended a day ago."""
        gone = [key for key, ended_ms in self._ended.items() if now_ms - ended_ms >= LISTED_MS]
        for key in gone:
            del self._ended[key]
            self._told.pop(key, None)
        if gone:
            body = {"jobs": [], "gone": gone}
            self._publish(Announced("training", "job.advanced", body, rows=dict.fromkeys(gone)))
        self._board.forget_oldest()

    def _save(self, *, at_once: bool) -> None:
        """Hand in what changed: an end and a beginning at once, the rest every few seconds."""
        now_ms = self._now_ms()
        due = [key for key in self._unsaved if at_once or now_ms - self._saved_ms.get(key, 0) >= SAVE_MS]
        keeper = self._keeper() if due else None
        if keeper is not None:
            keeper.keep(self._board.kept(due))
        self._unsaved.difference_update(due)
        self._saved_ms.update(dict.fromkeys(due, now_ms))


def _delta(before: JobCard | None, card: JobCard) -> JobDelta | None:
    """What changed, with the key; the whole card where nothing was told before, None where nothing is worth telling."""
    if before is None:
        return cast(JobDelta, dict(card))
    changed: dict[str, Any] = {name: value for name, value in card.items() if before.get(name) != value}
    if not set(changed) - _BY_THE_CLOCK:
        return None
    return cast(JobDelta, {"key": card["key"], **changed})
