"""The first reading of a large folder holds up nobody's edit."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from llm_service.core.observations import BoardCondition, FilesChanged, Observation
from llm_service.sources.taskfiles import TaskFiles
from tests.kit.waiting import wait_until

TASKS = 2_500


def test_an_edit_is_told_before_the_first_reading_is_through(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    for number in range(TASKS):
        (tmp_path / f"inbox/t{number}.yaml").write_text(f"id: t{number}\n")
    told: list[Observation] = []
    loaded = threading.Event()

    def publish(observation: Observation) -> None:
        told.append(observation)
        if isinstance(observation, FilesChanged) and observation.loading and len(told) == 2:
            fresh = tmp_path / "inbox/.fresh"
            fresh.write_text("id: fresh\ntitle: written while loading\n")
            os.replace(fresh, tmp_path / "inbox/fresh.yaml")
            wait_until(source.hints.wake.is_set, "the hint of the new file")
        if isinstance(observation, BoardCondition) and not observation.loading:
            loaded.set()

    source = TaskFiles(tmp_path, publish, max_bytes=262_144)
    source.start()
    try:
        assert loaded.wait(30)
    finally:
        source.stop()
    live = [batch for batch in told if isinstance(batch, FilesChanged) and not batch.loading]
    assert [file.path for batch in live for file in batch.seen] == ["inbox/fresh.yaml"]
    first_told = [file.path for batch in told if isinstance(batch, FilesChanged) for file in batch.seen]
    assert sorted(first_told) == sorted([f"inbox/t{number}.yaml" for number in range(TASKS)] + ["inbox/fresh.yaml"])
