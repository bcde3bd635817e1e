"""With --strict-db a damaged database is a reason not to start, and stays where it is; without it the board starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_service.core.invocations.usage import Invocation
from llm_service.errors import TelemetryUnavailable
from llm_service.telemetry.strictness import refuse_damage
from tests.kit.boards import running_board
from tests.kit.waiting import wait_until

DAMAGES = {
    "no database": lambda path: path.write_bytes(b"no database at all" * 100),
    "a page scribbled over": lambda path: _scribble(path, 4096 * 3),
}


def _scribble(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xff" * 4096)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damage_stops_a_strict_start_and_no_other(tmp_path: Path, damage) -> None:
    work, state = tmp_path / "work", tmp_path / "state"
    work.mkdir()
    with running_board(work, state, strict_db=True) as board:
        rows = [Invocation(f"i{n}", 1_790_000_000_000 + n, f"m{n % 7}", "python") for n in range(500)]
        board.runtime.telemetry.opened().recorder.record(rows)
    path = state / "telemetry.db"
    damage(path)
    before = path.read_bytes()
    with pytest.raises(TelemetryUnavailable, match="--strict-db"), running_board(work, state, strict_db=True):
        pass
    assert (path.read_bytes(), list(state.glob("*.damaged-*"))) == (before, [])
    with running_board(work, state) as board:
        wait_until(lambda: list(state.glob("*.damaged-*")), "the file moved aside")
        wait_until(lambda: any("moved aside" in line for line in board.get("/ready")[1]["degraded"]), "the notice")


def test_a_newer_schema_is_refused_too(tmp_path: Path) -> None:
    with running_board(tmp_path, tmp_path.parent / f"{tmp_path.name}-state") as board:
        opened = board.runtime.telemetry.opened()
        state = opened.database.path.parent
        sql = "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('telemetry', 'm9999', 'now')"
        opened.recorder.write(lambda db: db.execute(sql))
    with pytest.raises(TelemetryUnavailable, match="newer release"):
        refuse_damage(state)


def test_nothing_yet_is_no_damage(tmp_path: Path) -> None:
    refuse_damage(tmp_path)
    (tmp_path / "telemetry.db").touch()
    refuse_damage(tmp_path)
