"""`dashboard start --detach`: the same command once more in the background, waited for until it is up."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from llm_service.cli.announcing import announce, to_first_section
from llm_service.cli.opening import open_page
from llm_service.cli.printing import say
from llm_service.errors import LlmServiceError
from llm_service.instance import Home
from llm_service.instance_record import read_record
from llm_service.private_files import make_private_dir, open_private
from llm_service.settings import TABLE, Settings

START_DEADLINE_S = 30.0
LOG_NAME = "server.log"


class ChildFailed(LlmServiceError):
    """The server in the background ended before it was up; its own last line and exit code are passed on."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def start_detached(
    settings: Settings, flags: Mapping[str, object], environ: Mapping[str, str], *, as_json: bool
) -> None:
    """Start a server of its own session and print what it printed."""
    home = Home.of(settings)
    make_private_dir(home.state_dir)
    log_path = home.state_dir / LOG_NAME
    log = open_private(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    log_start = os.fstat(log).st_size
    child = _spawn(flags, log)
    try:
        line = _first_line(child)
    finally:
        assert child.stdout is not None
        child.stdout.close()
    if not line:
        raise _failure(child, log_path, log_start)
    if as_json:
        say(line.decode().rstrip())
        return
    login_url = json.loads(line)["login_url"]
    record = read_record(home.state_dir)
    if record is None:
        raise _failure(child, log_path, log_start)
    login_url = to_first_section(login_url, record.root, settings)
    announce(record, login_url, running_already=record.pid != child.pid, stop_hint="llm-service dashboard stop")
    if settings.browser:
        open_page(login_url, environ)


def _spawn(flags: Mapping[str, object], log: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "llm_service", "dashboard", "start", "--json", "--no-browser"]
    for name, value in flags.items():
        if name != "browser":
            command += _written(name, value)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the child inherits it: no terminal, no hang-up
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            # With -P nothing is imported from the working directory that this process would not import itself.
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
    finally:
        signal.signal(signal.SIGHUP, before)
        os.close(log)


def _written(name: str, value: object) -> list[str]:
    """The flag as the user could have written it."""
    flag = TABLE[name].flag
    if isinstance(value, bool):
        return [flag if value else flag.replace("--", "--no-", 1)]
    values = value if isinstance(value, tuple) else (value,)
    return [f"{flag}={item}" for item in values]


def _first_line(child: subprocess.Popen[bytes]) -> bytes:
    """The line that says the server is up; empty where it ended or took too long."""
    assert child.stdout is not None
    line = b""
    deadline_s = time.monotonic() + START_DEADLINE_S
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if not selector.select(deadline_s - time.monotonic()):
                child.terminate()
                return b""
            more = os.read(child.stdout.fileno(), 65_536)
            if not more:
                return b""
            line += more
    return line


def _failure(child: subprocess.Popen[bytes], log_path: Path, log_start: int) -> ChildFailed:
    try:
        code = child.wait(10)
    except subprocess.TimeoutExpired:
        child.kill()
        code = child.wait()
    with log_path.open("rb") as file:
        file.seek(log_start)
        said = file.read(100_000).decode("utf-8", "replace").strip().splitlines()
    last = said[-1].removeprefix("llm-service: ") if said else "the server ended without a word"
    return ChildFailed(f"{last} (its log: {log_path})" if code not in (2, 3) else last, code if code > 0 else 1)
