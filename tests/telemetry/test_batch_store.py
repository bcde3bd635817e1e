"""Launches are kept, each in place of the last word about it, the newest of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from llm_service.errors import TelemetryUnavailable
from llm_service.telemetry import batch_store
from llm_service.telemetry.batch_store import BatchStore
from tests.kit.store import NOON_MS, open_database, recording
from tests.kit.waiting import wait_until


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BatchStore]:
    database = open_database(tmp_path)
    with recording(database) as recorder:
        yield BatchStore(database, recorder)


def test_the_last_word_about_a_launch_stays(store: BatchStore) -> None:
    store.keep("b 1", NOON_MS, {"left": [1, 2]}, timeout_s=10)
    store.keep("b 1", NOON_MS, {"left": [2], "text": "ü"}, timeout_s=10)
    assert store.one("b 1") == {"left": [2], "text": "ü"}
    assert store.one("b") is None


def test_what_a_busy_database_did_not_take_in_time_is_kept_later(store: BatchStore, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "telemetry.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for left in (2, 1):
            with pytest.raises(TelemetryUnavailable):
                store.keep("b 1", NOON_MS, {"left": left}, timeout_s=0.05)
        other.execute("ROLLBACK")
    wait_until(lambda: store.one("b 1") == {"left": 1}, "the last word")


def test_the_newest_are_kept_and_come_oldest_first(store: BatchStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_store, "MOST_KEPT", 3)
    for number in range(5):
        store.keep(f"b{number}", NOON_MS + number, {"n": number}, timeout_s=10)
    assert [one["n"] for one in store.begun_after(0, 10)] == [2, 3, 4]
    assert [one["n"] for one in store.begun_after(NOON_MS + 3, 10)] == [3, 4]
    assert [one["n"] for one in store.begun_after(0, 2)] == [3, 4]
    assert store.one("b1") is None
