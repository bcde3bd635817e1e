"""Many files through child processes: all of them, whatever happens to a child."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import psutil
import pytest

from llm_service.core.observations import FilesChanged
from llm_service.sources import parse_pool
from llm_service.sources.filedoor import FileDoor
from llm_service.sources.intake import Intake
from tests.kit.boards import Folder, task_text
from tests.kit.waiting import wait_until

MANY = 2_200
LIMIT = 10_000


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    folder = Folder(tmp_path_factory.mktemp("crowd"))
    (folder.root / "inbox").mkdir()
    for number in range(MANY):
        (folder.root / f"inbox/{number}.yaml").write_text(task_text(f"t{number}"))
    return folder


def paths() -> list[str]:
    return [f"inbox/{number}.yaml" for number in range(MANY)]


@pytest.fixture
def no_child_is_left() -> Iterator[None]:
    before = set(psutil.Process().children())
    yield
    wait_until(lambda: set(psutil.Process().children()) <= before, "the end of the children")


@pytest.mark.usefixtures("no_child_is_left")
def test_children_read_what_this_process_would_read(crowded: Folder) -> None:
    (crowded.root / "inbox/7.yaml").write_text("id: [")
    got = dict(
        pair for batch in parse_pool.read_all(crowded.root, LIMIT, [*paths(), "inbox/none.yaml"]) for pair in batch
    )
    (crowded.root / "inbox/7.yaml").write_text(task_text("t7"))
    assert len(got) == MANY + 1
    assert got["inbox/none.yaml"] is None
    assert got["inbox/7.yaml"].seen.problem is not None
    assert got["inbox/8.yaml"].seen.content.id == "t8"


@pytest.mark.usefixtures("no_child_is_left")
@pytest.mark.parametrize("when", ["at the start", "midway"])
@pytest.mark.parametrize("how_many", [1, 4])
def test_what_a_killed_child_leaves_is_read_here(crowded: Folder, when: str, how_many: int) -> None:
    published: list[FilesChanged] = []

    def publish(batch: FilesChanged) -> None:
        published.append(batch)
        if when == "midway" and len(published) == 1:
            kill_children(how_many)

    intake = Intake(FileDoor(crowded.root, LIMIT), publish, None, Event())
    real = parse_pool._start
    if when == "at the start":
        started: list[int] = []

        def start(root: Path, max_bytes: int):
            child = real(root, max_bytes)
            started.append(child.pid)
            if len(started) <= how_many:
                os.kill(child.pid, signal.SIGKILL)
            return child

        parse_pool._start = start
    try:
        intake.read(paths(), loading=True)
    finally:
        parse_pool._start = real
    assert {seen.path for batch in published for seen in batch.seen} == set(paths())
    assert all(seen.content is not None for batch in published for seen in batch.seen)


def kill_children(how_many: int) -> None:
    for child in psutil.Process().children()[:how_many]:
        child.send_signal(signal.SIGKILL)


@pytest.mark.usefixtures("no_child_is_left")
def test_a_child_that_answers_nonsense_is_as_good_as_dead(crowded: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    published: list[FilesChanged] = []
    fake = crowded.root / "nonsense"
    fake.write_text("#!/bin/sh\nhead -c 10 >/dev/null; printf '\\000\\000\\000\\377half a pickle'\n")
    fake.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(fake))
    Intake(FileDoor(crowded.root, LIMIT), published.append, None, Event()).read(paths(), loading=True)
    assert sum(len(batch.seen) for batch in published) == MANY


@pytest.mark.usefixtures("no_child_is_left")
def test_a_stop_does_not_wait_for_the_rest(crowded: Folder) -> None:
    published: list[FilesChanged] = []
    stop = Event()

    def publish(batch: FilesChanged) -> None:
        published.append(batch)
        stop.set()

    Intake(FileDoor(crowded.root, LIMIT), publish, None, stop).read(paths(), loading=True)
    assert sum(len(batch.seen) for batch in published) < MANY
