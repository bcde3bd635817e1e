"""A log is read by many: it holds no secret, is never endless, and never brings the server down."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from llm_service import logs
from tests.security.site import TOKEN, small_site
from tests.security.wire import ask, connect, open_websocket

CANARY = "canary-secret-value-42"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything the process logs at debug level, as it would be written."""
    root, ours = logging.getLogger(), logging.getLogger("llm_service")
    before = (root.handlers[:], root.level, ours.level, logging.raiseExceptions, threading.excepthook)
    handler = logs.set_up("debug")
    stream = io.StringIO()
    handler.setStream(stream)
    root.setLevel(logging.DEBUG)
    yield stream
    root.handlers[:], raising, hook = before[0], before[3], before[4]
    root.setLevel(before[1])
    ours.setLevel(before[2])
    logging.raiseExceptions, threading.excepthook = raising, hook
    logging.captureWarnings(False)


def test_no_secret_of_a_whole_session_is_in_the_log(log: io.StringIO):
    with small_site() as site:
        code, cookie = site.auth.new_code(), site.auth.cookie_value()
        evil = [("Referer", f"http://x/?token={TOKEN}"), ("Cookie", f"a={cookie}")]
        for path in (
            f"/login?code={code}",
            f"/login?code={code}",
            f"/api/tasks?token={TOKEN}",
            f"/api/fails?api_key={CANARY}",
            "/api/tasks?q=what-somebody-searched-for",
            f"/{TOKEN}",
            f"/api/tasks/{cookie}",
        ):
            for credentials in ([], [site.bearer], [site.cookie]):
                ask(site.port, path, headers=[*evil, *credentials])
        ask(site.port, "/login", method="POST", body=f"token={TOKEN}".encode())
        open_websocket(site.port, [site.bearer])[0].close()
        with connect(site.port) as connection:
            connection.sendall(f"NONSENSE {TOKEN}\r\n\r\n".encode())
            connection.recv(1000)
        site.auth.rotate("the-next-long-token")
        ask(site.port, f"/{site.auth.cookie_value()}/{TOKEN}", headers=[site.bearer])
    text = log.getvalue()
    assert "/api/fails failed" in text or "Exception on /api/fails" in text
    assert "Traceback" in text
    for secret in (TOKEN, code, cookie, CANARY, "the-next-long-token", "what-somebody-searched-for"):
        assert secret not in text


@pytest.mark.parametrize(
    "line",
    [
        f"GET /x?api_key={CANARY}&b=c",
        f"GET /login?code={CANARY}",
        f"token={CANARY}",
        f"worker_token: {CANARY}",
        f'{{"password": "{CANARY}", "a": 1}}',
        f"{{'apiKey': '{CANARY}'}}",
        f"X-API-Key: {CANARY}",
        f"Authorization: Bearer {CANARY}",
        f"bearer {CANARY}",
        f"Cookie: llm_service_1={CANARY}",
        f"client_secret = {CANARY}",
        f"Set-Cookie: a={CANARY}; HttpOnly",
    ],
)
def test_what_sounds_like_a_secret_is_masked(log: io.StringIO, line: str):
    logging.getLogger("llm_service.x").warning("%s", line)
    logging.getLogger("elsewhere").error("said: " + line)
    assert CANARY not in log.getvalue()
    assert log.getvalue().count(logs.MASK) >= 2


def test_a_registered_secret_is_masked_wherever_it_stands(log: io.StringIO):
    logs.register_secret(CANARY)
    logger = logging.getLogger("llm_service.x")
    try:
        logger.info("a %s b", CANARY)
        logger.info("a %(name)s b", {"name": CANARY})
        logger.info(CANARY)
        logger.info("wrong %d", CANARY)
        logger.info("stack", stack_info=True, extra={"note": CANARY})
        try:
            raise ValueError(CANARY) from KeyError(f"cause {CANARY}")
        except ValueError:
            logger.exception("failed with %s", CANARY)

        def dies() -> None:
            raise RuntimeError(CANARY)

        thread = threading.Thread(target=dies, name="doomed")
        thread.start()
        thread.join(10)
    finally:
        logs.forget_secret(CANARY)
    text = log.getvalue()
    assert CANARY not in text
    assert "doomed died" in text
    assert "ValueError: ***" in text
    logger.info("forgotten %s", CANARY)
    assert CANARY in log.getvalue()


@pytest.mark.parametrize(
    "line", ["12 tokens in, tokens_out=345", "exit code: 3", "status code=401", "token_file=/run/x", "the password is"]
)
def test_ordinary_words_are_left_alone(line: str):
    assert logs.mask(line) == line


def test_a_short_text_is_no_secret():
    logs.register_secret("task")
    assert logs.mask("a task") == "a task"


def test_the_same_warning_is_written_once_a_minute(log: io.StringIO):
    logger = logging.getLogger("llm_service.x")
    for _ in range(100):
        logger.warning("cannot read %s", "a.yaml")
    assert log.getvalue().count("a.yaml") == 1


def test_ten_thousand_bad_files_are_twenty_lines_a_minute():
    now = [0.0]
    keep = logs.RepeatFilter(lambda: now[0])

    def kept(name: str) -> logging.LogRecord | None:
        record = logging.LogRecord("x", logging.WARNING, "", 0, "cannot read %s", (name,), None)
        return record if keep.filter(record) else None

    lines = [record for number in range(10_000) if (record := kept(f"{number}.yaml"))]
    assert len(lines) == 20
    assert "not shown for a minute" in lines[-1].getMessage()
    assert kept("0.yaml") is None
    now[0] = 60.0
    assert kept("0.yaml") is not None


def test_debug_and_info_lines_are_never_held_back(log: io.StringIO):
    for _ in range(50):
        logging.getLogger("llm_service.x").info("same")
    assert log.getvalue().count("same") == 50


def test_a_log_file_is_rotated_and_may_be_moved_or_deleted(tmp_path: Path, log: io.StringIO):
    path = tmp_path / "board.log"
    handler = logs.set_up("info", path)
    handler.maxBytes = 2000
    logger = logging.getLogger("llm_service.x")
    for number in range(200):
        logger.info("line %d", number)
        if number == 100:
            path.unlink()
    handler.close()
    names = sorted(file.name for file in tmp_path.iterdir())
    assert "board.log.1" in names
    assert len(names) <= 6
    assert "line 199" in path.read_text()


def test_a_full_disk_costs_lines_only(log: io.StringIO):
    handler = logs.set_up("info", Path("/dev/full"))
    logging.getLogger("llm_service.x").info("lost")
    assert not logging.raiseExceptions
    with contextlib.suppress(OSError):  # closing tries once more to write what is left
        handler.close()


@pytest.mark.parametrize("closing", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_a_server_without_its_standard_streams_runs(closing: str, tmp_path: Path):
    told = tmp_path / "told"
    program = f"""
import logging
from llm_service import logs
from tests.security.site import small_site
from tests.security.wire import ask
logs.set_up("debug")
with small_site() as site:
    logging.getLogger("llm_service").error("into the void")
    open({str(told)!r}, "w").write(str(ask(site.port, "/health").status))
"""
    command = ["sh", "-c", f'exec "$0" -c "$1" {closing}', sys.executable, program]
    subprocess.run(command, env=dict(os.environ), timeout=30, check=True)
    assert told.read_text() == "200"
