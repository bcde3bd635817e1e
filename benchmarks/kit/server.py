"""The product as a process of its own, and what the system says about its memory."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[2]


class Server:
    """`llm-service dashboard start` on a free port; a context that ends it. `spawned_ns` is CLOCK_MONOTONIC."""

    def __init__(self, root: Path, state_dir: Path, *arguments: str, home: Path | None = None) -> None:
        self.state_dir = state_dir
        if home is None:
            # Never the real one: whoever runs this has logs of agents there, and they would be read.
            home = state_dir.with_name(f"{state_dir.name}-home")
            home.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "llm_service", "dashboard", "start", "--json", "--no-browser", "--port", "0"]
        command += ["--watch-dir", str(root), "--state-dir", str(state_dir), *arguments]
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        here = {"HOME": str(home), "PYTHONPATH": str(REPO)}
        self.spawned_ns = time.monotonic_ns()
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=REPO, env={**kept, **here}
        )
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server did not start: exit code {self.process.wait()}")
        fields: dict[str, Any] = json.loads(line)
        self.port: int = fields["port"]
        self.login_url: str = fields["login_url"]

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def token(self) -> str:
        return (self.state_dir / "token").read_text().strip()

    def get(self, path: str) -> Any:
        """The JSON of a GET, whatever its status."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def wait_until_ready(self, deadline_s: float = 120.0) -> None:
        """Return when everything is loaded and watched."""
        end_s = time.monotonic() + deadline_s
        while not self.get("/ready").get("ready"):
            if time.monotonic() > end_s:
                raise TimeoutError("the server did not become ready")
            time.sleep(0.05)


def rss_mb(pid: int) -> float:
    """Resident memory of one process in MB (10^6 bytes)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def peak_rss_mb(pid: int) -> float:
    """The most resident memory this process ever had, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def children(pid: int) -> list[int]:
    """The process's children at this moment, of all its threads."""
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        try:
            found += map(int, (thread / "children").read_text().split())
        except OSError:
            continue
    return found
