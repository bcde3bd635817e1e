"""A folder that was just cloned may be anybody's: starting in it runs nothing of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.kit.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
TRAP = "import os, pathlib\npathlib.Path(os.environ['TRAP'], __name__).touch()\nraise SystemExit(7)\n"
NAMES = ("webbrowser", "yaml", "queue", "pickle", "llm_service", "flask")
TASKS = 2_100
"""Enough for the first reading to go to child processes."""


@pytest.fixture
def cloned(tmp_path: Path) -> Path:
    """A working directory full of modules that leave a mark where they are imported."""
    folder = tmp_path / "cloned"
    (tmp_path / "marks").mkdir()
    for name in NAMES:
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(TRAP)
    (folder / "work/collaboration/inbox").mkdir(parents=True)
    for number in range(TASKS):
        (folder / f"work/collaboration/inbox/t{number}.yaml").write_text(f"id: t{number}\n")
    return folder


def test_a_server_its_browser_and_its_children_import_nothing_from_the_working_directory(cloned: Path) -> None:
    marks = cloned.parent / "marks"
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "HOME": str(cloned.parent),
        "XDG_STATE_HOME": str(cloned.parent / "state"),
        "XDG_CONFIG_HOME": str(cloned.parent / "config"),
        "TRAP": str(marks),
        "BROWSER": "true",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        # As the installed command starts: without the working directory on the path.
        command = [sys.executable, "-P", "-m", "llm_service", "dashboard", *arguments]
        return subprocess.run(command, cwd=cloned, env=environ, capture_output=True, text=True, timeout=40, check=False)

    started = run("start", "--detach", "--port", "0", "--browser")
    try:
        assert started.returncode == 0, started.stdout + started.stderr
        record = json.loads(run("status", "--json").stdout)
        token = Path(record["token_file"]).read_text().strip()
        request = urllib.request.Request(record["url"] + "api/stats", headers={"Authorization": f"Bearer {token}"})

        def tasks_read() -> bool:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)["tasks"]["inbox"] == TASKS

        wait_until(tasks_read, deadline_s=15)
    finally:
        run("stop")
    assert sorted(path.name for path in marks.iterdir()) == []
