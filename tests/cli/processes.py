"""Short-lived commands as processes of their own, beside a server of `tests.kit`."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.kit.server import Server


def command(server: Server, *arguments: str, timeout_s: float = 40.0) -> subprocess.CompletedProcess[str]:
    """Run `llm-service …` in the environment of `server`."""
    return subprocess.run(
        [sys.executable, "-m", "llm_service", *arguments],
        capture_output=True, text=True, timeout=timeout_s, stdin=subprocess.DEVNULL,
        env=server.environ, cwd=server.error_file.parent,
    )  # fmt: skip


def on_same_folder(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `llm-service dashboard …` about the folder that `server` serves."""
    where = ("--watch-dir", str(server.root), "--state-dir", str(server.state_dir))
    return command(server, "dashboard", *arguments, *where)


def fields(done: subprocess.CompletedProcess[str]) -> dict:
    """The one line of JSON it printed."""
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1
    return json.loads(done.stdout)
