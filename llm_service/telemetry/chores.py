"""What the writer does beside writing, in small steps while nothing waits: old rows go, days move with the zone."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from typing import Protocol

from llm_service.telemetry import faults
from llm_service.telemetry.loss_retention import LossRetention
from llm_service.telemetry.retention import Retention
from llm_service.telemetry.rezoning import Rezoning
from llm_service.telemetry.run_retention import RunRetention
from llm_service.telemetry.writer_file import WriterFile

log = logging.getLogger(__name__)

KEEP_DAYS = 400
WAL_BYTES = 4 * 1024 * 1024
"""A log of this size is carried over as soon as nothing else is to do."""
_WAL_EVERY_S = 2.0
_OPTIMIZE_EVERY_S = 6 * 3600.0
_STARVED_S = 30.0
"""A step that waited for so long for an idle moment is done anyway."""
_FAILED_S = 60.0


class Chore(Protocol):
    """Something to be done step by step."""

    condition: str | None

    def step(self) -> float:
        """Do a little; return after how many seconds there is more to do."""


class Chores:
    """Runs each chore when its time has come."""

    def __init__(self, file: WriterFile, now_ms: Callable[[], int], keep_days: int) -> None:
        self._rezoning = Rezoning(file, now_ms)
        chores: tuple[Chore, ...] = (
            self._rezoning,
            Retention(file, now_ms, keep_days),
            RunRetention(file, now_ms, keep_days),
            LossRetention(file, now_ms, keep_days),
            _Log(file),
            _Optimize(file),
        )
        self._due = [(0.0, chore) for chore in chores]

    @property
    def condition(self) -> tuple[str, ...]:
        """What is going on that the user should know."""
        return tuple(chore.condition for _, chore in self._due if chore.condition)

    @property
    def pause_s(self) -> float:
        """How long the writer may wait for work before a chore is due."""
        return max(0.0, min(due for due, _ in self._due) - time.monotonic())

    def days_moved(self) -> bool:
        """Whether all days are those of another zone since this was asked last: what was told of them is old."""
        moved, self._rezoning.done = self._rezoning.done, False
        return moved

    def step(self, *, idle: bool) -> None:
        """Do what is due; faults of the file go on to the caller, every other failure costs one chore a minute."""
        for place, (due_s, chore) in enumerate(self._due):
            if time.monotonic() < due_s + (0 if idle else _STARVED_S):
                continue
            began_s = time.monotonic()
            # First the next time: a step that fails must not be due again at once.
            self._due[place] = (began_s + _FAILED_S, chore)
            try:
                again_s = chore.step()
            except Exception as error:
                if faults.is_damage(error) or faults.passing(error):
                    raise
                log.exception("recorder: a chore failed, trying again later")
                continue
            # At least as much rest as work: the other threads share the interpreter with it.
            now_s = time.monotonic()
            self._due[place] = (now_s + max(again_s, now_s - began_s), chore)


class _Log:
    """Carries the log over when it grew, as it does while somebody reads for long; sees when the file is gone."""

    condition = None

    def __init__(self, file: WriterFile) -> None:
        self._file = file

    def step(self) -> float:
        self._file.begin_anew_if_gone()
        try:
            size = os.stat(f"{self._file.database.path}-wal").st_size
        except FileNotFoundError:
            size = 0
        if size > WAL_BYTES:
            self._file.carry_over()
        return _WAL_EVERY_S


class _Optimize:
    """Lets SQLite look at the sizes of its tables, a little at a time."""

    condition = None

    def __init__(self, file: WriterFile) -> None:
        self._file = file

    def step(self) -> float:
        # In a transaction that takes the lock first: a statement that finds out half way that it must write does not
        # wait for another's lock but fails.
        with self._file.transaction() as connection:
            connection.execute("PRAGMA analysis_limit = 400")
            connection.execute("PRAGMA optimize")
        return _OPTIMIZE_EVERY_S
