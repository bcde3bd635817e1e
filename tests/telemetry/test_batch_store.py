"""Launches are kept, each in place of the last word about it, the newest of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from llm_service.telemetry import batch_store
from llm_service.telemetry.batch_store import BatchStore
from tests.kit.store import NOON_MS, open_database, recording


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


def test_the_newest_are_kept_and_come_oldest_first(store: BatchStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_store, "MOST_KEPT", 3)
    for number in range(5):
        store.keep(f"b{number}", NOON_MS + number, {"n": number}, timeout_s=10)
    assert [one["n"] for one in store.begun_after(0, 10)] == [2, 3, 4]
    assert [one["n"] for one in store.begun_after(NOON_MS + 3, 10)] == [3, 4]
    assert [one["n"] for one in store.begun_after(0, 2)] == [3, 4]
    assert store.one("b1") is None
