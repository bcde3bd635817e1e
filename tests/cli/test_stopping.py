"""Signals, closed streams and the commands that act on a running board (FI-28, FI-29)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.processes import command, fields, on_same_folder
from tests.kit.server import Server
from tests.kit.waiting import wait_until


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_in_good_order(server, connect, work_dir, number) -> None:
    clients = [connect(server, topics={"board": {}}) for _ in range(3)]
    for count in range(20):
        work_dir.add("inbox", f"t{count}")
    process = server.process
    began_s = time.monotonic()
    process.send_signal(number)
    assert process.wait(60) == 0
    assert time.monotonic() - began_s < 20
    for client in clients:
        client.wait_for("server.stopping")
    assert not (server.state_dir / "instance.json").exists()
    assert "Traceback" not in server.errors()


def test_a_second_interrupt_ends_at_once(server) -> None:
    # Stopped by the kernel while both signals arrive: the second is there before the first is through.
    server.process.send_signal(signal.SIGSTOP)
    server.process.send_signal(signal.SIGTERM)
    server.process.send_signal(signal.SIGINT)
    server.process.send_signal(signal.SIGCONT)
    assert server.process.wait(5) in (128 + signal.SIGINT, 128 + signal.SIGTERM)
    assert server.start().get_json("/api/stats")


def test_a_hang_up_that_was_ignored_at_the_start_stays_ignored(make_server) -> None:
    server = make_server()
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        server.start()
    finally:
        signal.signal(signal.SIGHUP, before)
    server.process.send_signal(signal.SIGHUP)
    assert server.get_json("/api/stats")
    assert server.stop() == 0


def without_streams(server: Server, closed: str) -> subprocess.Popen[bytes]:
    """Start it by a shell that closes descriptors, as a careless supervisor does."""
    line = " ".join(f"'{word}'" for word in [*server.command(0), *server.arguments])
    return subprocess.Popen(["sh", "-c", f"exec {line} {closed}"], env=server.environ)


@pytest.mark.parametrize(
    ("closed", "numbers"), [("<&-", [0]), (">&-", [1]), ("2>&-", [2]), ("<&- >&- 2>&-", [0, 1, 2])]
)
def test_closed_standard_streams_do_not_matter(make_server, work_dir, closed: str, numbers: list[int]) -> None:
    server = make_server()
    process = without_streams(server, closed)
    try:
        record = wait_until(lambda: _record(server), "the running server's record")
        server.port, server.url = record["port"], record["url"]
        # Otherwise a client's socket would get the number, and with it whatever is printed.
        links = [os.readlink(f"/proc/{record['pid']}/fd/{number}") for number in numbers]
        assert set(links) == {os.devnull}
        work_dir.add("inbox", "t1")
        wait_until(lambda: server.get_json("/api/stats")["tasks"]["inbox"] == 1, "the task on the board")
        process.terminate()
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()


def _record(server: Server) -> dict | None:
    path = server.state_dir / "instance.json"
    return json.loads(path.read_text()) if path.exists() else None


def test_a_reader_that_goes_away_does_not_matter(server, work_dir) -> None:
    """The pipe of stdout is closed by its reader, as by `| head -1`."""
    server.process.stdout.close()
    work_dir.add("inbox", "t1")
    wait_until(lambda: server.get_json("/api/stats")["tasks"]["inbox"] == 1, "the task on the board")
    assert server.stop() == 0


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_pipe_that_was_closed_before_the_first_line_does_not_matter(make_server, flags) -> None:
    server = make_server()
    reading, writing = os.pipe()
    os.close(reading)
    words = [word for word in server.command(0) if word != "--json"] + flags
    process = subprocess.Popen(words, stdout=writing, stderr=writing, stdin=subprocess.DEVNULL, env=server.environ)
    os.close(writing)
    try:
        record = wait_until(lambda: _record(server), "the running server's record")
        server.port = record["port"]
        assert server.get_json("/api/stats")
        process.terminate()
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()


def test_stop_ends_the_server_and_says_so(server) -> None:
    process = server.process
    said = on_same_folder(server, "stop")
    assert said.returncode == 0
    assert str(server.pid) in said.stdout
    assert process.wait(1) == 0
    again = on_same_folder(server, "stop")
    assert (again.returncode, again.stderr) == (0, "")
    assert "No board is running" in again.stdout


def test_status_tells_people_and_scripts(server) -> None:
    assert server.url in on_same_folder(server, "status").stdout
    status = fields(on_same_folder(server, "status", "--json"))
    assert (status["running"], status["healthy"], status["port"]) == (True, True, server.port)
    server.stop()
    said = on_same_folder(server, "status", "--json")
    assert said.returncode == 1
    assert json.loads(said.stdout)["running"] is False


def test_status_of_a_server_that_hangs_says_that_it_does_not_answer(server) -> None:
    server.process.send_signal(signal.SIGSTOP)
    try:
        assert "does not answer" in on_same_folder(server, "status").stdout
    finally:
        server.process.send_signal(signal.SIGCONT)


def test_open_prints_a_link_that_logs_in_once(server) -> None:
    link = fields(on_same_folder(server, "open", "--no-browser", "--json"))["login_url"]
    path = link.removeprefix(server.url[:-1])
    first = server.ask(path, token=False)
    assert first.status in (302, 303)
    cookie = first.headers["Set-Cookie"]
    assert cookie.startswith("llm_service_")
    assert server.ask("/api/stats", token=False, headers={"Cookie": cookie.partition(";")[0]}).status == 200
    assert server.ask(path, token=False).status not in (302, 303)


def test_open_and_rotate_without_a_board_are_one_line(make_server) -> None:
    server = make_server()
    for verb in (["open"], ["token", "rotate"]):
        said = on_same_folder(server, *verb)
        assert (said.returncode, said.stdout, len(said.stderr.splitlines())) == (1, "", 1)


def test_a_rotated_token_ends_the_old_one_and_every_login(server) -> None:
    old = server.token
    cookie = server.ask(server.login_url.removeprefix(server.url[:-1]), token=False).headers["Set-Cookie"]
    assert on_same_folder(server, "token", "rotate").returncode == 0
    assert server.token != old
    assert server.ask("/api/stats").status == 200
    for headers in ({"Authorization": f"Bearer {old}"}, {"Cookie": cookie.partition(";")[0]}):
        assert server.ask("/api/stats", token=False, headers=headers).status == 401
    server.restart()
    assert server.ask("/api/stats").status == 200


def test_open_starts_the_users_browser_with_the_link(server, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {seen}.part && mv {seen}.part {seen}\nsleep 30\n')
    browser.chmod(0o755)
    server.environ["BROWSER"] = f"{browser} %s &"
    said = on_same_folder(server, "open")
    assert said.returncode == 0
    link = wait_until(lambda: seen.exists() and seen.read_text(), "the browser's start")
    assert link in said.stdout


def test_a_browser_that_cannot_start_does_not_stop_anything(server) -> None:
    server.environ["BROWSER"] = "/nowhere/at-all"
    said = on_same_folder(server, "open")
    assert (said.returncode, said.stderr) == (0, "")


def test_detach_returns_when_the_page_answers_and_survives_its_starter(make_server) -> None:
    server = make_server()
    started = fields(on_same_folder(server, "start", "--detach", "--json", "--port", "0"))
    server.port, server.url = started["port"], started["url"]
    try:
        assert server.get_json("/api/stats")
        assert os.getsid(started["pid"]) == started["pid"]
        os.kill(started["pid"], signal.SIGHUP)
        assert server.get_json("/api/stats")
        again = on_same_folder(server, "start", "--detach", "--port", "0")
        assert "running already" in again.stdout
    finally:
        assert on_same_folder(server, "stop").returncode == 0
    assert (server.state_dir / "server.log").exists()


def test_a_detached_start_that_fails_says_why_with_the_same_exit_code(make_server, server) -> None:
    other = make_server()
    said = on_same_folder(other, "start", "--detach", "--port", str(server.port))
    assert (said.returncode, said.stdout, len(said.stderr.splitlines())) == (3, "", 1)
    assert str(server.port) in said.stderr


def test_listing_without_boards(make_server) -> None:
    said = command(make_server(), "dashboard", "list")
    assert (said.returncode, said.stdout) == (0, "No board is running.\n")


def test_help_is_quick_because_the_web_is_imported_late() -> None:
    code = "import sys, llm_service.cli; print([m for m in ('flask', 'watchdog', 'pydantic') if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert said.stdout == "[]\n", said.stderr
