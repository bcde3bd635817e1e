"""The real server as a process of its own, with its own state directory and environment."""

from __future__ import annotations

import http.client
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
START_S = 60.0


def clean_environ(home: Path, **more: str) -> dict[str, str]:
    """An environment in which no setting of the machine's user counts and no browser opens."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "HOME": str(home),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "PYTHONPATH": str(REPO),
        "PYTHONDONTWRITEBYTECODE": "1",
        **more,
    }


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        """The body as JSON."""
        return json.loads(self.body)


class Server:
    """`python -m llm_service dashboard start`; `start` waits for its line and may be called again."""

    def __init__(
        self, root: Path, home: Path, arguments: Sequence[str] = (), environ: Mapping[str, str] | None = None
    ) -> None:
        self.root = root
        self.state_dir = home / "server-state"
        self.arguments = list(arguments)
        self.environ = clean_environ(home, **(environ or {}))
        self.error_file = home / "server-stderr.txt"
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0
        home.mkdir(parents=True, exist_ok=True)

    def command(self, port: int) -> list[str]:
        """The command line that starts it."""
        command = [sys.executable, "-m", "llm_service", "dashboard", "start", "--json", "--no-browser"]
        command += ["--port", str(port), "--watch-dir", str(self.root), "--state-dir", str(self.state_dir)]
        return command + self.arguments

    def start(self) -> Server:
        """Start, on the same port as before where there was one; fails with what the server said."""
        if self.process is not None:
            self.kill()
        with self.error_file.open("ab") as errors:
            self.process = subprocess.Popen(
                self.command(self.port),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=self.environ,
                cwd=self.error_file.parent,
            )
        fields = json.loads(self._first_line())
        self.port, self.pid = fields["port"], fields["pid"]
        self.url, self.login_url = fields["url"], fields["login_url"]
        return self

    def _first_line(self) -> bytes:
        assert self.process is not None
        assert self.process.stdout is not None
        line, end_s = b"", time.monotonic() + START_S
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, end_s - time.monotonic()))
            more = os.read(self.process.stdout.fileno(), 65_536) if ready else b""
            if not more:
                self.kill()
                raise AssertionError(f"the server did not start:\n{self.errors()}")
            line += more
        return line

    @property
    def token(self) -> str:
        """The secret of its API."""
        return (self.state_dir / "token").read_text().strip()

    def errors(self) -> str:
        """Everything it wrote to stderr, over all starts."""
        return self.error_file.read_text(errors="replace")

    def stop(self, deadline_s: float = 30.0) -> int | None:
        """Ask it to stop as `kill` does; return the exit code. Harmless when it is not running."""
        return self._end(signal.SIGTERM, deadline_s)

    def kill(self) -> int | None:
        """End it at once, as a crash would."""
        return self._end(signal.SIGKILL, 30.0)

    def restart(self) -> Server:
        """Stop it and start it on the same port."""
        self.stop()
        return self.start()

    def _end(self, number: signal.Signals, deadline_s: float) -> int | None:
        process, self.process = self.process, None
        if process is None:
            return None
        process.send_signal(number)
        try:
            return process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"the server did not end within {deadline_s:g} s:\n{self.errors()}") from None
        finally:
            assert process.stdout
            process.stdout.close()

    def ask(
        self,
        path: str,
        method: str = "GET",
        *,
        token: bool = True,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """One request with the token, unless told otherwise."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = {"Authorization": f"Bearer {self.token}"} if token else {}
        try:
            # A server that refuses a body need not read it to its end: its answer counts, as it does for browsers.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, path, body=body, headers={**sent, **(headers or {})})
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def get_json(self, path: str) -> dict:
        """The JSON of a GET that must succeed."""
        answer = self.ask(path)
        assert answer.status == 200, f"{path} answered {answer.status}: {answer.body[:500]!r}"
        return answer.json()
