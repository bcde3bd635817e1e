"""What every test may use; the classes behind the fixtures are in tests/kit."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.kit.browser import chromium_path
from tests.kit.browsing import LEFT_OUT, leave_out_browser_tests
from tests.kit.live import Live
from tests.kit.server import Server
from tests.kit.simulator import bobspark, make_bobspark, make_skills  # noqa: F401
from tests.kit.waiting import wait_until
from tests.kit.work_dir import WorkDir

# The same examples each time, and no time limit for one: else chance and a busy machine decide what fails. New examples
# are looked for with --hypothesis-profile=default.
hypothesis.settings.register_profile(
    "house", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("house")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    leave_out_browser_tests(config, items)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if left_out := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(f"{left_out} browser tests were left out: no Chromium (apt-get install chromium)")


@pytest.fixture(autouse=True, scope="session")
def nobodys_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads the logs, the settings or the state of whoever runs it."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        for name in [name for name in os.environ if name.startswith(("XDG_", "CLAUDE_", "CODEX_", "OPENCODE_"))]:
            patch.delenv(name)
        yield


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """A thread that outlives its test is a leak, and blocks the interpreter's end where it is no daemon."""
    before = set(threading.enumerate())
    yield

    def left() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]

    wait_until(lambda: not left(), f"the end of {left()}")


@pytest.fixture
def work_dir(tmp_path: Path) -> WorkDir:
    """An empty board's folder with verbs."""
    return WorkDir(tmp_path / "board")


@pytest.fixture
def chromium() -> str:
    """The path of a Chromium to drive."""
    path = chromium_path()
    assert path is not None, "REQUIRE_BROWSER=1 is set and no Chromium was found (Debian: apt-get install chromium)"
    return path


@pytest.fixture
def make_server(work_dir: WorkDir, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Makes servers that are ended with the test: make_server("--no-token", root=…, LLM_SERVICE_…="…")."""
    made: list[Server] = []

    def make(*arguments: str, root: Path | None = None, **environ: str) -> Server:
        home = tmp_path / f"home-{len(made)}"
        made.append(Server(root or work_dir.root, home, arguments, environ))
        return made[-1]

    yield make
    for server in made:
        server.kill()


@pytest.fixture
def server(make_server: Callable[..., Server]) -> Server:
    """A running server of `work_dir`."""
    return make_server().start()


@pytest.fixture
def connect() -> Iterator[Callable[..., Live]]:
    """Makes live clients that are closed with the test: connect(server, topics={"board": {}})."""
    made: list[Live] = []

    def make(server: Server, topics: dict[str, dict] | None = None, *, reconnect: bool = False) -> Live:
        token = server.token if "--no-token" not in server.arguments else None
        made.append(Live(server.url, token, topics, reconnect=reconnect))
        return made[-1]

    yield make
    for live in made:
        live.close()


@pytest.fixture
def live(server: Server, connect: Callable[..., Live]) -> Live:
    """A client that is told of everything from now on and has the board's snapshot."""
    client = connect(server, topics={"board": {}, "activity": {}})
    client.wait_for("board.snapshot")
    return client
