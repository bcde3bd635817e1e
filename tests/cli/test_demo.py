"""`dashboard start --demo`: alive at once, labelled, apart from everything of the user's, and gone without a trace."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kit.demo import Demo
from tests.kit.waiting import wait_until

pytestmark = pytest.mark.timeout(90)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """A demo that is up."""
    demo = Demo(tmp_path)
    try:
        demo.up()
        yield demo
    finally:
        demo.close()


def test_a_demo_lives_says_what_it_is_and_leaves_nothing(demo: Demo) -> None:
    assert demo.ask("/api/session")["demo"] is True
    running = wait_until(lambda: [r for r in demo.ask("/api/runs")["runs"] if r["status"] == "running"], "workers")
    assert len(running) >= 3
    wait_until(lambda: any(r["tokens_out"] for r in demo.ask("/api/runs")["runs"]), "tokens")
    wait_until(lambda: demo.ask("/api/stats")["costs"]["month"], "costs")
    board = demo.ask("/api/stats")["tasks"]
    assert min(board["inbox"], board["assigned"], board["done"]) >= 3
    jobs = wait_until(lambda: {job["kind"]: job for job in demo.ask("/api/training")["jobs"]}, "jobs")
    assert {"finetune", "skill", "pipeline"} <= set(jobs)
    assert [source["key"] for source in demo.ask("/api/sources")["sources"]] == ["spark", "skills"]
    calls = "/api/telemetry/invocations?limit=20"
    wait_until(lambda: "demo-live" in json.dumps(demo.ask(calls)), "a call of now; the spool was looked at by then")
    assert demo.said["token_file"].startswith(str(demo.temporary))
    child = demo.child()
    assert demo.end(signal.SIGTERM) == 0
    assert demo.left() == []
    assert not Path(f"/proc/{child}").exists()
    assert len(demo.spool.files()) == 1, "what programs left for the user's own dashboard was taken"
    assert not (demo.home / "mine").exists()


def test_tasks_move_by_themselves(demo: Demo) -> None:
    before = demo.ask("/api/tasks?include_done=true")
    places = _places(before)
    wait_until(lambda: _places(demo.ask("/api/tasks?include_done=true")) != places, "a move")


def test_the_child_and_the_folder_go_when_the_server_is_killed(demo: Demo) -> None:
    child = demo.child()
    assert demo.end(signal.SIGKILL) == -signal.SIGKILL
    wait_until(lambda: not Path(f"/proc/{child}").exists(), "the end of the child")
    wait_until(lambda: not demo.left(), "the end of the folder")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--watch-dir", "x"], "--watch-dir"),
        (["--bobspark", "http://10.0.0.1:9010"], "--bobspark"),
        (["--detach"], "--detach"),
    ],
)
def test_a_demo_takes_nothing_of_the_users(tmp_path: Path, arguments: list[str], named: str) -> None:
    demo = Demo(tmp_path, *arguments)
    out, err = demo.process.communicate(timeout=60)
    assert (demo.process.returncode, out) == (2, b"")
    assert f"leave out {named}" in err.decode()
    assert demo.left() == []


def _places(tasks: dict[str, Any]) -> list[tuple[str, str]]:
    found = [("inbox", task["id"]) for task in tasks["inbox"]]
    for column in ("assigned", "done"):
        found += [(column, task["id"]) for group in tasks[column].values() for task in group]
    return sorted(found)
