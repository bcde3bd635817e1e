"""Any sequence of file operations, while a client sleeps and wakes: in the end the client shows what the disk holds."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.kit.boards import Board, running_board, task_text
from tests.kit.proxy import Proxy
from tests.kit.work_dir import WorkDir

FOLDERS = (
    "inbox",
    "assigned",
    "assigned/p",
    "assigned/q",
    "assigned/p/deep",
    "done/p",
    "done",
    "archive",
    "inbox/.hidden",
)
NAMES = ("a.yaml", "b.yml", "c.yaml", ".d.yaml", "e.yaml~", "f.txt")
TEXTS = (
    *(task_text(task_id, title) for task_id in ("1", "2", "3") for title in ("old", "new")),
    *("", "id: 4\ntitle: [\n", "- a list\n", "title: no id\n", "id: 5\nagent: p\n"),
)

folders = st.sampled_from(FOLDERS)
files = st.builds(lambda folder, name: f"{folder}/{name}", folders, st.sampled_from(NAMES))
texts = st.sampled_from(TEXTS)


class Anything(RuleBasedStateMachine):
    """One board; each rule is one thing that programs do to a folder. Impossible ones (no such file) do nothing."""

    @initialize()
    def start(self) -> None:
        self.stack = contextlib.ExitStack()
        base = Path(tempfile.mkdtemp(prefix="anything-"))
        self.stack.callback(shutil.rmtree, base)
        self.root = WorkDir(base / "work").root
        self.board: Board = self.stack.enter_context(running_board(self.root, base / "state", rescan_s=0.5))
        self.proxy = self.stack.enter_context(Proxy(self.board.runtime.port))
        self.board.url = self.proxy.url
        self.follower = self.board.follow()
        self.open: dict[str, IO[str]] = {}

    def teardown(self) -> None:
        self.follower.wake()
        for file in self.open.values():
            file.close()
        self.open.clear()
        try:
            self.board.converged()
            self.board.settled()
            self.board.converged()
            assert self.follower.holes == 0
            assert self.board.runtime.source.failures == self.board.runtime.hub.failures == 0
        finally:
            self.stack.close()

    @rule(path=files, text=texts)
    def write(self, path: str, text: str) -> None:
        with contextlib.suppress(OSError):
            self.board.write(path, text)

    @rule(path=files, text=texts)
    def replace(self, path: str, text: str) -> None:
        with contextlib.suppress(OSError):
            self.board.replace(path, text)

    @rule(path=files, text=texts)
    def begin_to_write(self, path: str, text: str) -> None:
        with contextlib.suppress(OSError):
            if path not in self.open:
                (self.root / path).parent.mkdir(parents=True, exist_ok=True)
                self.open[path] = (self.root / path).open("w")
                self.open[path].write(text[: len(text) // 2])
                self.open[path].flush()

    @rule(path=files, text=texts)
    def finish_writing(self, path: str, text: str) -> None:
        if file := self.open.pop(path, None):
            file.write(text)
            file.close()

    @rule(path=files, to=files)
    def rename(self, path: str, to: str) -> None:
        with contextlib.suppress(OSError):
            self.board.rename(path, to)

    @rule(path=files)
    def delete(self, path: str) -> None:
        with contextlib.suppress(OSError):
            (self.root / path).unlink()

    @rule(path=files, to=files)
    def copy(self, path: str, to: str) -> None:
        """Twice the same id."""
        with contextlib.suppress(OSError):
            shutil.copy2(self.root / path, self.root / to)

    @rule(path=files, to=files)
    def link(self, path: str, to: str) -> None:
        with contextlib.suppress(OSError):
            os.link(self.root / path, self.root / to)

    @rule(path=files, to=files)
    def symlink(self, path: str, to: str) -> None:
        with contextlib.suppress(OSError):
            (self.root / path).symlink_to(self.root / to)

    @rule(folder=folders)
    def make_folder(self, folder: str) -> None:
        with contextlib.suppress(OSError):
            (self.root / folder).mkdir(parents=True)

    @rule(folder=folders)
    def remove_folder(self, folder: str) -> None:
        shutil.rmtree(self.root / folder, ignore_errors=True)

    @rule(folder=folders, to=folders)
    def move_folder(self, folder: str, to: str) -> None:
        with contextlib.suppress(OSError):
            (self.root / folder).rename(self.root / to)

    @rule()
    def remove_and_restore_everything(self) -> None:
        """What a checkout of a branch without the folder, and back, does."""
        with contextlib.suppress(OSError):
            away = self.root.parent / "away"
            shutil.copytree(self.root, away, symlinks=True)
            shutil.rmtree(self.root)
            away.rename(self.root)

    @rule(path=files, seconds=st.sampled_from([0, 1_600_000_000, 2_000_000_000]))
    def touch(self, path: str, seconds: int) -> None:
        with contextlib.suppress(OSError):
            os.utime(self.root / path, (seconds, seconds), follow_symlinks=False)

    @rule(path=files, mode=st.sampled_from([0o600, 0o644, 0o444]))
    def chmod(self, path: str, mode: int) -> None:
        with contextlib.suppress(OSError):
            if not (self.root / path).is_symlink():
                (self.root / path).chmod(mode)

    @rule()
    def sleep(self) -> None:
        self.follower.sleep()

    @rule()
    def wake(self) -> None:
        self.follower.wake()

    @rule()
    def cut_the_connection(self) -> None:
        self.proxy.cut()

    @rule()
    def converge(self) -> None:
        """In the middle, too, and not only at the end: what is open may be anything."""
        self.follower.wake()
        if not self.open:
            self.board.converged()

    @invariant()
    def nothing_was_wrong_on_the_way(self) -> None:
        assert not self.follower.errors, self.follower.errors


def run(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Anything,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )


def test_after_a_few_random_operations_the_client_equals_the_disk() -> None:
    run(examples=20, steps=30)


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_after_very_many_random_operations_the_client_equals_the_disk() -> None:
    run(examples=120, steps=60)
