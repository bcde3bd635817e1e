"""For those who would rather not start than begin anew: whether the telemetry database is sound, only looked at."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from llm_service.errors import TelemetryUnavailable
from llm_service.telemetry import migrations
from llm_service.telemetry.database import FILE_NAME


def refuse_damage(state_dir: Path) -> None:
    """Raise `TelemetryUnavailable` where the whole file is not sound or not ours; changes nothing.

    Reads all of it: about 1.4 s a gigabyte.
    """
    path = state_dir / FILE_NAME
    if not path.exists() or not path.stat().st_size:
        return
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=5.0)) as connection:
            problem = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            newer = migrations.unknown(connection)
    except sqlite3.Error as error:
        problem, newer = str(error), set()
    if problem == "ok" and newer:
        problem = "a newer release wrote it"
    if problem != "ok":
        raise TelemetryUnavailable(
            f"{path} cannot be used ({problem}); move it away or mend it (sqlite3 {path} .recover),"
            " or start without --strict-db"
        )
