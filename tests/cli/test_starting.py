"""`dashboard start` as a process: one instance per folder, ports, what is printed, what is left behind."""

from __future__ import annotations

import http.client
import json
import os
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from tests.cli.processes import command, fields, on_same_folder
from tests.kit.waiting import wait_until


def test_the_json_line_is_everything_a_script_needs(server) -> None:
    record = json.loads((server.state_dir / "instance.json").read_text())
    assert server.url == f"http://127.0.0.1:{server.port}/"
    assert record["pid"] == server.pid == server.process.pid
    assert server.login_url.startswith(f"{server.url}login?code=")
    assert server.get_json("/api/session")["user"] == "token"
    assert server.ask("/api/session", token=False).status == 401
    assert server.stop() == 0
    assert server.errors() == ""


def test_secrets_are_readable_by_their_owner_only(server) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in server.state_dir.iterdir()}
    assert {modes[name] for name in ("token", "instance.json", "instance-id", "lock")} == {0o600}
    assert stat.S_IMODE(server.state_dir.stat().st_mode) == 0o700
    assert len(server.token) >= 43


def test_nothing_of_ours_is_written_under_the_watched_folder(server, work_dir) -> None:
    server.stop()
    assert work_dir.paths() == []


def test_the_token_and_the_cookies_name_outlive_a_restart(server) -> None:
    before = (server.token, (server.state_dir / "instance-id").read_text())
    port = server.port
    server.restart()
    assert (server.token, (server.state_dir / "instance-id").read_text()) == before
    assert server.port == port


def test_a_second_start_shows_the_first_with_a_new_login_link(server) -> None:
    again = fields(on_same_folder(server, "start", "--json", "--no-browser"))
    assert (again["pid"], again["port"], again["url"]) == (server.pid, server.port, server.url)
    assert again["login_url"] != server.login_url
    for link in (again["login_url"], server.login_url):
        assert server.ask(link.removeprefix(server.url[:-1]), token=False).status in (302, 303)


def test_a_second_start_for_people_says_so(server) -> None:
    said = on_same_folder(server, "start", "--no-browser")
    assert said.returncode == 0
    assert "running already" in said.stdout
    assert server.url in said.stdout


def test_a_second_start_that_names_a_server_says_that_the_first_does_not_watch_it(server) -> None:
    said = on_same_folder(server, "start", "--no-browser", "--bobspark", "http://127.0.0.1:9")
    assert said.returncode == 0
    assert "It watches the servers that it was started with" in said.stdout


def test_two_starts_at_once_are_one_instance(make_server) -> None:
    first = make_server()
    command_line = first.command(0)
    both = [
        subprocess.Popen(command_line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=first.environ, text=True)
        for _ in range(2)
    ]
    try:
        lines = [json.loads(process.stdout.readline()) for process in both]
        assert lines[0]["pid"] == lines[1]["pid"]
        wait_until(lambda: sum(process.poll() is not None for process in both) == 1, "the end of the second start")
        (loser,) = [process for process in both if process.poll() is not None]
        assert loser.returncode == 0, loser.stderr.read()
    finally:
        for process in both:
            process.kill()
            process.communicate()


def test_a_stale_record_of_a_killed_server_is_cleaned(server) -> None:
    server.kill()
    assert (server.state_dir / "instance.json").exists()
    said = on_same_folder(server, "status")
    assert said.returncode == 1
    assert "No board is running" in said.stdout
    assert not (server.state_dir / "instance.json").exists()


def test_a_record_with_the_pid_of_a_stranger_is_stale_and_the_stranger_lives(server) -> None:
    server.stop()
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        record = {"pid": stranger.pid, "port": 1, "url": "http://127.0.0.1:1/", "root": "x", "version": "0"}
        (server.state_dir / "instance.json").write_text(json.dumps(record))
        assert on_same_folder(server, "stop").returncode == 0
        assert stranger.poll() is None
        assert server.start().get_json("/api/stats")
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("text", ["", "null", "[]", "{", '{"pid": "x"}', '{"pid": -1}'])
def test_a_record_that_is_no_record_does_not_stop_a_start(make_server, text: str) -> None:
    server = make_server()
    server.state_dir.mkdir(mode=0o700)
    (server.state_dir / "instance.json").write_text(text)
    assert on_same_folder(server, "status").returncode == 1


def test_a_busy_port_that_was_asked_for_is_one_line_and_exit_3(make_server) -> None:
    server = make_server()
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        said = on_same_folder(server, "start", "--json", "--no-browser", "--port", str(port))
    assert (said.returncode, said.stdout) == (3, "")
    assert len(said.stderr.splitlines()) == 1
    assert str(port) in said.stderr
    assert not (server.state_dir / "instance.json").exists()


def test_a_port_in_time_wait_is_no_busy_port(server) -> None:
    # The side that closes first waits; the server closes a connection that is not kept alive.
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"GET /health HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        while client.recv(65_536):
            pass
    server.restart()
    assert server.ask("/health", token=False).status == 200


def test_port_0_is_a_free_port_that_answers(server) -> None:
    assert server.port > 0
    assert server.ask("/health", token=False).status == 200


def test_a_folder_that_does_not_exist_is_waited_for(make_server, tmp_path: Path) -> None:
    server = make_server(root=tmp_path / "not/yet").start()
    assert server.get_json("/api/board")["waiting"] is True


def test_without_a_token_the_login_link_is_the_address(make_server) -> None:
    server = make_server("--no-token").start()
    assert server.login_url == server.url
    assert server.ask("/api/session", token=False, headers={}).status == 200
    assert "No token is asked for" in server.errors()
    assert not (server.state_dir / "token").exists()


@pytest.mark.parametrize(
    ("environ", "code", "part"),
    [
        ({"LLM_SERVICE_TOKEN": "short"}, 2, "16 to 512 visible ASCII"),
        ({"LLM_SERVICE_TOKEN": "with a blank inside it"}, 2, "16 to 512 visible ASCII"),
        ({"LLM_SERVICE_TOKEN_FILE": "nowhere"}, 2, "cannot read nowhere"),
    ],
)
def test_a_token_that_cannot_be_used_stops_the_start(make_server, environ, code, part) -> None:
    server = make_server(**environ)
    said = on_same_folder(server, "start", "--json", "--no-browser", "--port", "0")
    assert (said.returncode, said.stdout, len(said.stderr.splitlines())) == (code, "", 1)
    assert part in said.stderr
    assert "short" not in said.stderr


def test_a_token_of_the_environment_is_used_and_kept_nowhere(make_server) -> None:
    secret = "given-by-the-environment"
    server = make_server(LLM_SERVICE_TOKEN=secret).start()
    assert server.ask("/api/stats", token=False, headers={"Authorization": f"Bearer {secret}"}).status == 200
    kept = [path.name for path in server.state_dir.iterdir() if secret.encode() in path.read_bytes()]
    assert kept == []
    del server.environ["LLM_SERVICE_TOKEN"]
    said = on_same_folder(server, "open", "--no-browser")
    assert said.returncode == 1
    assert "LLM_SERVICE_TOKEN" in said.stderr


def test_a_token_file_is_read(make_server, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-a-mounted-file\n")
    server = make_server(LLM_SERVICE_TOKEN_FILE=str(tmp_path / "secret")).start()
    answer = server.ask("/api/stats", token=False, headers={"Authorization": "Bearer from-a-mounted-file"})
    assert answer.status == 200
    assert fields(on_same_folder(server, "open", "--no-browser", "--json"))["token_file"] == str(tmp_path / "secret")


def test_a_state_directory_others_can_write_to_is_refused(make_server) -> None:
    server = make_server()
    server.state_dir.mkdir()
    os.chmod(server.state_dir, 0o777)
    said = on_same_folder(server, "start", "--json", "--no-browser", "--port", "0")
    assert (said.returncode, len(said.stderr.splitlines())) == (1, 1)
    assert "chmod go-w" in said.stderr


def test_a_state_directory_in_the_watched_folder_is_refused(make_server, work_dir) -> None:
    server = make_server()
    server.state_dir = work_dir.root / "state"
    said = on_same_folder(server, "start", "--json", "--no-browser", "--port", "0")
    assert said.returncode == 2
    assert "lies in the watched folder" in said.stderr


def test_a_token_file_that_is_a_link_is_not_followed(make_server, tmp_path: Path) -> None:
    server = make_server()
    server.state_dir.mkdir(mode=0o700)
    (tmp_path / "elsewhere").write_text("a-token-someone-planted")
    (server.state_dir / "token").symlink_to(tmp_path / "elsewhere")
    said = on_same_folder(server, "start", "--json", "--no-browser", "--port", "0")
    assert (said.returncode, len(said.stderr.splitlines())) == (1, 1)


def test_a_log_file_takes_the_log_and_holds_no_secret(make_server, tmp_path: Path) -> None:
    server = make_server("--log-file", str(tmp_path / "log.txt"), "--log-level", "debug").start()
    assert server.ask(f"/api/stats?token={server.token}").status == 200
    assert server.ask(server.login_url.removeprefix(server.url[:-1]), token=False).status in (302, 303)
    secrets = [server.token, server.login_url.rpartition("=")[2]]
    server.stop()
    log = (tmp_path / "log.txt").read_text() + server.errors()
    assert log
    assert [secret for secret in secrets if secret in log] == []


def test_a_log_file_in_no_folder_is_a_bad_setting(make_server, tmp_path: Path) -> None:
    said = on_same_folder(make_server(), "start", "--port", "0", "--json", "--log-file", str(tmp_path / "a/b"))
    assert (said.returncode, said.stdout, len(said.stderr.splitlines())) == (2, "", 1)


def test_a_watched_folder_that_is_a_file_is_a_bad_setting(make_server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = on_same_folder(make_server(root=tmp_path / "file"), "start", "--port", "0", "--json")
    assert (said.returncode, said.stdout, len(said.stderr.splitlines())) == (2, "", 1)


def test_the_default_place_of_the_state_is_one_folder_per_watched_folder(make_server, work_dir) -> None:
    server = make_server()
    for name in ("one", "two"):
        (work_dir.root / name).mkdir()
        fields(
            command(
                server,
                "dashboard",
                "start",
                "--detach",
                "--json",
                "--port",
                "0",
                "--watch-dir",
                str(work_dir.root / name),
            )
        )
    try:
        listed = json.loads(command(server, "dashboard", "list", "--json").stdout)
        assert [Path(record["root"]).name for record in listed] == ["one", "two"]
        assert len({record["state_dir"] for record in listed}) == 2
        assert "--watch-dir" in command(server, "dashboard", "stop", "--watch-dir", "elsewhere").stdout
    finally:
        stopped = command(server, "dashboard", "stop", "--all")
    assert len(stopped.stdout.splitlines()) == 2
    assert json.loads(command(server, "dashboard", "list", "--json").stdout) == []


def test_the_page_is_answered_at_once_after_the_line(server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", "/", headers={"Authorization": f"Bearer {server.token}"})
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.parametrize(("flag", "section"), [("--bobspark", "#workers"), ("--skill-training", "#training")])
def test_without_a_folder_the_link_leads_to_what_servers_are_watched_for(make_server, tmp_path, flag, section) -> None:
    server = make_server(root=tmp_path / "not-there-yet")
    try:
        said = on_same_folder(server, "start", "--detach", "--port", "0", "--no-browser", flag, "http://127.0.0.1:9")
        (link,) = (line for line in said.stdout.splitlines() if "Log in once" in line)
        assert link.endswith(section)
    finally:
        on_same_folder(server, "stop")
