"""The dashboard's own look at the spool: what programs left on disk for it while it was away is recorded here."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from llm_service.background import Background
from llm_service.core.invocations.rows import RowReader
from llm_service.core.invocations.usage import Invocation
from llm_service.errors import TelemetryUnavailable
from llm_service.instance import all_running, homes_dir
from llm_service.instance_record import read_record
from llm_service.telemetry.finding import chosen, serves
from llm_service.telemetry.refusals import Refusals
from llm_service.telemetry.spool import Address, Spool

log = logging.getLogger(__name__)

LOOK_S = 1.0


class Recording(Protocol):
    """The writer."""

    def record(self, rows: Sequence[Invocation]) -> Any: ...


class SpoolReader(Background):
    """A thread that looks for files of rows, records those that are for this dashboard, and removes them.

    What is not delivered when it ends stays on disk.
    """

    def __init__(self, recorder: Recording, refusals: Refusals, state_dir: Path, now_ms: Callable[[], int]) -> None:
        super().__init__("spool")
        self._recorder = recorder
        self._refusals = refusals
        self._state_dir = state_dir
        self._now_ms = now_ms
        self._spool = Spool(homes_dir() / "spool")
        self.refused = 0
        """Lines that could not be taken since the start."""

    @property
    def condition(self) -> tuple[str, ...]:
        """What the user should know; empty when all is well."""
        if not self.refused:
            return ()
        return (f"{self.refused:,} rows that programs left in {self._spool.folder} could not be taken; see the log.",)

    def look(self) -> int:
        """Record what waits for this dashboard; returns how many rows were taken off the disk."""
        own = read_record(self._state_dir)
        if own is None or not self._spool.files():
            return 0
        running = [own, *(record for record in all_running() if record.state_dir != own.state_dir)]

        def wanted(address: Address) -> bool:
            return chosen(address.cwd, running) == own if address.url is None else serves(address.url, own)

        return self._spool.deliver(wanted, self._keep)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_S):
            try:
                self.look()
            except Exception:
                self.failures += 1
                log.exception("spool: a look failed, continuing")

    def _keep(self, raws: list[Any]) -> bool:
        reader = RowReader(now_ms=self._now_ms(), tool="python", chance=secrets.randbits)
        rows, refused = reader.read_all(raws)
        try:
            if rows:
                self._recorder.record(rows)
        except TelemetryUnavailable:
            return False
        for refusal in refused:
            log.warning("spool: a row was refused: %s", refusal.reason)
        self._refusals.count(refusal.reason for refusal in refused)
        self.refused += len(refused)
        return True
