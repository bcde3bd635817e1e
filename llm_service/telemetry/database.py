"""The file `telemetry.db`: making, opening and migrating it, and connections to it.

One thread of one process writes (`recorder.py`); everybody else reads through `reading`, for a short time. What is
no database or is damaged is moved aside, never deleted; what a newer release wrote is not touched.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from llm_service.core.zones import DAY_MS, Zone
from llm_service.errors import LlmServiceError, TelemetryUnavailable
from llm_service.mounts import network_mount
from llm_service.private_files import make_private_dir, open_private
from llm_service.telemetry import faults, migrations, sums

__all__ = ["BUSY_MS", "FILE_NAME", "HOURS_KEPT_DAYS", "Database", "TelemetryUnavailable"]

FILE_NAME = "telemetry.db"
BUSY_MS = 5_000
"""How long a connection waits for another program's lock."""
HOURS_KEPT_DAYS = 90
WAL_LIMIT_BYTES = 16 * 1024 * 1024
CHECKPOINT_PAGES = 4_000
"""Pages of WAL after which they are carried over: pages written several times until then are carried once."""
_CACHE_KIB = 4_096
_MAGIC = b"SQLite format 3\x00"


class Database:
    """An opened `telemetry.db`. `zone` is the time zone that days shall be counted in; `notices` are for the user."""

    def __init__(self, path: Path, zone: Zone, now_ms: Callable[[], int]) -> None:
        self.path = path
        self.zone = zone
        self._now_ms = now_ms
        self._notices: list[str] = []

    @classmethod
    def open(cls, state_dir: Path, *, zone: str, now_ms: Callable[[], int]) -> Database:
        """Open the database of a state directory; make it, private, where there is none.

        Raises `TelemetryUnavailable` for a newer schema, a database of something else, a network file system and
        where nothing can be written. A file that is damaged beyond opening is moved aside with a notice.
        """
        try:
            make_private_dir(state_dir)
        except LlmServiceError as error:
            raise TelemetryUnavailable(str(error)) from error
        if kind := network_mount(state_dir):
            raise TelemetryUnavailable(
                f"telemetry cannot be kept in {state_dir}: SQLite's log needs memory that all programs share, which"
                f" {kind} does not have; choose a folder on this machine's own disk with --state-dir"
            )
        database = cls(state_dir / FILE_NAME, Zone(zone), now_ms)
        database._refuse_read_only()
        if database._damaged():
            database.set_aside()
        with faults.told(database.path):
            database._prepare()
        return database

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences about what had to be done with the file."""
        return tuple(self._notices)

    def keep_zone(self) -> None:
        """Count days in the zone that the sums are kept in, whatever was asked for: only a dashboard moves them."""
        with self.reading() as connection:
            self.zone = sums.zone_of(connection)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that can only read, for the calling thread and a short time: a long one lets the log grow."""
        with faults.told(self.path), closing(_connect(self.path, "ro")) as connection:
            connection.row_factory = sqlite3.Row
            yield connection

    def writing(self) -> sqlite3.Connection:
        """A connection that writes, in autocommit; for the one writer. Its thread must close it."""
        connection = _connect(self.path, "rw")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        return connection

    def set_aside(self) -> None:
        """Rename the file and its log with the time in their names, and say so in `notices`."""
        stamp = datetime.fromtimestamp(self._now_ms() / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
        aside = self.path.with_name(f"{self.path.name}.damaged-{stamp}")
        count = 1
        while aside.exists():
            count += 1
            aside = self.path.with_name(f"{self.path.name}.damaged-{stamp}-{count}")
        # The log goes first: a log that is left beside a new database would be taken for that one's.
        for suffix in ("-wal", "-shm", ""):
            try:
                os.replace(f"{self.path}{suffix}", f"{aside}{suffix}")
            except FileNotFoundError:
                continue
            except OSError as error:
                raise TelemetryUnavailable(
                    f"{self.path} is damaged and cannot be moved aside ({error.strerror}); move it away by hand"
                ) from error
        self._notices.append(
            f"The telemetry database was damaged and was moved aside to {aside}; a new one was begun."
            f" What can be saved of the old one: sqlite3 {aside} .recover"
        )

    def begin_anew(self) -> None:
        """Move a damaged file aside and make a new one."""
        self.set_aside()
        with faults.told(self.path):
            self._prepare()

    def begin_again_after_removal(self) -> None:
        """Make the file anew that somebody removed while it was in use, and say so in `notices`."""
        make_private_dir(self.path.parent)
        for suffix in ("-wal", "-shm"):
            if not self.path.exists():
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        self._notices.append(
            f"{self.path} was removed or replaced while it was in use; what is told now is kept there."
        )
        with faults.told(self.path):
            self._prepare()

    def _damaged(self) -> bool:
        """Whether the file is no database or one whose first pages cannot be read. An empty file is a new one."""
        try:
            with self.path.open("rb") as file:
                head = file.read(len(_MAGIC))
        except FileNotFoundError:
            return False
        except OSError as error:
            raise TelemetryUnavailable(f"cannot read {self.path}: {error.strerror}") from error
        if not head:
            return False
        if head != _MAGIC:
            return True
        try:
            with closing(_connect(self.path, "ro")) as connection:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
                migrations.applied(connection)
        except sqlite3.DatabaseError as error:
            return faults.is_damage(error)
        return False

    def _prepare(self) -> None:
        """Make the file where there is none, and its tables where some are missing; refuse what is not ours."""
        if self.path.is_symlink():
            raise TelemetryUnavailable(
                f"{self.path} is a symbolic link, which is not followed; put the file itself there"
            )
        if not self.path.exists() and self._make():
            return
        if self.path.stat().st_size:
            with closing(_connect(self.path, "ro")) as connection:
                self._refuse_others(connection)
                if migrations.complete(connection):
                    return
        with closing(self.writing()) as connection:
            self._furnish(connection)

    def _make(self) -> bool:
        """Make a whole database under another name and then put it in its place: nobody meets a half-made one.

        False where another program was quicker.
        """
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        try:
            os.close(open_private(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL))
            with closing(_connect(draft, "rw")) as connection:
                self._furnish(connection)
            try:
                os.link(draft, self.path)
            except FileExistsError:
                return False
            except OSError:  # a file system without links
                os.rename(draft, self.path)
            return True
        except (LlmServiceError, OSError) as error:
            raise TelemetryUnavailable(f"telemetry cannot be kept: {error}") from error
        finally:
            for suffix in ("", "-wal", "-shm", "-journal"):
                Path(f"{draft}{suffix}").unlink(missing_ok=True)

    def _furnish(self, connection: sqlite3.Connection) -> None:
        """Give a database its log, its tables and what is known from its first moment on."""
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise TelemetryUnavailable(
                f"telemetry cannot be kept in {self.path.parent}: its file system has no shared memory"
            )
        migrations.migrate(connection)
        now_ms = self._now_ms()
        facts = {"zone": self.zone.name, "hours_from_ms": str(self.hours_from_ms(now_ms)), "made_ms": str(now_ms)}
        connection.executemany("INSERT OR IGNORE INTO facts VALUES (?, ?)", facts.items())

    def hours_from_ms(self, now_ms: int) -> int:
        """The start of the oldest hour that is kept as an hour."""
        return self.zone.hour_start_ms(max(0, now_ms - HOURS_KEPT_DAYS * DAY_MS))

    def _refuse_others(self, connection: sqlite3.Connection) -> None:
        if newer := migrations.unknown(connection):
            raise TelemetryUnavailable(
                f"{self.path} was written by a newer release of llm-service ({', '.join(sorted(newer))}) and is left"
                " as it is; upgrade llm-service, or choose another folder with --state-dir"
            )
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and not migrations.applied(connection):
            raise TelemetryUnavailable(
                f"{self.path} is a database of another program and is left as it is; move it away, and take its rows"
                " over with: llm-service telemetry import FILE"
            )

    def _refuse_read_only(self) -> None:
        for path in (self.path, self.path.parent):
            if path.exists() and not os.access(path, os.W_OK):
                raise TelemetryUnavailable(
                    f"telemetry cannot be kept: {path} is read-only; make it writable, or choose another folder with"
                    " --state-dir"
                )


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"file:{quote(str(path))}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_MS / 1000, cached_statements=256)
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection
