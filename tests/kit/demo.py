"""`dashboard start --demo` as a process, in a temporary directory and a home of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import psutil

from llm_service.telemetry.spool import Address, Spool
from tests.kit.server import clean_environ
from tests.kit.waiting import wait_until


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
        with urllib.request.urlopen(request, timeout=30) as response:
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

    def close(self) -> None:
        """Kill it where it runs; its child ends by itself."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        wait_until(lambda: not self.left(), "the end of the child")
