"""A database that cannot be opened: runs are shown and followed all the same, and nothing waits for it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from llm_service.simulators.bobspark import Bobspark
from tests.kit.boards import Board
from tests.kit.run_follower import RunFollower
from tests.kit.simulator import submit
from tests.kit.waiting import wait_until


def test_what_happens_does_not_pile_up_for_a_database_that_will_never_be_there(
    bobspark: Bobspark, watch: Callable[..., Board], tmp_path: Path
) -> None:
    (tmp_path / "state").mkdir(mode=0o700)
    with closing(sqlite3.connect(tmp_path / "state" / "telemetry.db")) as foreign:
        foreign.execute("CREATE TABLE somebody_elses (x)")
    board = watch(bobspark)
    client = RunFollower(board).connect()
    submit(bobspark, sim={"outcome": "completed", "iterations": 1})
    (key,) = client.ended(1)
    client.until(lambda: any(heard.name == "run.finished" for heard in client.heard), "its end")
    keeper = board.runtime.upstreams._runs().keeper
    wait_until(lambda: not keeper._cards, "nothing that waits")
    assert not keeper.waits(key)
    assert board.get(f"/api/runs/{key}/events")[1]["events"]
