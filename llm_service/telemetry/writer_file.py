"""The writer's own connection: opened on its thread, checked before the first write, closed in good order."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from llm_service.core.zones import DAY_MS
from llm_service.telemetry import sums
from llm_service.telemetry.database import BUSY_MS, Database

log = logging.getLogger(__name__)

CHECKED_ALWAYS_BYTES = 256 * 1024 * 1024
"""Up to this size the whole file is checked at every start; it takes a second."""
CHECKED_EVERY_MS = 7 * DAY_MS
"""A larger file that was closed in good order is checked once in this time."""
_CLOSING_BUSY_MS = 200
_PROBE_BYTES = 128 * 1024


class WriterFile:
    """Belongs to the recorder's thread, but for `interrupt` and `checking`."""

    def __init__(self, database: Database, now_ms: Callable[[], int]) -> None:
        self.database = database
        self._now_ms = now_ms
        self._connection: sqlite3.Connection | None = None
        self._inode: int | None = None
        self._checked = False
        self.checking = False

    @property
    def connection(self) -> sqlite3.Connection:
        assert self._connection is not None, "ready() comes first"
        return self._connection

    def ready(self) -> None:
        """Open the file where it is not open; the first time, look whether it is sound, and begin anew if not.

        Here and not at the start of the program, because the board must not wait for it; before the first write,
        because what is written into a damaged file would be moved aside with it.
        """
        if self._connection is not None:
            return
        self._connection = self.database.writing()
        self._inode = self._inode_now()
        if not self._checked:
            self._check()

    def begin_anew(self) -> None:
        """Move the damaged file aside and open a new one."""
        self._disconnect()
        self.database.begin_anew()
        self._checked = True
        self.ready()

    def begin_anew_if_gone(self) -> None:
        """Make a new file where somebody removed or replaced the one that is being written: nobody reads that one."""
        if self._connection is None or self._inode_now() == self._inode:
            return
        log.warning("recorder: %s was removed while it was written", self.database.path)
        self._disconnect()
        self.database.begin_again_after_removal()
        self.ready()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written in the block, or nothing; the write lock is taken at once."""
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            self.roll_back()
            raise

    def roll_back(self) -> None:
        """End a transaction that failed. Some faults (no space left) make SQLite roll back by itself."""
        if self._connection is not None and self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                log.warning("recorder: cannot roll back (%s), opening the database again", error)
                self._disconnect()

    def probe(self) -> None:
        """Write something that needs space, to see whether writing works again."""
        with self.transaction() as connection:
            sums.note(connection, "probe", "x" * _PROBE_BYTES)
        with self.transaction() as connection:
            connection.execute("DELETE FROM facts WHERE name = 'probe'")

    def interrupt(self) -> None:
        """End what the connection does at this moment, from any thread."""
        if (connection := self._connection) is not None:
            connection.interrupt()

    def close(self) -> None:
        """Note that all went well, carry the log over and close."""
        if self._connection is None:
            return
        try:
            self._connection.execute(f"PRAGMA busy_timeout = {_CLOSING_BUSY_MS}")
            with self.transaction() as connection:
                sums.note(connection, "closed_ms", self._now_ms())
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            self._disconnect()

    def carry_over(self) -> bool:
        """Carry the log over into the file and empty it; False where a reader still needs it. Does not wait."""
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            busy, _, _ = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        return not busy

    def _inode_now(self) -> int | None:
        try:
            return self.database.path.stat().st_ino
        except FileNotFoundError:
            return None

    def _check(self) -> None:
        if self._to_be_checked():
            self.checking = True
            try:
                answer = self.connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            finally:
                self.checking = False
            if answer != "ok":
                log.error("recorder: the telemetry database is damaged: %s", answer)
                self.begin_anew()
                return
            with self.transaction() as connection:
                sums.note(connection, "checked_ms", self._now_ms())
        with self.transaction() as connection:
            connection.execute("DELETE FROM facts WHERE name = 'closed_ms'")
        self._checked = True

    def _to_be_checked(self) -> bool:
        if self.database.path.stat().st_size <= CHECKED_ALWAYS_BYTES:
            return True
        closed, checked = (sums.fact(self.connection, name) for name in ("closed_ms", "checked_ms"))
        return closed is None or checked is None or self._now_ms() - int(checked) > CHECKED_EVERY_MS

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
