"""FI-22, FI-23, FI-26 with the whole server: whatever happens to telemetry, the board works and the page says so."""

from __future__ import annotations

import json
import resource
import sqlite3
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import psutil
import pytest

from llm_service.telemetry.integrity import check
from tests.kit.live import Live
from tests.kit.server import Answer, Server
from tests.kit.store import open_database
from tests.kit.waiting import wait_until
from tests.kit.work_dir import WorkDir


def condition(server: Server) -> list[str]:
    """What the server says is wrong with telemetry."""
    return server.get_json("/api/costs/now")["condition"]


def tell(server: Server, start: int, count: int) -> Answer:
    """POST so many rows."""
    rows = [
        {"invocation_id": f"id-{number}", "model": "some-model", "tool": "test", "input_tokens": 5, "error": "x" * 300}
        for number in range(start, start + count)
    ]
    headers = {"Content-Type": "application/json"}
    return server.ask("/api/telemetry/invocations", "POST", body=json.dumps(rows).encode(), headers=headers)


def board_works(live: Live, work_dir: WorkDir, name: str) -> None:
    work_dir.add("inbox", name)
    wait_until(
        lambda: [event for event in live.seen("task.created") if event["task"]["id"] == name], f"the card {name}"
    )


def test_a_server_whose_disk_is_full_shows_the_board_and_says_so(
    server: Server, live: Live, work_dir: WorkDir, tmp_path: Path
) -> None:
    assert tell(server, 0, 500).json()["accepted"] == 500
    process = psutil.Process(server.pid)
    _, hard = process.rlimit(resource.RLIMIT_FSIZE)
    process.rlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    refused = wait_until(lambda: next_refusal(server), "a refusal")
    assert refused.status == 503
    assert int(refused.headers["Retry-After"]) > 0
    wait_until(lambda: any("paused" in sentence for sentence in condition(server)), "the sentence")
    board_works(live, work_dir, "while-it-is-full")
    process.rlimit(resource.RLIMIT_FSIZE, (hard, hard))
    wait_until(lambda: condition(server) == [], "the end of the pause")
    assert tell(server, 100_000, 10).json()["accepted"] == 10
    assert server.stop() == 0
    report = check(open_database(server.state_dir))
    assert report.ok, report
    assert report.rows >= 510


def next_refusal(server: Server) -> Answer | None:
    answer = tell(server, 1_000, 2_000)
    return answer if answer.status != 200 else None


def garbage(path: Path) -> str:
    path.write_bytes(b"no database")
    return "moved aside"


def newer(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('telemetry', 'm0099_more', '')"
        )
    return "newer release"


def folder(path: Path) -> str:
    path.unlink()
    path.mkdir()
    return "telemetry.db"


@pytest.mark.parametrize("harm", [garbage, newer, folder])
def test_a_server_with_a_database_it_cannot_use_shows_the_board_and_says_so(
    make_server: Callable[..., Server], connect: Callable[..., Live], work_dir: WorkDir, harm: Callable[[Path], str]
) -> None:
    server = make_server()
    path = open_database(server.state_dir).path
    told = harm(path)
    before = sha256(path.read_bytes()).digest() if path.is_file() else b""
    live = connect(server.start(), topics={"board": {}})
    live.wait_for("board.snapshot")
    wait_until(lambda: any(told in sentence for sentence in condition(server)), f"a sentence with {told!r}")
    board_works(live, work_dir, "t1")
    assert server.get_json("/ready")["ready"] is True
    if harm is newer:
        assert sha256(path.read_bytes()).digest() == before
        assert tell(server, 0, 1).status == 503
    assert server.stop() == 0


def test_a_killed_server_has_what_it_answered(server: Server, work_dir: WorkDir) -> None:
    for number in range(20):
        assert tell(server, number * 10, 10).status == 200
    server.kill()
    database = open_database(server.state_dir)
    report = check(database)
    assert report.ok, report
    assert report.rows == 200
