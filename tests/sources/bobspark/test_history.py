"""Runs that ended before anybody watched are kept, also where the database opens late."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from llm_service.core.bobspark.run_rows import RunRow
from llm_service.core.runs.run import Moment
from llm_service.errors import TelemetryUnavailable
from llm_service.simulators.bobspark import Bobspark
from llm_service.sources.bobspark import run_watch
from llm_service.sources.bobspark.run_history import RunHistory
from tests.kit.boards import Board
from tests.kit.waiting import wait_until

ROWS = [RunRow("r", "completed")]


def history(*, off: bool) -> RunHistory:
    """Of a database that is not there."""
    return RunHistory(lambda: None, cast(Any, None), lambda: Moment(0.0, 0), lambda: off)


def test_what_cannot_be_kept_yet_is_refused_and_what_never_will_be_is_passed_over() -> None:
    with pytest.raises(TelemetryUnavailable, match="yet"):
        history(off=False).keep("a", ROWS)
    assert history(off=False).keep("a", []) == []
    assert history(off=True).keep("a", ROWS) == []


def test_a_list_that_was_read_before_the_database_was_open_is_kept_from_the_next_one(
    make_bobspark: Callable[..., Bobspark], watch: Callable[..., Board], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, refused = RunHistory.keep, []

    def opening(self: RunHistory, source: str, rows: Sequence[RunRow]) -> list[RunRow]:
        if rows and not refused:
            refused.append(len(rows))
            raise TelemetryUnavailable("not yet")
        return keep(self, source, rows)

    monkeypatch.setattr(RunHistory, "keep", opening)
    monkeypatch.setattr(run_watch, "EVERY_S", 0.3)
    server = make_bobspark(past_runs=120)
    board = watch(server)
    wait_until(lambda: len(board.get("/api/runs?limit=500")[1]["runs"]) == 120, "the whole past")
    assert refused[0] > 100, "more than a later list would hold"
