"""`dashboard start --demo`: alive at once, labelled, apart from everything of the user's, and gone without a trace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from llm_service.telemetry.spool import Address, Spool
from tests.kit.server import clean_environ
from tests.kit.waiting import wait_until

pytestmark = pytest.mark.timeout(90)


class Demo:
    """A demo in a temporary directory of its own, with a home that holds something it must not touch."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.temporary, self.home = home / "tmp", home
        self.temporary.mkdir()
        self.spool = Spool(home / "state" / "llm-service" / "spool")
        self.spool.keep([{"model": "gpt-4o", "input_tokens": 5}], Address(str(home)))
        config = home / "config" / "llm-service"
        config.mkdir(parents=True)
        config.joinpath("llm-service.toml").write_text('[[bobspark]]\nname = "mine"\nurl = "http://127.0.0.1:9"\n')
        command = [sys.executable, "-m", "llm_service", "dashboard", "start", "--demo", "--port", "0", "--json"]
        environ = clean_environ(home, TMPDIR=str(self.temporary), LLM_SERVICE_WATCH_DIR=str(home / "mine"))
        self.process = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environ,
        )

    def up(self) -> dict[str, Any]:
        """What it announced."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.stderr and self.process.stderr.read().decode()
        self.said = json.loads(line)
        self.token = Path(self.said["token_file"]).read_text().strip()
        return self.said

    def ask(self, path: str) -> Any:
        """The JSON of an answer."""
        headers = {"Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(self.said["url"].rstrip("/") + path, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)

    def child(self) -> int:
        """The pid of the process that simulates."""
        children = psutil.Process(self.process.pid).children()
        wanted = [child.pid for child in children if any("demo_world" in word for word in child.cmdline())]
        assert len(wanted) == 1
        return wanted[0]

    def end(self, number: signal.Signals) -> int:
        """End it and wait."""
        self.process.send_signal(number)
        return self.process.wait(20)

    def left(self) -> list[str]:
        """What lies in its temporary directory."""
        return sorted(os.listdir(self.temporary))


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """A demo that is up."""
    demo = Demo(tmp_path)
    try:
        demo.up()
        yield demo
    finally:
        demo.process.kill()
        demo.process.wait()
        for pipe in (demo.process.stdout, demo.process.stderr):
            assert pipe is not None
            pipe.close()
        wait_until(lambda: not demo.left(), "the end of the child")


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
    wait_until(lambda: _places(demo.ask("/api/tasks?include_done=true")) != places, "a move", 20.0)


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
    out, err = demo.process.communicate(timeout=20)
    assert (demo.process.returncode, out) == (2, b"")
    assert f"leave out {named}" in err.decode()
    assert demo.left() == []


def _places(tasks: dict[str, Any]) -> list[tuple[str, str]]:
    found = [("inbox", task["id"]) for task in tasks["inbox"]]
    for column in ("assigned", "done"):
        found += [(column, task["id"]) for group in tasks[column].values() for task in group]
    return sorted(found)
