"""A database that is slower than the streams: they wait for it while it writes, and are not held up by a dead one."""

from __future__ import annotations

from typing import Any, cast

import pytest

from llm_service.core.runs.event_text import EventText
from llm_service.sources.bobspark import run_keeper
from llm_service.sources.bobspark.run_keeper import MOST_WAITING, PRESSED, Keeping, RunKeeper

EVENTS = [("a:r", EventText(n, "status", "{}")) for n in range(PRESSED + 200)]


class SlowStore:
    """Takes `room` events at a time, and has them written when the test says so."""

    def __init__(self) -> None:
        self.room = 100
        self.waiting = 0
        self.kept: list[Any] = []

    def keep(self, _: Any, events: list[Any]) -> None:
        self.kept += events
        self.waiting = len(events)


class NoBooks:
    """Nobody counts tokens here."""

    def offer(self, _: Any, *, again: bool = False) -> bool:
        return True

    def on_commit(self, _: Any) -> None:
        """Nothing is committed."""


@pytest.fixture
def store() -> SlowStore:
    return SlowStore()


@pytest.fixture
def keeper(store: SlowStore) -> RunKeeper:
    keeping = Keeping(cast(Any, store), NoBooks())
    return RunKeeper(
        lambda: keeping,
        settled=lambda _: True,
        priced=lambda *_: None,
        off=lambda: False,
        gpu_hours=(),
        now_ms=lambda: 0,
    )


def test_streams_wait_while_the_database_is_behind_and_writes(keeper: RunKeeper, store: SlowStore) -> None:
    keeper.take({}, EVENTS)
    assert not keeper.pressed, "nothing says yet that it writes"
    keeper.flush()
    assert keeper.pressed
    store.room = PRESSED
    keeper.flush()
    assert not keeper.pressed
    assert store.kept == EVENTS[: PRESSED + 100]


def test_a_database_that_writes_no_more_holds_nobody_up(
    keeper: RunKeeper, store: SlowStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper.take({}, EVENTS)
    keeper.flush()
    monkeypatch.setattr(run_keeper, "HOPED_FOR_S", 0.0)
    store.room = 0
    keeper.flush()
    assert not keeper.pressed
    keeper.take({}, EVENTS * (MOST_WAITING // len(EVENTS) + 1))
    assert keeper.dropped == len(EVENTS) * (MOST_WAITING // len(EVENTS) + 2) - 100 - MOST_WAITING


def test_it_has_caught_up_when_what_was_handed_on_is_written(keeper: RunKeeper, store: SlowStore) -> None:
    keeper.take({}, EVENTS[:50])
    assert not keeper.caught_up
    keeper.flush()
    assert not keeper.caught_up, "handed on is not written"
    store.waiting = 0
    keeper.take({}, EVENTS[50:60])
    keeper.flush()
    assert keeper.caught_up, "though more came meanwhile"
