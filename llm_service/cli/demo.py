"""`dashboard start --demo`: a dashboard of a simulated world, in a folder of its own that is gone afterwards."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from llm_service.cli.printing import say
from llm_service.cli.serving import serve
from llm_service.errors import LlmServiceError
from llm_service.settings import Given, Settings, resolve

ALLOWED = ("host", "port", "browser", "token", "allowed_host", "log_level", "log_file", "max_clients", "insecure")
"""Flags that a demo may be given; everything else is its own."""
READY_S = 20.0
END_S = 8.0
BUDGETS = [
    {"name": "Everything", "period": "month", "usd": 150.0},
    {"name": "Today", "period": "day", "usd": 12.0},
]
GPU_HOURS = {"spark": 0.35, "linux": 0.1}


def serve_demo(flags: Mapping[str, object], environ: Mapping[str, str], *, as_json: bool) -> None:
    """Serve a simulated world until a signal asks to stop. Reads no settings file, and no state of the user's."""
    for name in flags:
        if name not in ALLOWED:
            raise click.UsageError(
                f"--demo has its own folder, servers and settings; leave out --{name.replace('_', '-')}"
            )
    folder = Path(tempfile.mkdtemp(prefix="llm-service-demo-"))
    # What programs left on disk for the user's own dashboard, and its record, lie there: neither is the demo's to see.
    os.environ["XDG_STATE_HOME"] = str(folder / "user-state")
    world = _World(folder)
    try:
        world.start()
        if not as_json:
            say("A demo: everything is simulated, in a temporary folder that is gone afterwards.")
        serve(_settings(flags, world), environ, as_json=as_json, up=world.tell)
    finally:
        world.end()


def _settings(flags: Mapping[str, object], world: _World) -> Settings:
    own: dict[str, Any] = {
        "watch_dir": str(world.folder / "demo" / "board"),
        "state_dir": str(world.folder / "state"),
        "agent_logs": False,
        "budgets": BUDGETS,
        "gpu_hours": GPU_HOURS,
        "bobspark": [{"name": "spark", "url": world.urls["bobspark"]}],
        "skill_training": [{"name": "skills", "url": world.urls["skill_training"]}],
    }
    layers = [
        {name: Given(value, "--demo") for name, value in own.items()},
        {name: Given(value, "--" + name.replace("_", "-")) for name, value in flags.items()},
    ]
    return replace(resolve(layers).settings, demo=True)


class _World:
    """The child that simulates: it ends when this process does, however that ends, and then removes the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.urls: dict[str, str] = {}
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait for its servers' addresses."""
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", "llm_service.simulators.demo_world", str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl+C is for the dashboard, which then ends the child
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        assert self._child.stdout is not None
        ready, _, _ = select.select([self._child.stdout], [], [], READY_S)
        line = self._child.stdout.readline() if ready else b""
        if not line:
            raise LlmServiceError("the simulated servers did not start; run it again with --log-level debug")
        self.urls = json.loads(line)

    def tell(self, url: str, token: str | None) -> None:
        """The dashboard is up: costs can be handed in."""
        try:
            assert self._child is not None
            assert self._child.stdin is not None
            self._child.stdin.write(json.dumps({"url": url, "token": token}).encode() + b"\n")
            self._child.stdin.flush()
        except OSError:
            say("The simulated servers ended; the demo stands still.", err=True)

    def end(self) -> None:
        """End it, and see that the folder is gone."""
        from llm_service.simulators.demo_world import remove

        if self._child is not None:
            assert self._child.stdin is not None
            assert self._child.stdout is not None
            try:
                self._child.stdin.close()
            except OSError:
                pass
            try:
                self._child.wait(END_S)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
            self._child.stdout.close()
        if self.folder.exists():
            remove(self.folder)
