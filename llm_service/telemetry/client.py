"""Takes rows from a program and hands them to a dashboard in the background, a batch at a time."""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from llm_service.core.invocations.rows import RowReader, RowRefused, wire_row
from llm_service.core.invocations.usage import Invocation

if TYPE_CHECKING:
    from llm_service.telemetry.courier import Courier

log = logging.getLogger("llm_service.telemetry")

BATCH_ROWS = 200
BATCH_S = 0.25
MOST_ROWS_A_TIME = 1_000
MOST_WAITING = 20_000
"""Rows in memory; what comes beyond is dropped and counted, so that a program cannot be filled by its telemetry."""
EXIT_S = 2.0
MOST_REASONS = 50
_importing = threading.Lock()
"""A fork waits for an import under way in the client's thread: the child would keep a half-made module for ever."""
os.register_at_fork(before=_importing.acquire, after_in_parent=_importing.release, after_in_child=_importing.release)


class Client:
    """`record` may be called from any thread, also after a fork; it never waits for more than a lock."""

    COUNTED = ("delivered", "spooled", "refused", "dropped", "waiting")

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._pid_begins()
        atexit.register(self.close)
        os.register_at_fork(after_in_child=self._pid_begins)

    def _pid_begins(self) -> None:
        """Begin empty: in a forked child what waits is the parent's to send, and its thread is not here."""
        # Re-entrant: a signal handler may record while its thread is inside.
        self._changed = threading.Condition()
        self._rows: deque[Invocation] = deque()
        self._sending: list[Invocation] = []
        self._thread: threading.Thread | None = None
        self._courier: Courier | None = None
        self._hurry = self._closed = False
        self._refused = self._dropped = 0
        self._reasons: set[str] = set()

    def record(self, fields: Mapping[str, Any]) -> str | None:
        """Take one row; returns its id, None where it is refused or there is no room."""
        reader = RowReader(now_ms=time.time_ns() // 1_000_000, tool="python", chance=_chance)
        try:
            row = reader.read({name: value for name, value in fields.items() if value is not None})
        except RowRefused as error:
            self._refuse(str(error))
            return None
        with self._changed:
            if len(self._rows) >= MOST_WAITING:
                self._drop(1)
                return None
            self._rows.append(row)
            if self._closed:
                self._keep_here()
            elif self._thread is None:
                self._start()
            elif len(self._rows) == 1 or len(self._rows) >= BATCH_ROWS:
                self._changed.notify_all()
        return row.invocation_id

    def flush(self, timeout_s: float) -> bool:
        """Wait until nothing waits in memory."""
        with self._changed:
            self._hurry = True
            self._changed.notify_all()
            done = self._changed.wait_for(lambda: not self._rows and not self._sending, timeout_s)
            self._hurry = False
            return done

    def close(self) -> None:
        """At the process's end: send or keep on disk what waits, within two seconds."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(EXIT_S)
        if self._rows or self._sending:
            self._keep_here()

    def counts(self) -> dict[str, int]:
        """What became of the rows."""
        courier = self._courier
        told = courier.counts() if courier else {"delivered": 0, "spooled": 0, "refused": 0, "dropped": 0}
        with self._changed:
            told["refused"] += self._refused
            told["dropped"] += self._dropped
            return {**told, "waiting": len(self._rows) + len(self._sending)}

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name="llm-service-telemetry", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return  # no thread to be had now; the next row tries again
        self._thread = thread
        if util := sys.modules.get("multiprocessing.util"):
            # A process made by multiprocessing ends without atexit.
            util.Finalize(self, self.close, exitpriority=0)

    def _run(self) -> None:
        while rows := self._next_batch():
            try:
                self._the_courier().deal(list(map(wire_row, rows)))
            except Exception:
                log.warning("telemetry: %d rows could not be sent or kept", len(rows), exc_info=True)
                self._drop(len(rows))
            with self._changed:
                self._sending = []
                self._changed.notify_all()

    def _next_batch(self) -> list[Invocation]:
        """The next rows once there are enough of them or the oldest waited long enough; none at the end."""
        with self._changed:
            while not self._rows:
                if self._closed:
                    return []
                courier = self._courier
                if not self._changed.wait(courier.pause_s() if courier else None) and courier:
                    self._try_spool(courier)
            self._changed.wait_for(lambda: self._closed or self._hurry or len(self._rows) >= BATCH_ROWS, BATCH_S)
            self._sending = [self._rows.popleft() for _ in range(min(len(self._rows), MOST_ROWS_A_TIME))]
            return self._sending

    def _try_spool(self, courier: Courier) -> None:
        """Nothing to send: see whether what is on disk can be delivered, without the lock."""
        self._changed.release()
        try:
            courier.deliver_kept()
        except Exception:
            log.debug("telemetry: the spool could not be delivered", exc_info=True)
        finally:
            self._changed.acquire()

    def _the_courier(self) -> Courier:
        if self._courier is None:
            # Imported here: the program that only records should not wait for it.
            with _importing:
                from llm_service.telemetry.courier import Courier

            self._courier = Courier(self._environ, os.getcwd(), self._refuse)
        return self._courier

    def _keep_here(self) -> None:
        """Put what waits, and what may be under way, on disk. Delivered twice is counted once."""
        rows = [*self._sending, *self._rows]
        self._rows.clear()
        try:
            self._the_courier().keep(list(map(wire_row, rows)))
        except Exception:
            log.warning("telemetry: %d rows were lost at the end of the program", len(rows), exc_info=True)

    def _refuse(self, reason: str) -> None:
        self._refused += 1
        kind = reason.partition(" ")[0]
        if kind not in self._reasons and len(self._reasons) < MOST_REASONS:
            self._reasons.add(kind)
            log.warning("telemetry: a row was refused: %s", reason)

    def _drop(self, rows: int) -> None:
        if not self._dropped:
            log.warning("telemetry: rows come faster than they can be sent or kept; some are dropped")
        self._dropped += rows


def _chance(bits: int) -> int:
    return int.from_bytes(os.urandom(16), "big") >> (128 - bits)
