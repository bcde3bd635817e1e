"""Rows that were recorded before their model's price was known get it as soon as it is: the thread `prices`.

This is no pricing again: only models for which the list had not answered when the row came, because the child was
slow, dead or not to be started. What the list was asked for and does not know stays unpriced until the user says so.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from llm_service.background import Background
from llm_service.telemetry.price_pipe import Key
from llm_service.telemetry.prices import Pricing

log = logging.getLogger(__name__)

RETRY_S = 60.0


class LatePrices(Background):
    """Waits for answers that come late, asks again once a minute, and hands on the models that now have one."""

    def __init__(self, pricing: Pricing, price: Callable[[frozenset[Key]], None], *, retry_s: float = RETRY_S) -> None:
        super().__init__("prices")
        self._pricing = pricing
        self._price = price
        self._retry_s = retry_s

    def _wake_up(self) -> None:
        self._pricing.stop()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._step()
            except Exception:
                self.failures += 1
                log.exception("late prices: a step failed, continuing")
                self._stopping.wait(self._retry_s)

    def _step(self) -> None:
        self._pricing.recall_late()
        while not self._stopping.is_set() and (answered := self._pricing.wait_late(self._retry_s)):
            self._price(answered)
            self._pricing.forget_late(answered)
        if not self._stopping.is_set():
            self._pricing.ask_again()
