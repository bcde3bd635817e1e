"""A store with ten million invocations of a year, filled by the recorder itself, so that all of it is consistent.

It takes 9 minutes on a busy machine, and 2.5 GB. With the variable `LLM_SERVICE_BENCH_CACHE` it is made in that folder
and stays there for the next run of the same day (its hours are of the last 90 days); else it is deleted after the run.
"""

from __future__ import annotations

import datetime
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from benchmarks.kit.cost_questions import BUDGETS
from benchmarks.kit.invocations import STEP_MS, Calls
from benchmarks.kit.store import Store, now_ms
from llm_service.core.budgets.settings import read_budget
from llm_service.telemetry import budget_store
from llm_service.telemetry.database import FILE_NAME

ROWS = 10_000_000
QUICK_ROWS = 200_000
_CHUNK = 100_000


def big_store(folder: Path, rows: int) -> Path:
    """The state directory of a store with `rows` rows (more after a run on it) and budgets."""
    if cache := os.environ.get("LLM_SERVICE_BENCH_CACHE"):
        folder = Path(cache)
    state_dir = folder / f"telemetry-{rows}-{datetime.datetime.now(datetime.UTC):%Y%m%d}"
    done = state_dir / "filled"
    if not done.exists():
        _fill(state_dir, rows)
        _add_budgets(state_dir)
        done.touch()
    return state_dir


def row_count(state_dir: Path) -> int:
    """How many invocations there are."""
    with closing(sqlite3.connect(f"file:{state_dir / FILE_NAME}?mode=ro", uri=True)) as connection:
        count: int = connection.execute("SELECT count(*) FROM invocations").fetchone()[0]
        return count


def _fill(state_dir: Path, rows: int) -> None:
    calls = Calls(5, now_ms() - rows * STEP_MS)
    with Store(state_dir) as store:
        for filled in range(0, rows, _CHUNK):
            store.keep(calls.rows(min(_CHUNK, rows - filled), named=True))
            print(f"\r  filling the store: {filled + _CHUNK:,} of {rows:,}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def _add_budgets(state_dir: Path) -> None:
    def save(connection: sqlite3.Connection) -> None:
        for number, fields in enumerate(BUDGETS):
            budget = read_budget(fields, origin="page", budget_id=f"page-{number}", in_request=True)
            budget_store.save(connection, budget, now_ms())

    with Store(state_dir) as store:
        store.recorder.write(save)
