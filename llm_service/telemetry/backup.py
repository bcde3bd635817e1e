"""A copy of the database while it is written to, through SQLite's backup: a copy of the file alone lacks its log."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from llm_service.errors import LlmServiceError, TelemetryUnavailable
from llm_service.private_files import open_private
from llm_service.telemetry.database import Database


def backup(database: Database, target: Path) -> int:
    """Copy the database as it is at this moment to `target`, readable by its owner only; return its size in bytes.

    `target` appears when it is whole. Raises `LlmServiceError` where it exists already or cannot be written.
    """
    if target.is_dir():
        target = target / database.path.name
    if target.exists():
        raise LlmServiceError(f"{target} exists already; name another file, or remove it first")
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        os.close(open_private(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL))
        _copy(database, draft)
        size = draft.stat().st_size
        os.replace(draft, target)
    except (OSError, sqlite3.Error) as error:
        # The system's own text would name the draft, which nobody asked for.
        reason = error.strerror if isinstance(error, OSError) else error
        raise LlmServiceError(f"cannot write {target}: {reason}") from error
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            Path(f"{draft}{suffix}").unlink(missing_ok=True)
    return size


def _copy(database: Database, draft: Path) -> None:
    """All pages in one step: in steps the copy would begin anew at every commit of the writer."""
    with database.reading() as source, closing(sqlite3.connect(draft, isolation_level=None)) as copy:
        source.backup(copy, pages=-1)
        # One file, that can be carried elsewhere as it is.
        copy.execute("PRAGMA journal_mode = DELETE")
        if copy.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise TelemetryUnavailable(f"{database.path} is damaged, and so would be its copy; restart llm-service")
