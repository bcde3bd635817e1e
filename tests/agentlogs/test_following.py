"""Logs that grow while they are followed: the real watcher, real files, the real child."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from llm_service.errors import TelemetryUnavailable
from llm_service.sources.agentlogs import log_watch, passes
from llm_service.sources.agentlogs.engine import AgentLogs
from llm_service.sources.agentlogs.known_tools import TOOLS
from llm_service.sources.agentlogs.passes import Place
from tests.agentlogs.kit import Store, call
from tests.kit.waiting import wait_until

Follow = Callable[..., AgentLogs]


@pytest.fixture
def follow(home: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follow]:
    """Starts followers of the home's logs, which end with the test; pauses are short."""
    for name, seconds in (("PAUSE_S", 0.05), ("NOTICE_S", 0.1), ("NEW_FOLDER_S", 0.2)):
        monkeypatch.setattr(f"llm_service.sources.agentlogs.engine.{name}", seconds)
    started: list[AgentLogs] = []

    def start(rescan_s: float = 3600.0, **place: object) -> AgentLogs:
        where = Place(TOOLS, home, {})._replace(**place)
        made = AgentLogs(where, store.database.reading, store.recorder, store.state_dir, store.now_ms, rescan_s)
        made.start()
        started.append(made)
        return made

    yield start
    for follower in started:
        follower.stop(5.0)
        assert not follower.alive


def kept(store: Store) -> tuple[int, int]:
    return store.ask("SELECT count(*), coalesce(sum(output_tokens), 0) FROM invocations")[0]


def wait_for(store: Store, count: int, output: int) -> None:
    wait_until(lambda: kept(store) == (count, output), f"{count} calls with {output} tokens")


def test_a_growing_log_is_read_on(project: Path, store: Store, follow: Follow) -> None:
    log = project / "s.jsonl"
    log.write_bytes(call(1))
    follow()
    wait_for(store, 1, 5)
    for number in range(2, 6):
        with log.open("ab", buffering=0) as file:
            line = call(number)
            file.write(line[:50])
            file.write(line[50:])
        wait_for(store, number, 5 * number)
    assert store.ask("SELECT lines, messages FROM log_files") == [(5, 5)]


def test_a_new_log_in_a_new_project_is_found(project: Path, store: Store, follow: Follow) -> None:
    (project / "s.jsonl").write_bytes(call(1))
    follow()
    wait_for(store, 1, 5)
    folder = project.parent / "-home-ada-other" / "session" / "subagents"
    folder.mkdir(parents=True)
    (folder / "agent-a.jsonl").write_bytes(call(2))
    wait_for(store, 2, 10)


def test_a_root_that_appears_later_is_noticed(home: Path, store: Store, follow: Follow) -> None:
    follower = follow()
    wait_until(lambda: {source["state"] for source in follower.sources()} == {"missing"}, "the first look")
    project = home / ".config/claude/projects/-home-ada-widget"
    project.mkdir(parents=True)
    (project / "s.jsonl").write_bytes(call(1))
    wait_for(store, 1, 5)
    with (project / "s.jsonl").open("ab") as file:
        file.write(call(2))
    wait_for(store, 2, 10)


def test_a_root_that_is_a_link_is_followed(home: Path, tmp_path: Path, store: Store, follow: Follow) -> None:
    real = tmp_path / "dotfiles" / "logs"
    (real / "-home-ada-widget").mkdir(parents=True)
    (home / ".claude").mkdir()
    (home / ".claude/projects").symlink_to(real)
    (home / ".config").symlink_to(tmp_path / "dotfiles")
    log = real / "-home-ada-widget" / "s.jsonl"
    log.write_bytes(call(1))
    follow()
    wait_for(store, 1, 5)
    with log.open("ab") as file:
        file.write(call(2))
    wait_for(store, 2, 10)


def test_a_root_that_was_removed_and_made_again_is_followed(project: Path, store: Store, follow: Follow) -> None:
    (project / "s.jsonl").write_bytes(call(1))
    follow()
    wait_for(store, 1, 5)
    shutil.rmtree(project.parent)
    project.mkdir(parents=True)
    (project / "t.jsonl").write_bytes(call(2))
    wait_for(store, 2, 10)
    with (project / "t.jsonl").open("ab") as file:
        file.write(call(3))
    wait_for(store, 3, 15)


def test_a_log_that_is_replaced_or_truncated_while_followed(project: Path, store: Store, follow: Follow) -> None:
    log = project / "s.jsonl"
    log.write_bytes(call(1) + call(2))
    follow()
    wait_for(store, 2, 10)
    new = project / "new.tmp"
    new.write_bytes(call(1) + call(2) + call(3))
    os.replace(new, log)
    wait_for(store, 3, 15)
    with log.open("r+b") as file:
        file.truncate(0)
        file.write(call(4))
    wait_for(store, 4, 20)
    os.rename(log, project / "s.1.jsonl")
    log.write_bytes(call(5))
    wait_for(store, 5, 25)


def test_without_watches_the_logs_are_polled(
    project: Path, store: Store, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(dispatch: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(log_watch, "new_observer", refuse)
    monkeypatch.setattr("llm_service.sources.agentlogs.engine.POLL_S", 0.1)
    (project / "s.jsonl").write_bytes(call(1))
    follower = follow()
    wait_for(store, 1, 5)
    with (project / "s.jsonl").open("ab") as file:
        file.write(call(2))
    wait_for(store, 2, 10)
    assert "no file watches left" in (follower.sources()[0]["error"] or "")


def test_a_missed_hint_is_made_good_by_the_rescan(
    project: Path, store: Store, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_watch.Heard, "dispatch", lambda self, event: None)
    (project / "s.jsonl").write_bytes(call(1))
    follow(rescan_s=0.2)
    wait_for(store, 1, 5)
    with (project / "s.jsonl").open("ab") as file:
        file.write(call(2))
    wait_for(store, 2, 10)


def test_what_is_large_is_read_by_a_child_and_the_rest_goes_on(project: Path, store: Store, follow: Follow) -> None:
    filler = "x" * 2000
    (project / "big.jsonl").write_bytes(b"".join(call(number, filler=filler) for number in range(2000)))
    (project / "small.jsonl").write_bytes(call(5000))
    follower = follow()
    wait_for(store, 2001, 10_005)
    with (project / "big.jsonl").open("ab") as file:
        file.write(call(6000))
    wait_for(store, 2002, 10_010)
    assert follower.child_pid is None

    def counted() -> bool:
        source = follower.sources()[0]
        return source["bytes_read"] == source["bytes_total"] and source["lines"] == source["messages"] == 2002

    wait_until(counted, f"all counted, which is after they are kept: {follower.sources()[0]}")


class Slow:
    """A recorder that says when it has kept something and waits for leave to go on."""

    def __init__(self, store: Store, after: Callable[[int], None]) -> None:
        self._recorder = store.recorder
        self._after = after
        self.batches = 0

    def record(self, rows: list, **more: object) -> object:
        kept = self._recorder.record(rows, **more)  # type: ignore[arg-type]
        self.batches += 1
        self._after(self.batches)
        return kept


def test_a_reading_process_that_is_killed_loses_and_doubles_nothing(
    home: Path, project: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llm_service.sources.agentlogs.engine.AGAIN_S", (0.01,))
    filler = "x" * 1000
    for name in range(8):
        lines = [call(1000 * name + number, filler=filler) for number in range(1000)]
        (project / f"{name}.jsonl").write_bytes(b"".join(lines))
    killed: list[int] = []

    def kill(batches: int) -> None:
        pid = follower.child_pid
        if pid and batches % 3 == 2 and len(killed) < 5:
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    slow = Slow(store, kill)
    place = Place(TOOLS, home, {})
    follower = AgentLogs(place, store.database.reading, slow, store.state_dir, store.now_ms)
    follower.start()
    try:
        wait_for(store, 8000, 40_000)
        wait_until(lambda: follower.sources()[0]["state"] == "following", "the end of the import")
    finally:
        follower.stop(5.0)
    assert killed
    assert follower.failures >= 1
    assert store.ask("SELECT sum(lines), sum(messages) FROM log_files") == [(8000, 8000)]
    assert next(iter(store.summed().values()))["messages"] == 8000


def test_what_cannot_be_recorded_now_is_read_again(
    home: Path, project: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llm_service.sources.agentlogs.engine.AGAIN_S", (0.01,))
    refused: list[int] = []

    class Full:
        def record(self, rows: list, **more: object) -> object:
            if len(refused) < 3:
                refused.append(len(rows))
                raise TelemetryUnavailable("telemetry is paused: there is no space left")
            return store.recorder.record(rows, **more)  # type: ignore[arg-type]

    (project / "s.jsonl").write_bytes(call(1) + call(2))
    follower = AgentLogs(Place(TOOLS, home, {}), store.database.reading, Full(), store.state_dir, store.now_ms)
    follower.start()
    try:
        wait_for(store, 2, 10)
    finally:
        follower.stop(5.0)
    assert refused == [2, 2, 2]


def test_a_command_beside_a_follower_doubles_nothing(home: Path, project: Path, store: Store, follow: Follow) -> None:
    log = project / "s.jsonl"
    log.write_bytes(call(0))
    follow()
    wait_for(store, 1, 5)
    for number in range(1, 12):
        with log.open("ab") as file:
            file.write(call(number))
        if number % 2:
            store.read_all(home)
    wait_for(store, 12, 60)
    assert store.read_all(home)[0]["lines"] == 12
    with log.open("ab") as file:
        file.write(call(12))
    wait_for(store, 13, 65)
    assert store.ask("SELECT lines, messages, offset = size FROM log_files") == [(13, 13, 1)]


def test_a_database_that_was_begun_anew_is_filled_again(project: Path, store: Store, follow: Follow) -> None:
    (project / "s.jsonl").write_bytes(call(1))
    follow(rescan_s=0.2)
    wait_for(store, 1, 5)
    for table in ("log_files", "invocations", "ids", "rollups", "doors"):
        store.recorder.write(lambda connection, table=table: connection.execute(f"DELETE FROM {table}"))
    wait_for(store, 1, 5)


def test_so_many_hints_that_everything_is_looked_at(
    project: Path, store: Store, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_watch, "MOST_PATHS", 1)
    monkeypatch.setattr(passes.Passes, "look_at", lambda self, paths: None)
    (project / "s.jsonl").write_bytes(call(0))
    follow()
    wait_for(store, 1, 5)
    for number in range(1, 40):
        (project / f"{number}.jsonl").write_bytes(call(number))
    wait_for(store, 40, 200)
