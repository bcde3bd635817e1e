"""FI-28, FI-32, FI-36: the whole process under load, with a log that cannot be written, with too few descriptors."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import socketio.exceptions

from tests.kit.boards import converged, task_text
from tests.kit.follower import Follower
from tests.kit.oracle import Oracle
from tests.kit.pace import Edits
from tests.kit.server import Server
from tests.kit.waiting import wait_until
from tests.kit.work_dir import WorkDir


def test_a_stop_under_load_says_goodbye_to_everybody_and_ends_in_time(server: Server, work_dir: WorkDir) -> None:
    followers = [Follower(server.url, server.token).connect() for _ in range(5)]
    try:
        with Edits(work_dir, 300):
            followers[0].until(lambda: followers[0].mark() > 200, "load")
            began_s = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - began_s < 20
        for follower in followers:
            follower.wait_for("server.stopping")
            assert follower.holes == 0
        assert "Traceback" not in server.errors()
        server.start()
        converged(Oracle(work_dir.root), tuple(followers))
    finally:
        for follower in followers:
            follower.close()


def test_a_log_file_moved_away_by_logrotate_stops_nothing(
    make_server: Callable[..., Server], work_dir: WorkDir, tmp_path: Path
) -> None:
    log = tmp_path / "logs/board.log"
    log.parent.mkdir()
    server = make_server("--log-file", str(log), "--log-level", "debug").start()
    log.rename(tmp_path / "logs/board.log.1")
    log.parent.chmod(0o500)
    follower = Follower(server.url, server.token).connect()
    try:
        work_dir.write("inbox/a.yaml", "id: [")
        follower.wait_for("task.invalid")
        work_dir.add("inbox", "b")
        converged(Oracle(work_dir.root), (follower,))
        assert server.stop() == 0
    finally:
        log.parent.chmod(0o700)
        follower.close()


def test_a_log_on_a_full_disk_stops_nothing(make_server: Callable[..., Server], work_dir: WorkDir) -> None:
    server = make_server("--log-file", "/dev/full", "--log-level", "debug").start()
    follower = Follower(server.url, server.token).connect()
    try:
        for number in range(20):
            work_dir.write(f"inbox/bad{number}.yaml", "id: [")
        converged(Oracle(work_dir.root), (follower,))
        assert server.stop() == 0
    finally:
        follower.close()


@pytest.mark.faults
@pytest.mark.timeout(120)
def test_ten_thousand_bad_files_fill_no_log(
    make_server: Callable[..., Server], work_dir: WorkDir, tmp_path: Path
) -> None:
    log = tmp_path / "board.log"
    for number in range(5_000):
        work_dir.write(f"inbox/bad{number}.yaml", "id: [")
    server = make_server("--log-file", str(log)).start()
    follower = Follower(server.url, server.token).connect()
    try:
        for number in range(5_000):
            work_dir.write(f"inbox/worse{number}.yaml", f"title: no id {number}\n")
        converged(Oracle(work_dir.root), (follower,))
        assert follower.counts["problems"] == 10_000
        assert log.stat().st_size + len(server.errors()) < 200_000
    finally:
        follower.close()


class FewDescriptors(Server):
    """Started under a limit of 64 open files."""

    def command(self, port: int) -> list[str]:
        return ["sh", "-c", 'ulimit -n 64 && exec "$@"', "sh", *super().command(port)]


@pytest.fixture
def poor_server(work_dir: WorkDir, tmp_path: Path):
    server = FewDescriptors(work_dir.root, tmp_path / "home").start()
    yield server
    server.kill()


def test_with_64_descriptors_and_forty_clients_the_board_is_alive_and_right(
    poor_server: Server, work_dir: WorkDir
) -> None:
    for folder in range(12):
        work_dir.add(f"assigned/agent{folder}", f"t{folder}")
    followers: list[Follower] = []
    refused = 0
    try:
        for _ in range(40):
            follower = Follower(poor_server.url, poor_server.token)
            try:
                followers.append(follower.connect())
            except (socketio.exceptions.ConnectionError, AssertionError):
                refused += 1
                follower.close()
        assert len(followers) >= 5
        assert refused >= 1, "64 descriptors cannot be enough for forty"
        for number in range(50):
            work_dir.add(f"assigned/agent{number % 12}", f"n{number}", text=task_text(f"n{number}"))
        converged(Oracle(work_dir.root), tuple(followers))
        assert psutil.Process(poor_server.pid).num_fds() <= 64
        assert "task.removed" not in {name for follower in followers for name, _ in follower.about_tasks()}
        assert "task.invalid" not in {name for follower in followers for name, _ in follower.about_tasks()}
    finally:
        for follower in followers:
            follower.close()
    wait_until(lambda: answers(poor_server), "room again")


def answers(server: Server) -> bool:
    with contextlib.suppress(OSError):
        return server.ask("/ready").status == 200
    return False
