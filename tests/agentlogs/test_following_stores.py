"""Codex's and OpenCode's logs while they are followed: the real watcher, real files, a real database in WAL mode."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import zstandard

from llm_service.sources.agentlogs.codex_files import CODEX
from llm_service.sources.agentlogs.engine import AgentLogs
from llm_service.sources.agentlogs.opencode_files import OPENCODE, OpenCodeStore
from llm_service.sources.agentlogs.passes import Place
from llm_service.sources.agentlogs.tool import Tool
from tests.agentlogs.kit import FIXTURES, Store
from tests.agentlogs.rule_kit import expected, lay_out, totals
from tests.kit.waiting import wait_until

Follow = Callable[..., AgentLogs]


@pytest.fixture
def follow(home: Path, store: Store) -> Iterator[Follow]:
    """Starts followers of the home's logs, which end with the test."""
    started: list[AgentLogs] = []

    def start(*tools: Tool) -> AgentLogs:
        place = Place(tools or (CODEX, OPENCODE), home, {})
        made = AgentLogs(place, store.database.reading, store.recorder, store.state_dir, store.now_ms, 3600.0)
        made.start()
        started.append(made)
        return made

    yield start
    for follower in started:
        follower.stop(5.0)
        assert not follower.alive


def wait_for(store: Store, tool: str, wanted: dict) -> None:
    wait_until(lambda: totals(store, tool) == wanted, f"{wanted} (there is {totals(store, tool)})")


class Counting(OpenCodeStore):
    """Notices when it is asked to read."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def poll(self, *arguments):
        self._asked.set()
        return super().poll(*arguments)

    def is_left_alone(self) -> bool:
        """Whether nothing is read for longer than the pause between two readings."""
        self._asked.clear()
        return not self._asked.wait(1.2)


def test_a_database_that_is_written_is_read_on_and_reading_it_wakes_nobody(
    home: Path, store: Store, follow: Follow
) -> None:
    script = (FIXTURES / "opencode/O5/home/.local/share/opencode/opencode.db.sql").read_text().splitlines()
    tables = [line for line in script if line.startswith("CREATE")]
    rows = [line for line in script if line.startswith("INSERT")]
    data = home / ".local/share/opencode"
    data.mkdir(parents=True)
    counting = Counting()
    with closing(sqlite3.connect(data / "opencode.db", isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=wal")
        writer.executescript("\n".join(tables))
        follow(OPENCODE._replace(store=counting))
        for row in rows:
            writer.execute(row)
        wait_for(store, "opencode", expected(FIXTURES / "opencode/O5")["models"])
        wait_until(counting.is_left_alone, "the end of reading")


def test_a_second_database_beside_the_first_is_found(home: Path, store: Store, follow: Follow, tmp_path: Path) -> None:
    follow()
    data = lay_out(FIXTURES / "opencode/O16", tmp_path / "aside") / ".local/share/opencode"
    place = home / ".local/share/opencode"
    place.mkdir(parents=True)
    for name in ("opencode.db", "opencode-dev.db"):
        (place / name).write_bytes((data / name).read_bytes())
    wait_for(store, "opencode", expected(FIXTURES / "opencode/O16")["models"])


def test_a_rollout_that_is_packed_and_archived_while_it_is_followed_counts_once(
    home: Path, store: Store, follow: Follow
) -> None:
    wanted = expected(FIXTURES / "codex/X12")["models"]
    lay_out(FIXTURES / "codex/X12", home)
    follow()
    wait_for(store, "codex", wanted)
    [plain] = (home / ".codex/sessions").rglob("rollout-*.jsonl")
    packed = plain.with_name(f"{plain.name}.zst")
    packed.write_bytes(zstandard.ZstdCompressor().compress(plain.read_bytes()))
    plain.unlink()
    archive = home / ".codex/archived_sessions"
    archive.mkdir()
    packed.rename(archive / packed.name)
    read = "SELECT count(*) FROM log_files WHERE path LIKE '%archived%' AND messages = 2"
    wait_until(lambda: store.ask(read) == [(1,)], "the archived file being read")
    assert totals(store, "codex") == wanted
