"""Tells open pages what things cost: at once when something was kept, then at most four times a second."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from llm_service.background import Background
from llm_service.core.costs.shapes import ActiveOperation, CostUpdate
from llm_service.core.costs.unknown import unknown_costs
from llm_service.core.invocations.usage import Invocation
from llm_service.core.money import usd
from llm_service.core.observations import Announced
from llm_service.core.times import iso_seconds
from llm_service.core.zones import Zone
from llm_service.errors import TelemetryUnavailable

log = logging.getLogger(__name__)

AT_MOST_EVERY_S = 0.25
TICK_S = 2.0
"""How late a new day, an operation older than five minutes or a new condition may be told."""
PACE_EVERY_S = 60.0
"""How often the pace is told anew while it falls because nothing happens."""
SINGLY = 20
"""More rows than this in one go are told as sums only."""


class Kept(Protocol):
    """One row of a commit."""

    @property
    def invocation(self) -> Invocation: ...
    @property
    def cost_nano(self) -> int | None: ...


class Committed(Protocol):
    """A commit with rows."""

    @property
    def rows(self) -> Sequence[Kept]: ...
    @property
    def counted(self) -> int: ...


class Costs(Protocol):
    """Where the sums come from."""

    zone: Zone

    def update(self) -> CostUpdate: ...


class Teller(Background):
    """One thread, "teller". `condition` gives the sentences of those who keep telemetry."""

    def __init__(
        self,
        costs: Costs,
        publish: Callable[[Announced], None],
        *,
        condition: Callable[[], Sequence[str]],
        now_ms: Callable[[], int],
        tick_s: float = TICK_S,
    ) -> None:
        super().__init__("teller")
        self._costs = costs
        self._publish = publish
        self._condition = condition
        self._now_ms = now_ms
        self._tick_s = tick_s
        self._changed = threading.Condition()
        self._due = True
        self._rows: list[Kept] = []
        self._told: CostUpdate | None = None
        self._told_day_ms = 0
        self._told_s = float("-inf")

    def _wake_up(self) -> None:
        with self._changed:
            self._changed.notify()

    def hear(self, committed: Committed) -> None:
        """Something was kept. Called on the recorder's thread: the reading is left to this one's own."""
        with self._changed:
            self._due = True
            if len(self._rows) <= SINGLY:
                # One more than is told, so that it is known to be too many.
                self._rows.extend(committed.rows[: SINGLY + 1])
            self._changed.notify()

    def look_again(self) -> None:
        """What was kept has changed in another way: prices, retention."""
        with self._changed:
            self._due = True
            self._changed.notify()

    def _run(self) -> None:
        while self._wait():
            with self._changed:
                rows, self._rows, self._due = self._rows, [], False
            try:
                self._tell(rows)
            except Exception:
                self.failures += 1
                log.exception("teller: costs could not be told, continuing")

    def _wait(self) -> bool:
        """Wait until there is something to tell and it may be told; False at the end."""
        while True:
            with self._changed:
                if not self._due and not self._stopping.is_set():
                    self._changed.wait(self._tick_s)
                if self._stopping.is_set():
                    return False
                due = self._due
            if due or self._is_late():
                break
        with self._changed:
            until_s = self._told_s + AT_MOST_EVERY_S
            while not self._stopping.is_set() and (left_s := until_s - time.monotonic()) > 0:
                self._changed.wait(left_s)
            return not self._stopping.is_set()

    def _is_late(self) -> bool:
        """Whether what was told last has become untrue by itself."""
        told = self._told
        if told is None or list(self._condition()) != told["condition"]:
            return True
        now_ms = self._now_ms()
        if self._costs.zone.day_start_ms(now_ms) != self._told_day_ms:
            return True
        gone = iso_seconds((now_ms - 300_000) / 1000)
        if any(operation["timestamp"] <= gone for operation in told["active_operations"]):
            return True
        return bool(told["burn"]["usd_per_hour"]) and time.monotonic() - self._told_s > PACE_EVERY_S

    def _tell(self, rows: Sequence[Kept]) -> None:
        self._told_s = time.monotonic()
        if len(rows) <= SINGLY:
            for row in rows:
                operation = operation_json(row)
                body = {"invocation": operation, "timestamp": operation["timestamp"]}
                self._publish(Announced("costs", "telemetry.update", body))
        now_ms = self._now_ms()
        condition = list(self._condition())
        try:
            update = self._costs.update()
        except TelemetryUnavailable as error:
            # What was last known stays, marked; a figure that cannot be read now has not become unknown.
            now = iso_seconds(now_ms / 1000)
            update = {**self._told, "timestamp": now} if self._told else unknown_costs(self._costs.zone.name, (), now)
            condition = [*condition, f"Costs cannot be read: {error}."]
            self.failures += 1
        update["condition"] = condition
        same = self._told is not None and {**update, "timestamp": ""} == {**self._told, "timestamp": ""}
        self._told, self._told_day_ms = update, self._costs.zone.day_start_ms(now_ms)
        if rows or not same:
            self._publish(Announced("costs", "cost.update", update, standing=True))


def operation_json(kept: Kept) -> ActiveOperation:
    """A row of a commit as it leaves the house."""
    row = kept.invocation
    return {
        "invocation_id": row.invocation_id,
        "timestamp": iso_seconds(row.at_ms / 1000),
        "agent_name": row.agent,
        "tool_name": row.tool,
        "model_name": row.model,
        "total_tokens": row.total_tokens,
        "cost_usd": usd(kept.cost_nano),
        "latency_ms": row.latency_ms,
        "status": row.status,
    }
