"""Training jobs and adapters are kept without anybody waiting, and come back whole after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from llm_service.core.times import iso_seconds
from llm_service.core.training.job import Job
from llm_service.core.training.reports import Kind, Report
from llm_service.core.training.shapes import Adapter
from llm_service.telemetry.job_store import JobFilter, JobStore
from llm_service.telemetry.recorder import Recorder
from tests.kit.store import NOON_MS, Clock, open_database, recording

HOUR_MS = 3_600_000


@contextmanager
def keeping(folder: Path) -> Iterator[tuple[JobStore, Recorder]]:
    clock = Clock()
    database = open_database(folder, clock)
    with recording(database, clock) as recorder:
        yield JobStore(database, recorder, clock), recorder


def settled(recorder: Recorder) -> None:
    recorder.write(lambda _: None)


def job(job_id: str, hours_ago: float = 0, *, source: str = "s", kind: Kind = "finetune", **told: Any) -> Job:
    at_ms = NOON_MS - round(hours_ago * HOUR_MS)
    one = Job(f"{source}:{job_id}", source, kind, job_id, at_ms)
    one.hear(Report(kind, job_id, {"status": "running", "started_at": iso_seconds(at_ms / 1000), **told}), at_ms)
    return one


def pair(one: Job) -> tuple[Any, dict[str, Any]]:
    return one.shown(), one.kept()


def test_a_job_comes_back_whole_and_the_last_one_stays(tmp_path: Path) -> None:
    one = job("a", step=5)
    with keeping(tmp_path) as (store, recorder):
        store.keep([pair(one)])
        one.hear(Report("finetune", "a", {"status": "failed", "error": "out of memory", "step": 9}), NOON_MS)
        store.keep([pair(one)])
        settled(recorder)
    with keeping(tmp_path) as (store, _):
        assert store.job("s:a") == one.shown()
        assert store.listed(NOON_MS - HOUR_MS) == [pair(one)]
        assert store.listed(NOON_MS + 1) == []
        assert store.job("s:b") is None


def test_what_runs_and_what_ended_lately_is_listed(tmp_path: Path) -> None:
    old, late, running = job("old", 50, status="completed"), job("late", 2, status="completed"), job("run", 90)
    with keeping(tmp_path) as (store, recorder):
        store.keep([pair(one) for one in (old, late, running)])
        settled(recorder)
        assert {card["id"] for card, _ in store.listed(NOON_MS - 24 * HOUR_MS)} == {"late", "run"}


def test_pages_go_back_newest_first_and_filters_hold(tmp_path: Path) -> None:
    jobs = [job(f"j{n}", n, kind="skill" if n % 2 else "finetune") for n in range(6)]
    jobs.append(job("j0", 0, source="t"))
    with keeping(tmp_path) as (store, recorder):
        store.keep([pair(one) for one in jobs])
        settled(recorder)
        first = store.page(JobFilter(), None, 3)
        assert [card["key"] for card, _ in first] == ["t:j0", "s:j0", "s:j1"]
        place = (first[-1][1], first[-1][0]["key"])
        assert [card["key"] for card, _ in store.page(JobFilter(), place, 9)] == ["s:j2", "s:j3", "s:j4", "s:j5"]
        assert [card["id"] for card, _ in store.page(JobFilter(kind="skill"), None, 9)] == ["j1", "j3", "j5"]
        assert [card["id"] for card, _ in store.page(JobFilter(source="t", status="running"), None, 9)] == ["j0"]
        assert store.page(JobFilter(status="completed"), None, 9) == []
        assert store.keys_of("j0") == ["s:j0", "t:j0"]


def test_adapters_are_kept_by_key_newest_first(tmp_path: Path) -> None:
    def adapter(name: str, created_at: str | None, loss: float) -> Adapter:
        return {  # type: ignore[typeddict-item]
            "key": f"s:{name}",
            "source": "s",
            "created_at": created_at,
            "final_loss": loss,
        }

    with keeping(tmp_path) as (store, recorder):
        store.keep_adapters([adapter("a", "2026-01-01T00:00:00Z", 0.5), adapter("b", "2026-02-01T00:00:00Z", 0.4)])
        store.keep_adapters([adapter("a", "2026-01-01T00:00:00Z", 0.3)])
        settled(recorder)
        assert [(one["key"], one["final_loss"]) for one in store.adapters()] == [("s:b", 0.4), ("s:a", 0.3)]
