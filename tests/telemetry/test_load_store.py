"""Samples of machines, queues and datasets come back after a restart and go after thirty days."""

from __future__ import annotations

from pathlib import Path

from llm_service.core.times import iso_seconds
from llm_service.telemetry.load_store import LoadStore
from tests.kit.store import DAY_MS, NOON_MS, Clock, ask, open_database, recording
from tests.kit.waiting import wait_until


def sample(at_ms: int, cpu: float | None = 1.0) -> dict:
    return {"at": iso_seconds(at_ms / 1000), "cpu": cpu, "gpu": None, "vram": None, "ram": 50.5}


def depth(at_ms: int, count: int) -> dict:
    return {"at": iso_seconds(at_ms / 1000), "depth": count, "finished": 2}


def test_samples_come_back_after_a_restart_in_their_order(tmp_path: Path) -> None:
    with recording(open_database(tmp_path)) as recorder:
        store = LoadStore(open_database(tmp_path), recorder)
        for n in (2, 0, 1):
            store.keep_load("s:spark", sample(NOON_MS + n * 1000, float(n)))
            store.keep_depth("s", depth(NOON_MS + n * 1000, n))
        store.keep_load("t:spark", sample(NOON_MS))
        store.keep_load("s:spark", sample(NOON_MS, None))
    store = LoadStore(open_database(tmp_path), recorder)
    assert [row["cpu"] for row in store.loads("s:spark", NOON_MS)] == [None, 1.0, 2.0]
    assert store.loads("s:spark", NOON_MS + 2000) == [sample(NOON_MS + 2000, 2.0)]
    assert store.depths("s", NOON_MS + 1000) == [depth(NOON_MS + 1000, 1), depth(NOON_MS + 2000, 2)]
    assert store.depths("t", 0) == []


def test_a_dataset_has_one_size_a_day_the_last_that_was_seen(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with recording(database) as recorder:
        store = LoadStore(database, recorder)
        store.keep_sizes("2026-11-20", {"s:a": 10, "s:b": 5, "s2:a": 7})
        store.keep_sizes("2026-11-21", {"s:a": 12})
        store.keep_sizes("2026-11-21", {"s:a": 15})
        store.keep_sizes("2026-11-21", {})
        recorder.write(lambda _: None)
        assert store.growth("s") == {"s:a": [("2026-11-20", 10), ("2026-11-21", 15)], "s:b": [("2026-11-20", 5)]}


def test_samples_go_after_thirty_days_and_sizes_of_datasets_stay_as_long_as_runs(tmp_path: Path) -> None:
    clock = Clock()
    database = open_database(tmp_path, clock)
    with recording(database, clock) as recorder:
        store = LoadStore(database, recorder)
        for age in (31, 29):
            store.keep_load("s:spark", sample(NOON_MS - age * DAY_MS))
            store.keep_depth("s", depth(NOON_MS - age * DAY_MS, age))
        store.keep_sizes("2026-10-01", {"s:a": 1})
        store.keep_sizes("2025-10-01", {"s:a": 1})
    with recording(database, clock):
        wait_until(lambda: ask(database, "SELECT day FROM dataset_samples") == [("2026-10-01",)], "the old sizes' end")
        assert ask(database, "SELECT count(*) FROM node_samples") == [(1,)]
        assert ask(database, "SELECT depth FROM queue_samples") == [(29,)]
