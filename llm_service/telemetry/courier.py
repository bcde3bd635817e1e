"""Brings rows to the dashboard they belong to, or to disk, and later from there to the dashboard."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from llm_service.instance import homes_dir
from llm_service.telemetry.delivery import Answer, Delivery, Fate
from llm_service.telemetry.finding import Target, address_of, find
from llm_service.telemetry.spool import Address, Spool

log = logging.getLogger("llm_service.telemetry")

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0


class Courier:
    """For one thread of one process. `refused` is told the reason of each row that a dashboard did not take."""

    def __init__(self, environ: Mapping[str, str], cwd: str, refused: Callable[[str], None]) -> None:
        self._environ = environ
        self._refused = refused
        self.address = address_of(environ, cwd)
        self.spool = Spool(homes_dir() / "spool")
        self._delivery: Delivery | None = None
        self._next_look_s = 0.0
        self._pause_s = FIRST_PAUSE_S
        self._waiting = True
        self._delivered = self._spooled = 0
        self._said = ""

    def counts(self) -> dict[str, int]:
        """What became of the rows so far."""
        return {"delivered": self._delivered, "spooled": self._spooled, "refused": 0, "dropped": self.spool.dropped}

    def deal(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Send rows, or keep them on disk. Raises OSError or `LlmServiceError` where neither can be done."""
        if not self._sent(rows):
            self.keep(rows)
        elif self._waiting:
            self.deliver_kept()

    def _sent(self, rows: Sequence[Mapping[str, Any]]) -> bool:
        """As `_send`; also what nobody expects of it costs no row."""
        try:
            return self._send(rows)
        except Exception:
            log.warning("telemetry: sending failed; %d rows are kept on disk", len(rows), exc_info=True)
            self._delivery = None
            self._wait_longer()
            return False

    def keep(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Put rows on disk."""
        self._spooled += self.spool.keep(rows, self.address)
        self._waiting = True

    def pause_s(self) -> float | None:
        """After how long it is worth looking again for who takes what is on disk; None: nothing is."""
        return max(0.05, self._next_look_s - time.monotonic(), self._pause_s) if self._waiting else None

    def deliver_kept(self) -> None:
        """Deliver what this user's processes left on disk for the same dashboard."""
        if not self.spool.files():
            self._waiting = False
        elif self._ready():
            self.spool.deliver(self._is_ours, self._send)
            # What is left is for others, or somebody else is at it.
            self._waiting = False if self._delivery is not None else self._waiting

    def _is_ours(self, address: Address) -> bool:
        if address == self.address:
            return True
        target = find(address, self._environ) if address.url is None else None
        return target is not None and self._delivery is not None and target.url == self._delivery.target.url

    def _ready(self) -> Delivery | None:
        if self._delivery is None and time.monotonic() >= self._next_look_s:
            target = find(self.address, self._environ)
            if target is None:
                self._wait_longer()
            else:
                self._delivery = Delivery(target)
        return self._delivery

    def _send(self, rows: Sequence[Any]) -> bool:
        """Whether the rows are dealt with, for good or ill."""
        delivery = self._ready()
        if delivery is None:
            return False
        answer = delivery.send(rows)
        if answer.fate is Fate.LATER:
            self._later(answer, delivery.target)
            return False
        self._pause_s = FIRST_PAUSE_S
        reasons = answer.refused if answer.fate is Fate.TAKEN else (answer.said,) * len(rows)
        for reason in reasons:
            self._refused(reason)
        self._delivered += len(rows) - len(reasons)
        return True

    def _later(self, answer: Answer, target: Target) -> None:
        if self._delivery is not None:
            self._delivery.close()
        self._delivery = None
        self._wait_longer()
        if answer.said != self._said:
            self._said = answer.said
            log.info("telemetry: %s; rows are kept on disk for %s", answer.said, target.url)

    def _wait_longer(self) -> None:
        self._next_look_s = time.monotonic() + self._pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
